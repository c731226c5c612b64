"""Finds mentions in a document, one family of facts a file."""
