"""The laboratory: how often the decisions are right, measured on errors that are known.

`judge` is the only file that knows the engine under test; everything else makes trails with the
truth beside them, asks it, and counts. The simpler rules it is compared with live in `rival`.
"""
