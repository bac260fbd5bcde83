"""How usual it was: the same hour of other weeks, and the base rate of such findings at a place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import msgspec

from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.settings import CardSettings
from tagwatch.core.sight import sights
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import MINUTE, Instant

HALF_HOUR: Final = 30 * MINUTE
_MOST_LOOKED_AT: Final = 20
"""Fixes of an hour, of one tag, that are looked at: spread over it."""


class SameHour(msgspec.Struct, frozen=True, kw_only=True):
    """What his fixes say of the same hour, by London's clocks, of the weeks before."""

    weeks: int
    """Weeks looked at."""
    seen: int
    """Of these, with a fix in that hour that errs less than `near_m`. Of the others nothing is
    known."""
    near: int
    """Of the seen ones, with a fix within `near_m` of the border, or inside."""
    inside: int
    """Of the seen ones, with a fix more likely inside than not; of a curfew place: one whose 99 %
    region lies outside."""
    near_m: float
    archived: int = 0
    """Weeks before these that were not looked at: their fixes lie in the archive."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of the same rule about somebody else, at a place near this one."""

    wearer: str
    finding: Finding


class BaseRate(msgspec.Struct, frozen=True, kw_only=True):
    """How often this rule found such a thing of others at this place, and how that ended.

    The counts are None where there were fewer than `least`, or fewer than `wearers_least` people.
    """

    radius_m: float
    days: int
    least: int
    wearers_least: int
    found: int | None = None
    confirmed: int | None = None
    not_borne_out: int | None = None
    """Withdrawn or undetermined."""


def hour_of_weeks(at: Instant, rules: CardSettings) -> tuple[tuple[Instant, Instant], ...]:
    """Return half an hour before and after this time of day of `rules.weeks` earlier weeks, the
    nearest week first."""
    local = london(at).replace(tzinfo=None)
    found: list[tuple[Instant, Instant]] = []
    for week in range(1, rules.weeks + 1):
        middle = from_london(local - timedelta(weeks=week), Edge.FROM)
        found.append((Instant(middle - HALF_HOUR), Instant(middle + HALF_HOUR)))
    return tuple(found)


def same_hour(
    weeks: Sequence[Sequence[TrailPart]],
    condition: ConditionVersion,
    rule: RuleKind,
    settings: SettingsHistory,
    prepared: Prepared,
    rules: CardSettings,
    archived: int = 0,
) -> SameHour:
    """Return what the trails of that hour, one a week, say of where he was; `archived` weeks before
    them were not looked at."""
    seen = near = inside = 0
    for trail in weeks:
        found = sights(_thinned(trail), condition, rule, settings, prepared)
        # A circle wider than what is asked says neither where he was nor where he was not.
        telling = [sight for sight in found if sight.accuracy_m_95 <= rules.near_m]
        if not telling:
            continue
        seen += 1
        near += min(sight.distance_m for sight in telling) <= rules.near_m
        if rule is RuleKind.CURFEW:
            inside += any(sight.distance_m > sight.region_m for sight in telling)
        else:
            inside += max(sight.p_inside for sight in telling) > 0.5
    return SameHour(
        weeks=len(weeks),
        seen=seen,
        near=near,
        inside=inside,
        near_m=rules.near_m,
        archived=archived,
    )


def _thinned(trail: Sequence[TrailPart]) -> list[TrailPart]:
    return [
        replace(part, block=part.block[:: -(-len(part.block) // _MOST_LOOKED_AT)])
        for part in trail
        if len(part.block)
    ]


def base_rate(others: Sequence[Found], rules: CardSettings) -> BaseRate:
    """Return the base rate from the findings of others; without figures where they are few."""
    rate = BaseRate(
        radius_m=rules.near_m,
        days=rules.base_days,
        least=rules.base_count_least,
        wearers_least=rules.base_wearers_least,
    )
    people = len({each.wearer for each in others})
    if len(others) < rules.base_count_least or people < rules.base_wearers_least:
        return rate
    weak = (Finding.WITHDRAWN, Finding.UNDETERMINED)
    return msgspec.structs.replace(
        rate,
        found=len(others),
        confirmed=sum(each.finding is Finding.CONFIRMED for each in others),
        not_borne_out=sum(each.finding in weak for each in others),
    )
