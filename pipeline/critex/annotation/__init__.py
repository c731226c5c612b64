"""Reads and writes annotated samples: one module a format, one model of documents, spans, attributes and verdicts."""
