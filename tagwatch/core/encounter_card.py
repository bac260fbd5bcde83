"""The circumstances of an encounter: how near, how sure, how old the fixes, and what is not known.

Nothing in it says where the two were: the pages show the trail of each to those who may see it.
"""

from collections.abc import Sequence
from heapq import merge
from itertools import pairwise
from typing import Final

import msgspec

from tagwatch.core.encounters import Trails
from tagwatch.core.episode import Episode
from tagwatch.core.ids import FixId
from tagwatch.core.order import ConditionVersion, NoContact, Order
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.nearness import error_m_95, nearness, reach_m
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.run import placed
from tagwatch.core.trail import merged
from tagwatch.core.units import DAY, SECOND, Instant

MOST_PAIRS: Final = 2_000
"""Of a longer encounter the first so many are looked at."""


class PairSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One fix of each, held against each other at the time of the later one."""

    at: Instant
    age_s: float
    """Of the older fix by then."""
    measured_m: float
    least_m: float
    """95 % by the errors of both, if neither had moved since."""
    most_m: float
    reach_m: float
    """So much farther or nearer may they have been, had one gone as fast as anybody can."""
    probability: float
    """P(nearer than the limit)."""
    fixes: tuple[FixId, FixId]


class EncounterCard(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer needs to judge an encounter. None: not known, or withheld."""

    episode_id: str
    episode_version: int
    finding: Finding
    phase: Phase
    limit_m: float
    probability: float
    witnesses: int
    pairs: int
    """Pairs of fixes that show them near each other."""
    nearest: PairSeen | None
    """The one that says so with the greatest probability; withheld from whoever may not see the
    other."""
    together_s_least: int
    together_s_most: int | None
    """None: it goes on."""
    longest_gap_s: int | None
    """Within it, without a pair that shows them near."""
    earlier_30_days: int
    earlier_90_days: int
    earlier_confirmed: int
    order_reference: str
    legal_basis: str
    condition_version: int
    told_at: Instant | None
    before_told: bool
    rule_version: int
    settings_version: int
    unknown: tuple[str, ...]
    would_not_have_fired_if: tuple[str, ...]
    is_withheld: bool = False


def encounter_card(
    episode: Episode,
    trails: Trails,
    condition: ConditionVersion,
    order: Order,
    earlier: Sequence[Episode],
    settings: SettingsHistory,
    prepared: Prepared,
) -> EncounterCard:
    """Return the circumstances of an encounter. `earlier`: all episodes of the condition."""
    terms = condition.terms
    if not isinstance(terms, NoContact):
        raise ValueError(f"condition {condition.condition_id} names nobody not to be met")
    rules = settings.at(episode.entered_latest).encounter
    limits = condition.thresholds or (rules.life_thresholds if terms.protects else rules.thresholds)
    near = [
        pair
        for pair in _pairs(episode, trails, terms.distance_m, settings, prepared)
        if pair.probability >= limits.protect
    ]
    nearest = max(near, key=lambda pair: (pair.probability, -pair.at), default=None)
    before = [e for e in earlier if _before(e, episode, 90)]
    return EncounterCard(
        episode_id=episode.episode_id,
        episode_version=episode.version,
        finding=episode.finding,
        phase=episode.phase,
        limit_m=terms.distance_m,
        probability=episode.probability,
        witnesses=episode.witnesses,
        pairs=len(near),
        nearest=nearest,
        together_s_least=_seconds(near[-1].at - near[0].at) if near else 0,
        together_s_most=None
        if episode.left_latest is None
        else _seconds(episode.left_latest - episode.entered_earliest),
        longest_gap_s=max((_seconds(b.at - a.at) for a, b in pairwise(near)), default=None),
        earlier_30_days=sum(_before(e, episode, 30) for e in before),
        earlier_90_days=len(before),
        earlier_confirmed=sum(e.finding is Finding.CONFIRMED for e in before),
        order_reference=order.reference,
        legal_basis=order.legal_basis.value,
        condition_version=condition.version,
        told_at=condition.told_at,
        before_told=episode.before_told,
        rule_version=episode.rule_version,
        settings_version=episode.settings_version,
        unknown=_unknown(nearest),
        would_not_have_fired_if=_otherwise(nearest, terms.distance_m),
    )


def without_distances(card: EncounterCard) -> EncounterCard:
    """Return the card for somebody who may not know where the other was: the wearer's own trail
    and a few distances would show it."""
    return msgspec.structs.replace(
        card, nearest=None, unknown=(), would_not_have_fired_if=(), is_withheld=True
    )


def _pairs(
    episode: Episode,
    trails: Trails,
    limit_m: float,
    settings: SettingsHistory,
    prepared: Prepared,
) -> list[PairSeen]:
    """Return each fix of either from its beginning to its end, held against the other's last."""
    start = episode.entered_latest
    end = episode.left_latest or Instant(2**62)
    sides = [
        [(at, side, number, row) for at, number, row in merged(trail, -(2**62))]
        for side, trail in enumerate(trails)
    ]
    last: list[PlacedFix | None] = [None, None]
    found: list[PairSeen] = []
    for at, side, number, row in merge(*sides):
        if at > end or len(found) >= MOST_PAIRS:
            break
        rules = settings.at(Instant(at))
        fix = placed(trails[side][number], row, rules, prepared)
        last[side] = fix
        other = last[1 - side]
        if other is None or at < start or at - other.at > rules.encounter.age_most_s * SECOND:
            continue
        held = nearness(fix, other, limit_m, rules)
        error_m = error_m_95(fix, other)
        found.append(
            PairSeen(
                at=Instant(at),
                age_s=held.age_s,
                measured_m=round(held.measured_m, 1),
                least_m=round(max(0.0, held.measured_m - error_m), 1),
                most_m=round(held.measured_m + error_m, 1),
                reach_m=round(reach_m(fix, other, rules), 1),
                probability=held.near,
                fixes=(other.fix_id, fix.fix_id),
            )
        )
    return found


def _before(earlier: Episode, episode: Episode, days: int) -> bool:
    since = episode.entered_latest - days * DAY
    return (
        earlier.episode_id != episode.episode_id
        and earlier.merged_into is None
        and earlier.finding is not Finding.WITHDRAWN
        and since <= earlier.entered_latest < episode.entered_latest
    )


def _seconds(span: int) -> int:
    return span // SECOND


def _unknown(nearest: PairSeen | None) -> tuple[str, ...]:
    found = ["whether they saw or spoke to each other", "who came to whom"]
    if nearest is not None and nearest.age_s >= 1.0:
        found.append(f"where either was in the {nearest.age_s:.0f} s between the two fixes")
    return tuple(found)


def _otherwise(nearest: PairSeen | None, limit_m: float) -> tuple[str, ...]:
    if nearest is None:
        return ()
    short_m = max(0.0, limit_m - nearest.measured_m)
    return (f"the two fixes had erred towards each other by more than {short_m:.0f} m",)
