"""How the tag was looked after, as far as it reports: charging, low batteries, strap, silence."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import isnan
from typing import Final

import numpy as np

from tagwatch.core.alert import AlertKind
from tagwatch.core.fix import TagEventKind
from tagwatch.core.timetable import london
from tagwatch.core.trail import event_order
from tagwatch.core.units import HOUR, Instant
from tagwatch.report.week.facts import WeekFacts
from tagwatch.report.week.overview import Care

RISE_PCT: Final = 10.0
"""A battery that reads so much higher than before was charged between."""
_ONE: Final = 2 * HOUR
"""What begins within this of another charge is the same charge."""
_STRAP: Final = frozenset({AlertKind.STRAP, AlertKind.CASE, AlertKind.NOT_WORN})
_SILENT: Final = frozenset({AlertKind.NO_COMMS, AlertKind.NO_LOCATION})


def care(facts: WeekFacts) -> Care:
    """Return how the tag was looked after in the week."""
    kinds = [alert.kind for alert in facts.alerts]
    starts = _apart(sorted(_charges(facts)))
    hours = Counter(london(at).hour for at in starts)
    lowest = min(_readings(facts), default=None, key=lambda each: each[1])
    return Care(
        charges=len(starts),
        charged_at_hours=tuple(hour for hour, _ in hours.most_common(3)),
        lowest_pct=None if lowest is None else lowest[1],
        low=kinds.count(AlertKind.BATTERY_LOW),
        critical=kinds.count(AlertKind.BATTERY_CRITICAL),
        strap=sum(kind in _STRAP for kind in kinds),
        silences=sum(kind in _SILENT for kind in kinds),
        activations=facts.activations,
    )


def _readings(facts: WeekFacts) -> Iterator[tuple[Instant, float]]:
    """Yield what the battery read at each fix of the week that says so."""
    start, end = facts.window
    for part in facts.trail:
        block = part.block[event_order(part.block)]
        held = block[(block["fixed_at"] >= start) & (block["fixed_at"] < end)]
        held = held[~np.isnan(held["battery_pct"])]
        for at, level in zip(held["fixed_at"].tolist(), held["battery_pct"].tolist(), strict=True):
            yield Instant(at), level


def _charges(facts: WeekFacts) -> Iterator[Instant]:
    """Yield when charging began: as the tag says, or at the first reading that is much higher."""
    start, end = facts.window
    for said in facts.tag_said:
        if said.kind is TagEventKind.CHARGE_ON and start <= said.at < end:
            yield said.at
    for part in facts.trail:
        block = part.block[event_order(part.block)]
        rows = zip(
            block["fixed_at"].tolist(),
            block["battery_pct"].tolist(),
            block["charging"].tolist(),
            strict=True,
        )
        for before, after in pairwise(rows):
            if not start <= after[0] < end:
                continue
            begins = before[2] == 0 and after[2] == 1
            rises = not isnan(after[1]) and after[1] - before[1] >= RISE_PCT
            if begins or rises:
                yield Instant(before[0] if rises and not begins else after[0])


def _apart(starts: list[Instant]) -> list[Instant]:
    found: list[Instant] = []
    for at in starts:
        if not found or at - found[-1] > _ONE:
            found.append(at)
    return found
