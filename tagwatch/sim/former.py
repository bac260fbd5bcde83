"""Those whose orders ended before the demonstration begins: 140 more plainly fictional people.

Only their orders and how these ended, for the programme in figures. The shares are those that
were published of London's programmes: two thirds completed, a third recalled, of the recalled two
in three with location data; some people came a second time.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.random import Generator

from tagwatch.core.ending import Ending, LocationBearing, OrderOutcome
from tagwatch.core.ids import OrderId, WearerId
from tagwatch.core.ledger import Event
from tagwatch.core.order import Order
from tagwatch.core.outcome import Finding
from tagwatch.core.recorded_register import OrderRecorded, WearerRecorded
from tagwatch.core.units import DAY, Instant
from tagwatch.sim.borough import CENTRES
from tagwatch.sim.world import BY, OFFICERS, TREES, basis_of, programme_of, wearer_of

COUNT: Final = 140
FIRST: Final = 60
"""Their numbers follow those of the wearers who are on a tag now."""
AGAIN: Final = 0.1
"""Share of those who came a second time."""
RECALLED: Final = 0.33
WITH_DATA: Final = 0.66
_BEARINGS: Final = (
    (LocationBearing.SUPPORTED, 0.7, (Finding.CONFIRMED, Finding.POSSIBLE)),
    (LocationBearing.CONTRADICTED, 0.15, (Finding.WITHDRAWN, None)),
    (LocationBearing.CANNOT_SAY, 0.15, (Finding.UNDETERMINED, None)),
)


def former_register(seed: int, begins: Instant) -> Iterator[Event]:
    """Yield the events that enter the former wearers and their ended orders."""
    boroughs = sorted(CENTRES)
    for number in range(FIRST, FIRST + COUNT):
        rng = np.random.default_rng([seed, number, 1])
        borough = boroughs[int(rng.integers(len(boroughs)))]
        name = f"{TREES[number % len(TREES)]} {TREES[(number * 7 + 3) % len(TREES)]} Fictional"
        wearer = msgspec.structs.replace(wearer_of(number, borough), name=name)
        yield WearerRecorded(wearer=wearer, by=BY)
        starts = Instant(begins - round(rng.uniform(200, 350)) * DAY)
        first = _order(number, 0, wearer.wearer_id, (starts, begins), rng)
        yield OrderRecorded(order=first, by=BY)
        if rng.random() < AGAIN and first.ends_at is not None:
            again = Instant(first.ends_at + 10 * DAY)
            if again < begins - 20 * DAY:
                yield OrderRecorded(
                    order=_order(number, 1, wearer.wearer_id, (again, begins), rng), by=BY
                )


def _order(
    number: int, turn: int, wearer_id: WearerId, within: tuple[Instant, Instant], rng: Generator
) -> Order:
    (starts_at, before), programme = within, programme_of(number)
    recalled = rng.random() < RECALLED
    days = rng.uniform(5, 100) if recalled else rng.uniform(60, 180)
    return Order(
        order_id=OrderId(f"order-demo-{number:03d}-{turn}"),
        wearer_id=wearer_id,
        reference=f"DEMO/2025/{number:04d}-{turn}",
        legal_basis=basis_of(programme, number),
        programme=programme,
        starts_at=starts_at,
        told_at=starts_at,
        ends_at=Instant(min(starts_at + round(days) * DAY, before - DAY)),
        ending=_recall(number, rng) if recalled else _completed(number),
    )


def _completed(number: int) -> Ending:
    return Ending(
        outcome=OrderOutcome.COMPLETED, words="Ran its time. Simulated.", by=OFFICERS[number % 2]
    )


def _recall(number: int, rng: Generator) -> Ending:
    bearing, finding = LocationBearing.NOT_USED, None
    if rng.random() < WITH_DATA:
        at = int(rng.choice(len(_BEARINGS), p=[share for _, share, _ in _BEARINGS]))
        bearing, _, findings = _BEARINGS[at]
        finding = findings[int(rng.integers(2))]
    return Ending(
        outcome=OrderOutcome.RECALLED,
        words="Recalled to custody. Simulated.",
        by=OFFICERS[number % 2],
        bearing=bearing,
        finding=finding,
    )
