"""What a fix counts for in a stay that goes on: the numbers of a stay, and the one rule for them.

A tally is TALLY whole numbers (times in microseconds, NO_WITNESS where there is none) and two
figures, the highest P(inside) and the greatest steady depth. These functions run plainly fix by
fix, and compiled over a stretch of fixes (`core.stretch_kernel`): they call nothing but builtins.
"""

from collections.abc import MutableSequence
from typing import Final

import msgspec

from tagwatch.core.ids import FixId
from tagwatch.core.rules.stay import NO_WITNESS, Stay
from tagwatch.core.units import Instant

(
    UNTIL,
    CLEAR_SINCE,
    SURE_LAST,
    NEAR_LAST,
    WITNESSES,
    WITNESS_AT,
    NEAR_WITNESSES,
    NEAR_WITNESS_AT,
    ENTERED_LATEST,
    FOLD_AT,
    FOLD_SURE_AT,
    FOLD_AGAINST,
    FOLD_FOR,
    FOLD_NETWORK,
    NETWORK_SEEN,
    LIKELY,
    TALLY,
) = range(17)

NOBODY, SATELLITE, NETWORK = range(3)
"""Whether a fix is a witness, and of which kind."""

MORE_LIKELY: Final = 0.5
MOST_FIXES: Final = 50
"""Fixes kept at either end of a stay."""


def tally_of(stay: Stay) -> tuple[list[int], list[float]]:
    """Return the numbers of a stay, and its two figures."""
    episode = stay.episode
    counts = [
        stay.until,
        _or_never(stay.clear_since),
        _or_never(stay.sure_last),
        stay.near_last,
        stay.witnesses,
        stay.witness_at,
        episode.witnesses,
        stay.near_witness_at,
        episode.entered_latest,
        stay.fold_at,
        _or_never(stay.fold_sure_at),
        int(stay.fold_against),
        int(stay.fold_for),
        int(stay.fold_network),
        int(stay.network_seen),
        int(stay.likely),
    ]
    return counts, [episode.probability, episode.steady_m]


def with_tally(
    stay: Stay, counts: list[int], figures: list[float], fixes: tuple[FixId, ...]
) -> Stay:
    """Return the stay with these numbers and fixes; its episode stays the same version."""
    episode = msgspec.structs.replace(
        stay.episode,
        probability=figures[0],
        steady_m=figures[1],
        witnesses=counts[NEAR_WITNESSES],
        entered_latest=Instant(counts[ENTERED_LATEST]),
        fixes=fixes,
    )
    return Stay(
        state=stay.state,
        until=counts[UNTIL],
        episode=episode,
        left_at=stay.left_at,
        clear_since=_or_none(counts[CLEAR_SINCE]),
        sure_last=_or_none(counts[SURE_LAST]),
        near_last=counts[NEAR_LAST],
        witnesses=counts[WITNESSES],
        witness_at=counts[WITNESS_AT],
        near_witness_at=counts[NEAR_WITNESS_AT],
        fold_at=counts[FOLD_AT],
        fold_sure_at=_or_none(counts[FOLD_SURE_AT]),
        fold_against=bool(counts[FOLD_AGAINST]),
        fold_for=bool(counts[FOLD_FOR]),
        fold_network=bool(counts[FOLD_NETWORK]),
        network_seen=bool(counts[NETWORK_SEEN]),
        likely=bool(counts[LIKELY]),
    )


def with_fixes(fixes: tuple[FixId, ...], more: tuple[FixId, ...]) -> tuple[FixId, ...]:
    """Return the fixes with more; beyond a hundred the first and the last fifty are kept."""
    found = (*fixes, *more)
    if len(found) <= 2 * MOST_FIXES:
        return found
    return (*found[:MOST_FIXES], *found[-MOST_FIXES:])


