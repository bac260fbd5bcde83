"""Where a tag is: in stock, on somebody, lost … as far as is recorded."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.person import Activation
from tagwatch.core.units import Instant


class TagState(StrEnum):
    """Where a tag is and whether it can be used."""

    IN_STOCK = "in_stock"
    ISSUED = "issued"
    """With a fitter, to be put on somebody."""
    FITTED = "fitted"
    TO_BE_RETURNED = "to_be_returned"
    LOST = "lost"
    FAULTY = "faulty"
    RETIRED = "retired"


UNUSABLE: Final = frozenset({TagState.LOST, TagState.FAULTY, TagState.RETIRED})
"""A tag in one of these is not fitted to anybody before it is recorded as in stock again."""


class TagMove(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody said where a tag is, from `at` on."""

    at: Instant
    state: TagState
    words: str = ""
    by: str = ""


def tag_state(
    moves: Sequence[TagMove], activations: Sequence[Activation], now: Instant
) -> TagState:
    """Return where a tag is at `now`: on somebody, else what was said last, else as it came off.

    `moves` in the order they were recorded. A tag of which nothing is recorded is in stock; one
    that came off and of which nothing was said since is to be returned.
    """
    begun = [a for a in activations if a.started_at <= now]
    if any(a.ended_at is None or now < a.ended_at for a in begun):
        return TagState.FITTED
    came_off = max((a.ended_at for a in begun if a.ended_at is not None), default=None)
    said = [move for move in moves if move.at <= now]
    if said and (came_off is None or said[-1].at >= came_off):
        return said[-1].state
    return TagState.IN_STOCK if came_off is None else TagState.TO_BE_RETURNED
