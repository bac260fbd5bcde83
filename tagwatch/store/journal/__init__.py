"""Append-only, hash-chained, encrypted segments: what the installation was ever told."""