def close_fold(counts: MutableSequence[int], at: int, fold: int, apart: int) -> None:
    """Count what the fold said when a fix of the time `at` is no more of it: fixes within `fold`
    microseconds share their error; witnesses are `apart` at least."""
    if at - counts[FOLD_AT] < fold:
        return
    if counts[FOLD_SURE_AT] != NO_WITNESS:
        if counts[FOLD_SURE_AT] - counts[WITNESS_AT] >= apart:
            counts[WITNESSES] += 1
            counts[WITNESS_AT] = counts[FOLD_SURE_AT]
            counts[NETWORK_SEEN] |= counts[FOLD_NETWORK]
    elif counts[FOLD_AGAINST] and not counts[FOLD_FOR]:
        counts[WITNESSES], counts[WITNESS_AT], counts[NETWORK_SEEN] = 0, NO_WITNESS, 0
    counts[FOLD_AT], counts[FOLD_SURE_AT] = at, NO_WITNESS
    counts[FOLD_AGAINST] = counts[FOLD_FOR] = counts[FOLD_NETWORK] = 0


def count_witness(
    counts: MutableSequence[int], at: int, p: float, witness: int, against: int
) -> None:
    """Count a fix of the time `at` in its fold.

    `p` is P(inside). `witness` is SATELLITE or NETWORK for one that is sure, deep enough inside
    and told, else NOBODY; `against` is 1 for one that could tell if he were outside.
    """
    # Wi-Fi and cell fixes of a stay repeat one entry of a register, right or wrong: together
    # they are one witness.
    if witness == SATELLITE:
        if counts[FOLD_SURE_AT] == NO_WITNESS or counts[FOLD_NETWORK]:
            counts[FOLD_SURE_AT], counts[FOLD_NETWORK] = at, 0
    elif witness == NETWORK and counts[FOLD_SURE_AT] == NO_WITNESS and not counts[NETWORK_SEEN]:
        counts[FOLD_SURE_AT], counts[FOLD_NETWORK] = at, 1
    if p >= MORE_LIKELY:
        counts[FOLD_FOR] = 1
    elif against:
        counts[FOLD_AGAINST] = 1


def count_place(
    counts: MutableSequence[int],
    figures: MutableSequence[float],
    at: int,
    p: float,
    protect: float,
    accuse: float,
    clear: int,
    apart: int,
) -> None:
    """Count a fix of the time `at` in the bounds of the stay and in what its episode says.

    `p` is P(inside); `clear` is 1 if the area lies outside the region of where he may be.
    """
    if not clear:
        counts[CLEAR_SINCE] = NO_WITNESS
    elif counts[CLEAR_SINCE] == NO_WITNESS:
        counts[CLEAR_SINCE] = at
    if p >= protect:
        counts[NEAR_LAST] = at
        if at - counts[NEAR_WITNESS_AT] >= apart:
            counts[NEAR_WITNESSES] += 1
            counts[NEAR_WITNESS_AT] = at
    if p >= accuse:
        if counts[SURE_LAST] == NO_WITNESS:
            counts[ENTERED_LATEST] = at
        counts[SURE_LAST] = at
    figures[0] = max(figures[0], p)


def count_likely(counts: MutableSequence[int], p: float, at_most: float) -> None:
    """Note that P(inside) is half of what it could be, `at_most`, were he in the middle: of a zone
    smaller than the error no fix makes it more likely than not that he is inside."""
    if p >= MORE_LIKELY * at_most:
        counts[LIKELY] = 1


def is_over(counts: MutableSequence[int], at: int, leave: int) -> bool:
    """Return whether at `at` the area has been clear for `leave` microseconds."""
    return counts[CLEAR_SINCE] != NO_WITNESS and at - counts[CLEAR_SINCE] >= leave


def witnesses(counts: MutableSequence[int], apart: int) -> int:
    """Return how many independent witnesses there are, the current fold's with them."""
    since = counts[FOLD_SURE_AT] - counts[WITNESS_AT]
    return counts[WITNESSES] + int(counts[FOLD_SURE_AT] != NO_WITNESS and since >= apart)


def _or_never(at: int | None) -> int:
    return NO_WITNESS if at is None else at


def _or_none(at: int) -> int | None:
    return None if at == NO_WITNESS else at
