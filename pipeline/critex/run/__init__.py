"""Engines that do the job for many notes."""
