"""The state of a stay in a zone or its ring: what is remembered, and every way it can go on."""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.episode import Episode
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.units import Instant

NO_WITNESS: Final = -(2**62)


class State(StrEnum):
    """Where a stay stands. AWAY has no memory at all: it is the floor."""

    AWAY = "away"
    POSSIBLE = "possible"
    CONFIRMED = "confirmed"
    LEFT_POSSIBLE = "left_possible"
    LEFT_CONFIRMED = "left_confirmed"


class Signal(StrEnum):
    """What a fix, or the end of an interval, tells a stay."""

    NEAR = "near"
    """P(inside) is at least *protect*."""
    HELD = "held"
    """P(inside) at least *accuse* by enough independent fixes, nothing against it between."""
    LEFT = "left"
    """The zone outside the 99 % region for long enough."""
    LAPSED = "lapsed"
    """The condition stopped applying."""
    FORGOTTEN = "forgotten"
    """Too long since he left for a return to be the same stay."""


TRANSITIONS: Final[dict[tuple[State, Signal], tuple[str, State]]] = {
    (State.AWAY, Signal.NEAR): ("A", State.POSSIBLE),
    (State.POSSIBLE, Signal.HELD): ("B", State.CONFIRMED),
    (State.POSSIBLE, Signal.LEFT): ("C", State.LEFT_POSSIBLE),
    (State.CONFIRMED, Signal.LEFT): ("D", State.LEFT_CONFIRMED),
    (State.LEFT_POSSIBLE, Signal.NEAR): ("E", State.POSSIBLE),
    (State.LEFT_CONFIRMED, Signal.NEAR): ("F", State.CONFIRMED),
    (State.LEFT_POSSIBLE, Signal.FORGOTTEN): ("G", State.AWAY),
    (State.LEFT_CONFIRMED, Signal.FORGOTTEN): ("H", State.AWAY),
    (State.POSSIBLE, Signal.LAPSED): ("I", State.AWAY),
    (State.CONFIRMED, Signal.LAPSED): ("J", State.AWAY),
    (State.LEFT_POSSIBLE, Signal.LAPSED): ("K", State.AWAY),
    (State.LEFT_CONFIRMED, Signal.LAPSED): ("L", State.AWAY),
}
"""(state, signal) → (letter, next state). Every pair that can occur is here, and no other."""

OPEN: Final = frozenset({State.POSSIBLE, State.CONFIRMED})


class Stay(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What is remembered of a stay. No stay is None: the floor, which leaves no trace."""

    state: State
    until: int
    """When the interval in which the condition applies ends."""
    episode: Episode
    left_at: int = 0
    """When he had left, for the states LEFT_…"""
    clear_since: int | None = None
    """First of an unbroken run of fixes that are clear of the zone."""
    sure_last: int | None = None
    """Last fix with P ≥ accuse."""
    near_last: int
    witnesses: int = 0
    """Independent fixes with P ≥ accuse before the current fold, nothing against them since."""
    witness_at: int = 0
    near_witness_at: int = 0
    fold_at: int
    """First fix of those that share their error."""
    fold_sure_at: int | None = None
    fold_against: bool = False
    fold_for: bool = False
    """Some fix of the fold says: more likely inside."""
    fold_network: bool = False
    """The witness of the fold, if any, is a network fix."""
    network_seen: bool = False
    """A network fix is among the witnesses: no other can be."""
    likely: bool = False
    """Some fix made it as likely that he was inside as not, for what a fix can say of the area."""


def move(stay: Stay, signal: Signal) -> Stay | None:
    """Return the stay in its next state, None for the floor. KeyError: no such transition."""
    state = TRANSITIONS[stay.state, signal][1]
    return None if state is State.AWAY else msgspec.structs.replace(stay, state=state)


def ended(stay: Stay, latest: int, how: str) -> Episode:
    """Return the episode of a stay that is over: what stays of a mere possibility is said."""
    episode = stay.episode
    earliest = stay.near_last if stay.sure_last is None else stay.sure_last
    finding, reason = episode.finding, how
    if finding is Finding.POSSIBLE:
        if not stay.likely:
            finding = Finding.WITHDRAWN
            reason = f"{how}; no fix made it half as likely that he was inside as it could have"
        elif episode.rule is RuleKind.ZONE:
            finding = Finding.UNDETERMINED
            reason = f"{how}; not confirmed by independent fixes"
    return msgspec.structs.replace(
        episode,
        version=episode.version + 1,
        phase=Phase.ENDED,
        finding=finding,
        left_earliest=Instant(min(earliest, latest)),
        left_latest=Instant(latest),
        reason=reason,
    )


def anew(stay: Stay) -> Stay:
    """Return the stay with no witness counted: after a swap of tags errors are others."""
    return msgspec.structs.replace(
        stay,
        witnesses=0,
        witness_at=NO_WITNESS,
        near_witness_at=NO_WITNESS,
        fold_sure_at=None,
        fold_against=False,
        fold_for=False,
        fold_network=False,
        network_seen=False,
    )
