"""The circumstances of an episode: version 2 of its alert, and what a person needs to judge it.

Every figure says how it was computed (`HOW`). Intent is never inferred; speed is not stated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from statistics import median
from typing import Any, Final

import msgspec
import numpy as np

from tagwatch.core.alternatives import (
    FAULTS,
    GAP,
    Alternative,
    OtherTags,
    Weighed,
    alternatives,
)
from tagwatch.core.counterfactual import counterfactual
from tagwatch.core.episode import Episode
from tagwatch.core.exemption import Exemption
from tagwatch.core.ids import ConditionId, EpisodeId, FixId
from tagwatch.core.jump import Jump, jumped_of, without
from tagwatch.core.order import ConditionVersion, ExclusionZone, LegalBasis, Order, ZoneKnowledge
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.passage import Movement, movement
from tagwatch.core.repetition import BaseRate, Found, SameHour, base_rate, same_hour
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.rules.tally import MOST_FIXES
from tagwatch.core.sight import Sight, sights
from tagwatch.core.time_inside import least_s
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, SECOND, Instant

ROUTE: Final = HOUR
"""So much of the trail before and after the episode belongs to the card."""

MOST_ROUTE: Final = 240
"""Fixes of the route on the card, the nearest in time to the episode."""


class RouteFix(msgspec.Struct, frozen=True, kw_only=True):
    """A fix of the route, with its 95 % circle. Between two of them nothing is known."""

    fix_id: FixId
    fixed_at: Instant
    lon_deg: float
    lat_deg: float
    accuracy_m_95: float


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the route without a fix."""

    start: Instant
    end: Instant


class TagFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the tag said of itself at the time, as the caller knows it; None is not known."""

    battery_pct: float | None = None
    strap: str | None = None
    model: str | None = None


NOTHING_OF_TAG: Final = TagFacts()


@dataclass(frozen=True, slots=True, eq=False)
class CardFacts:
    """What the caller knows besides the trail; None and empty are not known."""

    tag: TagFacts = NOTHING_OF_TAG
    others: OtherTags | None = None
    elsewhere: tuple[Found, ...] | None = None
    """Findings of the same rule about others at this place, for the base rate."""
    exemptions: tuple[Exemption, ...] = ()
    """Newest versions of those within a day of the episode."""
    weeks: tuple[Sequence[TrailPart], ...] = ()
    """The trail of the same hour of earlier weeks: `repetition.hour_of_weeks`."""
    weeks_archived: int = 0
    """Weeks before those whose fixes are archived, and not here."""


class Circumstance(msgspec.Struct, frozen=True, kw_only=True):
    """The card. None and empty mean not known; `unknown` says so in words."""

    episode_id: EpisodeId
    episode_version: int
    rule: RuleKind
    phase: Phase
    finding: Finding
    probability: float
    witnesses: int
    accuracy_m_95_best: float | None
    accuracy_m_95_median: float | None
    accuracy_m_95_worst: float | None
    entered_earliest: Instant
    entered_latest: Instant
    left_earliest: Instant | None
    left_latest: Instant | None
    inside_s_least: int
    inside_s_most: int | None
    deepest_fix: FixId | None
    deepest_m: float | None
    distance_m_least: float | None
    distance_m_most: float | None
    route: tuple[RouteFix, ...]
    gaps: tuple[Gap, ...]
    earlier_30_days: int
    earlier_90_days: int
    earlier_confirmed: int
    tag: TagFacts
    order_reference: str
    legal_basis: LegalBasis
    condition_id: ConditionId
    condition_version: int
    condition_valid_from: Instant
    knowledge: ZoneKnowledge
    told_at: Instant | None
    before_told: bool
    alternatives: tuple[Alternative, ...]
    unknown: tuple[str, ...]
    would_not_have_fired_if: tuple[str, ...]
    rule_version: int
    settings_version: int
    fixes: tuple[FixId, ...]
    fixes_sha256: str
    steady_m: float = 0.0
    movement: Movement | None = None
    same_hour: SameHour | None = None
    base_rate: BaseRate | None = None
    exemptions: tuple[Exemption, ...] = ()
    by_network: int = 0
    """Fixes of the stay by Wi-Fi, cell or beacon: together one witness."""
    reason: str = ""
    """Why the finding is what it is, in the rule's words."""
    jumps: tuple[Jump, ...] = ()
    """Fixes of the route that are errors by their place: the farthest."""
    withheld: tuple[str, ...] = ()
    """Fields that a disclosable view leaves out."""


