"""When a tag was on somebody, switched on and charging, as far as the register and the tag said.

A tag that reports its strap cut, or itself not worn, is believed until it reports the contrary:
from then on its fixes say where the tag was, and nothing of him.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.fix import TagEvent, TagEventKind
from tagwatch.core.ids import ActivationId
from tagwatch.core.person import Activation, TagMode
from tagwatch.core.rules.tamper import CLOSES
from tagwatch.core.timetable import difference, union
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant

Span = tuple[Instant, Instant]

_OFF_BODY: Final = (TagEventKind.STRAP_CUT, TagEventKind.NOT_WORN)
WORDS: Final = {TagEventKind.STRAP_CUT: "strap cut", TagEventKind.NOT_WORN: "not worn"}


class OffBody(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which the tag said that it was not on him."""

    start: Instant
    end: Instant
    said: str
    """`strap cut` or `not worn`."""
    withdrawn: bool
    """The tag itself reported the contrary at `end`; else it never did so by then."""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """The spans of a wearer's tags, each list in order and apart, all up to one instant."""

    fitted: tuple[Span, ...]
    """A tag was on record as being on him."""
    on: tuple[Span, ...]
    """And had not said that it goes off."""
    off_body: tuple[OffBody, ...]
    charging: tuple[Span, ...]
    models: dict[ActivationId, str]
    mode: TagMode

    @property
    def worn(self) -> tuple[Span, ...]:
        """A tag was on, and had not said that it was off him."""
        gone = union(((each.start, each.end) for each in self.off_body), ())
        return tuple(difference(self.on, gone))


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """One activation with its tag's model and mode, and what the tag said of itself, by time."""

    activation: Activation
    model: str
    mode: TagMode
    events: tuple[TagEvent, ...]


def carried(fitted: Sequence[Fitted], until: Instant) -> Carried:
    """Return the spans up to `until`; `fitted` by the start of the activation."""
    spans: list[Span] = []
    on: list[Span] = []
    charging: list[Span] = []
    off_body: list[OffBody] = []
    for one in fitted:
        ended = one.activation.ended_at
        whole = (one.activation.started_at, until if ended is None else min(ended, until))
        if whole[0] >= whole[1]:
            continue
        spans.append(whole)
        off = _spans(one.events, whole, {TagEventKind.POWER_OFF}, {TagEventKind.POWER_ON})
        on += difference([whole], union(((a, b) for a, b, _ in off), ()))
        plugged = _spans(one.events, whole, {TagEventKind.CHARGE_ON}, {TagEventKind.CHARGE_OFF})
        charging += [(a, b) for a, b, _ in plugged]
        for kind in _OFF_BODY:
            closers = {closer for closer, kinds in CLOSES.items() if kind in kinds}
            off_body += [
                OffBody(start=a, end=b, said=WORDS[kind], withdrawn=closed)
                for a, b, closed in _spans(one.events, whole, {kind}, closers)
            ]
    return Carried(
        fitted=tuple(union(spans, ())),
        on=tuple(union(on, ())),
        off_body=tuple(sorted(off_body, key=lambda each: (each.start, each.said))),
        charging=tuple(union(charging, ())),
        models={one.activation.activation_id: one.model for one in fitted},
        mode=fitted[-1].mode if fitted else TagMode(),
    )


def _spans(
    events: Iterable[TagEvent],
    whole: Span,
    opens: set[TagEventKind],
    closes: set[TagEventKind],
) -> list[tuple[Instant, Instant, bool]]:
    """Return (start, end, closed by a report) of each span that a report began within `whole`."""
    found: list[tuple[Instant, Instant, bool]] = []
    since: Instant | None = None
    for event in events:
        at = event.happened_at
        if not whole[0] <= at < whole[1]:
            continue
        if event.kind in opens and since is None:
            since = at
        elif event.kind in closes and since is not None:
            if at > since:
                found.append((since, at, True))
            since = None
    if since is not None:
        found.append((since, whole[1], False))
    return found


def of_him(parts: Iterable[TrailPart], off_body: Sequence[OffBody]) -> list[TrailPart]:
    """Return the trail without the fixes that a tag made while it said that it was not on him."""
    gone = union(((each.start, each.end) for each in off_body), ())
    found: list[TrailPart] = []
    for part in parts:
        times = part.block["fixed_at"]
        kept = np.ones(len(times), dtype=np.bool_)
        for start, end in gone:
            kept &= (times < start) | (times >= end)
        block = part.block if kept.all() else part.block[kept]
        if len(block):
            found.append(TrailPart(part.activation_id, part.tag_model, block))
    return found
