"""Does a probability mean what it says? Fixes whose true place is known, against the error model.

Errors last for seconds to minutes, so single fixes are no witnesses: everything is counted by
blocks of 30 seconds and by places, and intervals come from resampled blocks. docs/calibrate.md.
"""
