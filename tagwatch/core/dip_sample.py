"""The monthly dip sample of data requests: drawn so that nobody picks, and anybody can check. Pure.

A request's place in the order is the SHA-256 of seed and id; of each group the first are drawn.
"""

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from tagwatch.core.ids import RequestId


class SampleFinding(StrEnum):
    """What the reviewer of a sampled request found."""

    IN_ORDER = "in_order"
    TOO_MUCH = "too_much"
    """More was released than was needed."""
    BADLY_RECORDED = "badly_recorded"
    NO_GROUND = "no_ground"
    NOT_IDENTIFIED = "not_identified"
    WRONGLY_REFUSED = "wrongly_refused"


class SampledRequest(NamedTuple):
    """One request of a sample, and the group it was drawn for."""

    group: str
    request_id: RequestId


def drawn(seed: str, requests: Iterable[SampledRequest], most: int) -> tuple[SampledRequest, ...]:
    """Return of each group at most `most` requests, by the order that the seed gives."""
    groups: dict[str, list[RequestId]] = {}
    for group, request_id in requests:
        groups.setdefault(group, []).append(request_id)
    return tuple(
        SampledRequest(group, chosen)
        for group in sorted(groups)
        for chosen in sorted(set(groups[group]), key=lambda name: _place(seed, name))[:most]
    )


def _place(seed: str, name: str) -> str:
    return sha256(f"{seed} {name}".encode()).hexdigest()
