"""How somebody moved through an area, in lines of the circumstances card."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tagwatch.core.circumstance import Circumstance
from tagwatch.core.how_computed import HOW
from tagwatch.core.passage import ModeShare, Movement
from tagwatch.web.render import clock

_MODES: Final = {
    "still": "at rest",
    "foot": "on foot",
    "vehicle": "in a vehicle",
    "rail": "by rail",
}
_CLEAR: Final = 0.8
_NAMED: Final = 0.05
_ALL: Final = 0.95
_MOST_SHOWN: Final = 3


class Line(NamedTuple):
    """One item of the card: what, the value in words, and how it was computed."""

    label: str
    value: str
    how: str = ""


def movement_lines(card: Circumstance) -> Iterator[Line]:
    """Yield what the stay was, how he came, was inside and left, and what may have gone unseen."""
    movement = card.movement
    if movement is None:
        return
    said = movement.passage.value
    yield Line(
        "Passing or staying",
        f"{said[:1].upper()}{said[1:]}: {movement.because}",
        HOW["movement"],
    )
    parts = [("Came", movement.came), ("inside", movement.inside), ("left", movement.left)]
    ways = [f"{when} {way(shares)}" for when, shares in parts if shares]
    if ways:
        text = "; ".join(ways)
        yield Line("How he moved", text[:1].upper() + text[1:])
    if movement.crossings_in_all:
        yield Line("Not excluded", _crossings(movement))


def way(shares: Sequence[ModeShare]) -> str:
    """Return how he moved, with how sure that is: `on foot (more than 95 % of the time)`."""
    first = shares[0]
    if first.least >= _ALL:
        return f"{_MODES[first.mode]} (more than {100 * _ALL:.0f} % of the time)"
    if first.share >= _CLEAR:
        span = f"between {100 * first.least:.0f} and {100 * first.most:.0f} % of the time"
        return f"{_MODES[first.mode]} ({span}, likely {_per_cent(first)})"
    named = [s for s in shares if s.share >= _NAMED]
    return "not clear: " + ", ".join(f"{_MODES[s.mode]} {_per_cent(s)}" for s in named)


def _per_cent(share: ModeShare) -> str:
    return f"{100 * share.share:.0f} %"


def _crossings(movement: Movement) -> str:
    shown = [
        f"{clock(c.start)} to {clock(c.end)} ({_MODES[c.fastest]} at the fastest)"
        for c in movement.crossings[:_MOST_SHOWN]
    ]
    rest = movement.crossings_in_all - len(shown)
    more = f", and {rest} more" if rest else ""
    return "that he was inside unseen before or after: " + ", ".join(shown) + more
