"""Compares the tables of a run with annotated samples."""
