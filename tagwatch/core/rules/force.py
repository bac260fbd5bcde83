"""When which version of a condition is in force, and when it binds."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from tagwatch.core.exemption import Exemption, lifts, without
from tagwatch.core.order import ConditionVersion
from tagwatch.core.order_span import OrderSpan, holding
from tagwatch.core.units import Instant

FOREVER: Final = Instant(2**62)
"""Later than any time: where an interval has no end."""


def binding(
    versions: list[ConditionVersion],
    exemptions: Sequence[Exemption],
    orders: Sequence[OrderSpan] = (),
) -> list[tuple[int, int, ConditionVersion]]:
    """Return `in_force` while the version's order holds, without the periods in which an exemption
    lifts it."""
    spans = holding(in_force(versions), orders) if orders else in_force(versions)
    if not exemptions:
        return spans
    return [
        (start, end, version)
        for low, high, version in spans
        for start, end in without(
            (low, high),
            [
                (each.starts_at, FOREVER if each.ends_at is None else each.ends_at)
                for each in exemptions
                if lifts(each, version)
            ],
        )
    ]


def in_force(versions: list[ConditionVersion]) -> list[tuple[int, int, ConditionVersion]]:
    """Return [start, end) and the version in force: of those valid then, the highest number."""
    edges = sorted(
        {int(v.valid_from) for v in versions}
        | {FOREVER if v.valid_until is None else int(v.valid_until) for v in versions}
    )
    spans: list[tuple[int, int, ConditionVersion]] = []
    for start, end in pairwise(edges):
        valid = [
            v
            for v in versions
            if v.valid_from <= start and (v.valid_until is None or start < v.valid_until)
        ]
        if not valid:
            continue
        best = max(valid, key=lambda v: v.version)
        if spans and spans[-1][2] is best and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end, best)
        else:
            spans.append((start, end, best))
    return spans
