"""Coverage in words: what was seen, and what a gap cannot exclude."""

import msgspec

from tagwatch.core.coverage import Seen
from tagwatch.core.jump import said_of
from tagwatch.core.units import SECOND, Instant
from tagwatch.query.coverage import CoverageView
from tagwatch.web.render import age


class CoverageWords(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of the coverage section."""

    sentence: str
    crossings: str
    jumps: str
    """How many positions jumped; empty where none did."""
    jumped: tuple[tuple[Instant, str], ...]
    """When each was, and its evidence."""
    gaps: bool
    """Whether some of the window was not seen."""


def coverage_words(view: CoverageView) -> CoverageWords:
    """Return the sentences for a window: how much of the time a tag was on was seen."""
    seen = view.seen
    observed, missed = seen.seconds(Seen.OBSERVED), seen.seconds(Seen.UNOBSERVED)
    off = seen.seconds(Seen.OFF)
    on = observed + missed
    if not on:
        sentence = "No tag was on him, or it was switched off, all the time: nothing was seen."
    elif not missed:
        sentence = "Seen all the time a tag was on him."
    else:
        share = 100.0 * observed / on
        sentence = (
            f"Seen for {share:.0f} % of the time a tag was on him. For {_age(missed)} nobody can "
            "say where he was: that is neither compliance nor a breach."
        )
    if on and off:
        sentence += f" For {_age(off)} no tag was on him, or it was switched off."
    return CoverageWords(
        sentence=sentence,
        crossings=_crossings(view),
        jumps=_jumps(len(seen.jumps)),
        jumped=tuple((jump.fixed_at, said_of(jump)) for jump in seen.jumps),
        gaps=bool(missed or (off and on)),
    )


def _jumps(count: int) -> str:
    if not count:
        return ""
    if count == 1:
        return "1 position is an implausible jump"
    return f"{count} positions are implausible jumps"


def _crossings(view: CoverageView) -> str:
    count = len(view.seen.not_excluded)
    zones = len({mark.condition_id for mark in view.seen.not_excluded})
    words: list[str] = []
    if count:
        words.append(
            f"{count} {'gap' if count == 1 else 'gaps'} between fixes in which "
            f"{'a zone' if zones == 1 else f'{zones} zones'} cannot be excluded"
        )
    if view.withheld:
        words.append(f"{view.withheld} about a secret zone, not shown to you")
    return "; ".join(words)


def _age(seconds: int) -> str:
    return age(seconds * SECOND)
