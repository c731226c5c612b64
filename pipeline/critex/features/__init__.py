"""Knows medicine: units, dates, staging, clearance, as pure functions."""
