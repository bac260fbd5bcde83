"""The one who asks: every query takes a `Reader`, and gets at wearers through it alone."""

from tagwatch.access.reader import Reader, open_projections
from tagwatch.access.refusal import NotFound

__all__ = ["NotFound", "Reader", "open_projections"]
