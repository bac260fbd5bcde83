"""Periods in which conditions do not bind a wearer: authorised absences, permissions, his state.

An exemption takes its period out of the time in which a condition applies: nothing in it is a
breach, whatever the fixes say, and the rule begins anew at its end. The trail stays, and so does
every version of the exemption with who allowed it and why: what was excused is on record.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import ConditionId, ExemptionId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew
from tagwatch.core.units import Instant


class ExemptionCause(StrEnum):
    """Why conditions do not bind him for a while."""

    AUTHORISED_ABSENCE = "authorised_absence"
    """Away from where he must be, allowed by his officer or the court."""
    PERMISSION = "permission"
    """Into a zone, for a hearing or the like: of named conditions only."""
    HOSPITAL = "hospital"
    AGREED_TRAVEL = "agreed_travel"
    CUSTODY = "custody"
    DECEASED = "deceased"


STATES: Final = frozenset(
    {
        ExemptionCause.HOSPITAL,
        ExemptionCause.AGREED_TRAVEL,
        ExemptionCause.CUSTODY,
        ExemptionCause.DECEASED,
    }
)
"""The wearer is not at liberty in the ordinary way: shown as his state."""
OUT_OF_REACH: Final = frozenset({ExemptionCause.CUSTODY, ExemptionCause.DECEASED})
"""Lift every condition, and make a silent or unworn tag no surprise."""


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an exemption for [starts_at, ends_at)."""

    exemption_id: ExemptionId
    version: int
    wearer_id: WearerId
    cause: ExemptionCause
    conditions: tuple[ConditionId, ...] = ()
    """Which it lifts; none: what its cause lifts (see `lifts`)."""
    starts_at: Instant
    ends_at: Instant | None = None
    """None: until it is changed (custody, hospital)."""
    words: str = ""
    """What for."""
    proof: str = ""
    """What was shown: a letter, a rota, a court's direction."""
    approved_by: str = ""
    """The person who allowed it, by name and office, as told to whoever writes."""
    withdrawn: bool = False
    """It was entered by mistake or taken back: it lifts nothing."""


def lifts(exemption: Exemption, condition: ConditionVersion) -> bool:
    """Return whether a condition does not bind in the exemption's period.

    Custody and death lift all; hospital, travel and absence what demands presence; a permission
    the conditions it names. An exclusion zone protects a person: only naming it, or custody or
    death, lifts it.
    """
    if exemption.withdrawn:
        return False
    if exemption.conditions:
        return condition.condition_id in exemption.conditions
    if exemption.cause in OUT_OF_REACH:
        return True
    return exemption.cause is not ExemptionCause.PERMISSION and isinstance(condition.terms, Curfew)


def is_on(exemption: Exemption, at: Instant) -> bool:
    """Return whether the exemption holds at `at`."""
    if exemption.withdrawn:
        return False
    return exemption.starts_at <= at and (exemption.ends_at is None or at < exemption.ends_at)


def around(exemptions: Iterable[Exemption], start: Instant, end: Instant) -> tuple[Exemption, ...]:
    """Return those that overlap [start, end], also those taken back, in order of their start."""
    found = [
        e for e in exemptions if e.starts_at <= end and (e.ends_at is None or start < e.ends_at)
    ]
    return tuple(sorted(found, key=lambda e: (e.starts_at, e.exemption_id)))


def newest(versions: Iterable[Exemption]) -> tuple[Exemption, ...]:
    """Return the highest version of each exemption, by id."""
    found: dict[ExemptionId, Exemption] = {}
    for version in versions:
        held = found.get(version.exemption_id)
        if held is None or held.version < version.version:
            found[version.exemption_id] = version
    return tuple(found[name] for name in sorted(found))


def without(span: tuple[int, int], lifted: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what is left of [start, end) when `lifted` intervals are taken out, in order."""
    left = [span]
    for low, high in lifted:
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, low)), (max(start, high), end))
            if piece[0] < piece[1]
        ]
    return left
