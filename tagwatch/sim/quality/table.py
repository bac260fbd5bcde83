"""The one table: what was measured, how far it can be off, what was asked, and whether it is so."""

from enum import StrEnum
from math import isnan

import msgspec

from tagwatch.sim.quality.bound import Measured

OURS = "tagwatch"


class Verdict(StrEnum):
    """Whether a figure reaches its target."""

    SHOWN = "shown"
    """The whole interval reaches it."""
    REACHED = "reached"
    """The point does; the interval does not yet: more trials are needed."""
    MISSED = "missed"
    NONE = "-"
    """Published; nothing was asked of it."""
    UNKNOWN = "cannot say"
    """There was nothing to measure it by."""


class Target(msgspec.Struct, frozen=True):
    """What is asked of a figure: at most, or at least, this."""

    most: float | None = None
    least: float | None = None

    def __str__(self) -> str:
        if self.most is not None:
            return f"≤ {self.most:g}"
        return f"≥ {self.least:g}"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    experiment: str
    cell: str
    """Which surroundings, depth, cadence, what the tag tells …"""
    figure: str
    who: str = OURS
    """Tagwatch, or the rival."""
    trials: str
    """How many of what."""
    value: float
    low: float
    high: float
    target: Target | None = None
    verdict: Verdict = Verdict.NONE


def row(
    experiment: str,
    cell: str,
    figure: str,
    measured: Measured,
    trials: str,
    target: Target | None = None,
    who: str = OURS,
) -> Row:
    """Return a line of the table, judged against its target."""
    return Row(
        experiment=experiment,
        cell=cell,
        figure=figure,
        who=who,
        trials=trials,
        value=measured.value,
        low=measured.low,
        high=measured.high,
        target=target,
        verdict=judged(measured, target),
    )


def judged(measured: Measured, target: Target | None) -> Verdict:
    """Return whether a figure reaches its target, by its point and by its interval."""
    if target is None:
        return Verdict.NONE
    if isnan(measured.value):
        return Verdict.UNKNOWN
    if target.most is not None:
        point, bound = measured.value <= target.most, measured.high <= target.most
    else:
        least = target.least or 0.0
        point, bound = measured.value >= least, measured.low >= least
    if not point:
        return Verdict.MISSED
    return Verdict.SHOWN if bound else Verdict.REACHED


def number(value: float) -> str:
    """Return a figure for people: three digits that count."""
    if isnan(value):
        return "-"
    return f"{value:.3g}"
