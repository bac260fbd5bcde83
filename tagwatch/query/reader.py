"""The one who asks: every query takes a `Reader`, and gets at wearers through it alone."""

from tagwatch.access.reader import NotFound, Reader, open_projections

__all__ = ["NotFound", "Reader", "open_projections"]
