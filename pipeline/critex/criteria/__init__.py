"""Reads a trial and decides with three values; knows no disease."""
