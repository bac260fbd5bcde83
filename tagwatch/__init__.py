"""Tagwatch: open GPS electronic monitoring that says how sure it is."""

__version__ = "0.1.0"
