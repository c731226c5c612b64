"""Hands the tables to other systems."""
