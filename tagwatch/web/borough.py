"""The London borough a fix lies in, for the pages."""

from tagwatch.report.borough import OUTLINES, OUTSIDE, RIVER, borough_of, names

__all__ = ["OUTLINES", "OUTSIDE", "RIVER", "borough_of", "names"]