def circumstance(
    episode: Episode,
    trail: Sequence[TrailPart],
    condition: ConditionVersion,
    order: Order,
    history: Sequence[Episode],
    facts: CardFacts,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Circumstance:
    """Return the card of a location episode.

    `trail`: the wearer's fixes from an hour before the episode to now or an hour after it.
    `condition`: the version that the episode names. `history`: his other episodes.
    """
    seen = sights(trail, condition, episode.rule, settings, prepared)
    chosen = set(episode.fixes)
    used = [s for s in seen if s.fix_id in chosen]
    stay = _stay(seen, used)
    earlier = [
        e
        for e in history
        if e.rule is episode.rule
        and e.condition_id == episode.condition_id
        and e.episode_id != episode.episode_id
        and e.entered_latest < episode.entered_latest
        and e.merged_into is None
    ]
    last = episode.left_latest or (used[-1].at if used else episode.entered_latest)
    around = [s for s in seen if episode.entered_latest - ROUTE <= s.at <= last + ROUTE]
    jumped = jumped_of(around, settings)
    return Circumstance(
        **_of_episode(episode),
        **_measured(episode, stay, settings),
        route=_route(around, episode.entered_latest),
        gaps=_gaps(around),
        earlier_30_days=_since(earlier, episode, 30),
        earlier_90_days=_since(earlier, episode, 90),
        earlier_confirmed=sum(e.finding is Finding.CONFIRMED for e in earlier),
        tag=facts.tag,
        exemptions=facts.exemptions,
        **_demanded(order, condition),
        alternatives=alternatives(
            episode,
            stay,
            [s for s in seen if used and s.at < used[0].at],
            Weighed(
                earlier=earlier,
                of_tag=[e for e in history if e.activation_id == episode.activation_id],
                odd=_odd(trail, around),
                others=facts.others,
                jumped=(jumped, len(around)),
            ),
        ),
        unknown=_unknown(episode, used, facts.tag, condition),
        would_not_have_fired_if=counterfactual(episode, used, trail, condition, settings, prepared),
        fixes_sha256=_digest(used),
        jumps=jumped,
        **_moved_and_usual(episode, without(seen, jumped), condition, facts, settings, prepared),
    )


def _of_episode(episode: Episode) -> dict[str, Any]:
    names = (
        "episode_id", "rule", "phase", "finding", "probability", "entered_earliest",
        "entered_latest", "left_earliest", "left_latest", "before_told", "rule_version",
        "settings_version", "fixes", "steady_m", "reason",
    )  # fmt: skip
    return {"episode_version": episode.version, **{name: getattr(episode, name) for name in names}}


def _demanded(order: Order, condition: ConditionVersion) -> dict[str, Any]:
    terms = condition.terms
    return {
        "order_reference": order.reference,
        "legal_basis": order.legal_basis,
        "condition_id": condition.condition_id,
        "condition_version": condition.version,
        "condition_valid_from": condition.valid_from,
        "knowledge": terms.knowledge if isinstance(terms, ExclusionZone) else ZoneKnowledge.TOLD,
        "told_at": condition.told_at,
    }


def _moved_and_usual(
    episode: Episode,
    seen: Sequence[Sight],
    condition: ConditionVersion,
    facts: CardFacts,
    settings: SettingsHistory,
    prepared: Prepared,
) -> dict[str, Any]:
    rules = settings.at(episode.entered_latest).card
    found: dict[str, Any] = {}
    if episode.rule is not RuleKind.CURFEW:
        found["movement"] = movement(episode, seen, condition, settings, prepared)
    if facts.weeks or facts.weeks_archived:
        asked = condition, episode.rule, settings, prepared, rules
        found["same_hour"] = same_hour(facts.weeks, *asked, facts.weeks_archived)
    if facts.elsewhere is not None:
        found["base_rate"] = base_rate(facts.elsewhere, rules)
    return found


def _odd(trail: Sequence[TrailPart], around: Sequence[Sight]) -> tuple[int, int]:
    """Return how many fixes of the route bear marks of an error of the tag, and of how many."""
    if not around:
        return 0, 0
    begin, end = around[0].at, around[-1].at
    odd = whole = 0
    for part in trail:
        times = part.block["fixed_at"]
        marks = part.block["marks"][(times >= begin) & (times <= end)]
        whole += len(marks)
        odd += int(np.count_nonzero(marks & int(FAULTS)))
    return odd, whole


def _measured(episode: Episode, stay: Sequence[Sight], settings: SettingsHistory) -> dict[str, Any]:
    distances = _distances(episode, stay)
    return {
        **_witnesses(episode, stay),
        **_accuracies(stay),
        **distances,
        **_durations(episode, stay, distances["deepest_m"], settings),
    }


def _witnesses(episode: Episode, stay: Sequence[Sight]) -> dict[str, int]:
    by_network = sum(sight.is_by_network for sight in stay)
    by_satellite = len(stay) - by_network
    most = by_satellite + min(1, by_network) if stay else episode.witnesses
    return {"witnesses": min(episode.witnesses, most), "by_network": by_network}


def _accuracies(used: Sequence[Sight]) -> dict[str, float | None]:
    circles = sorted(s.accuracy_m_95 for s in used)
    return {
        "accuracy_m_95_best": round(circles[0], 1) if circles else None,
        "accuracy_m_95_median": round(median(circles), 1) if circles else None,
        "accuracy_m_95_worst": round(circles[-1], 1) if circles else None,
    }


def _stay(seen: Sequence[Sight], used: Sequence[Sight]) -> Sequence[Sight]:
    """Return all fixes of the stay: of a long one an episode names its first and last only."""
    if len(used) < 2 * MOST_FIXES:
        return used
    first, last = seen.index(used[0]), seen.index(used[-1])
    return seen[first : last + 1]


def _durations(
    episode: Episode, stay: Sequence[Sight], deepest_m: float | None, settings: SettingsHistory
) -> dict[str, Any]:
    most = None
    if episode.left_latest is not None:
        most = (episode.left_latest - episode.entered_earliest) // SECOND
    return {"inside_s_least": least_s(episode, stay, deepest_m, settings), "inside_s_most": most}


def _distances(episode: Episode, used: Sequence[Sight]) -> dict[str, Any]:
    """Return the deepest point (on the wrong side) and the nearest approach to the border."""
    if not used:
        return dict.fromkeys(
            ("deepest_fix", "deepest_m", "distance_m_least", "distance_m_most"), None
        )
    wrong = 1.0 if episode.rule is RuleKind.CURFEW else -1.0
    deepest = max(used, key=lambda s: wrong * s.distance_m)
    depth_m = wrong * deepest.distance_m
    nearest = min(used, key=lambda s: max(0.0, s.distance_m))
    gap_m = max(0.0, nearest.distance_m)
    return {
        "deepest_fix": deepest.fix_id if depth_m > 0.0 else None,
        "deepest_m": round(depth_m, 1) if depth_m > 0.0 else None,
        "distance_m_least": round(max(0.0, gap_m - nearest.accuracy_m_95), 1),
        "distance_m_most": round(gap_m + nearest.accuracy_m_95, 1),
    }


def _route(around: Sequence[Sight], at: Instant) -> tuple[RouteFix, ...]:
    nearest = sorted(around, key=lambda s: (abs(s.at - at), s.at))[:MOST_ROUTE]
    return tuple(
        RouteFix(
            fix_id=s.fix_id,
            fixed_at=s.at,
            lon_deg=s.lon_deg,
            lat_deg=s.lat_deg,
            accuracy_m_95=round(s.accuracy_m_95, 1),
        )
        for s in sorted(nearest, key=lambda s: s.at)
    )


def _gaps(around: Sequence[Sight]) -> tuple[Gap, ...]:
    pairs = pairwise(around)
    return tuple(Gap(start=a.at, end=b.at) for a, b in pairs if b.at - a.at > GAP)


def _since(earlier: Sequence[Episode], episode: Episode, days: int) -> int:
    return sum(e.entered_latest >= episode.entered_latest - days * DAY for e in earlier)


def _unknown(
    episode: Episode, used: Sequence[Sight], tag: TagFacts, condition: ConditionVersion
) -> tuple[str, ...]:
    found = [
        "why he was there",
        "where he was between two fixes",
        "whether somebody had allowed it, beyond what absences and permissions are on record",
    ]
    if episode.phase is Phase.OPEN:
        found.append("when he leaves: the episode is going on")
    if len(used) < len(episode.fixes):
        found.append(f"{len(episode.fixes) - len(used)} of the fixes used are not in the trail")
    if tag.battery_pct is None:
        found.append("the tag's battery at the time")
    if tag.strap is None:
        found.append("the state of the strap at the time")
    if condition.told_at is None:
        found.append("when he was told of the condition")
    return tuple(found)


def _digest(used: Sequence[Sight]) -> str:
    text = "\n".join(
        f"{s.fix_id} {s.at} {s.lon_deg!r} {s.lat_deg!r} {s.accuracy_m_95:.3f}" for s in used
    )
    return sha256(text.encode()).hexdigest()
