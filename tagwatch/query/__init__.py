"""Scoped reads: one file per question the pages and the API ask."""
