"""State of the central nervous system: imaging without metastases, symptoms, control (GUIDELINE E03)."""

from __future__ import annotations

from critex.extract.family import family

FAMILY = family("cns")
