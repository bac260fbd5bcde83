"""Episodes: one continuous concern about one wearer under one condition."""

import msgspec

from tagwatch.core.ids import ActivationId, ConditionId, EpisodeId, FixId, WearerId, derived_id
from tagwatch.core.outcome import Compliance, Finding, Phase, RuleKind
from tagwatch.core.units import Instant


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says of one fix (or tag event, or silence) under one condition version."""

    rule: RuleKind
    condition_id: ConditionId | None
    condition_version: int
    settings_version: int
    at: Instant
    """Event time: the fix's own, never the time of arrival."""
    compliance: Compliance
    probability: float
    """P(inside) of a zone, P(outside) of a curfew place; quantised to 1e-6."""
    fixes: tuple[FixId, ...]


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an episode. Ids are derived from wearer, rule, condition and first fix."""

    episode_id: EpisodeId
    version: int = 1
    wearer_id: WearerId
    activation_id: ActivationId
    rule: RuleKind
    condition_id: ConditionId | None
    condition_version: int
    rule_version: int = 1
    settings_version: int
    phase: Phase
    finding: Finding
    probability: float
    """The highest held value."""
    steady_m: float = 0.0
    """No steady error below this towards the zone, or the place where he must be, explains the
    fixes; 0 where some may."""
    witnesses: int = 1
    """Effective number of independent fixes."""
    entered_earliest: Instant
    entered_latest: Instant
    left_earliest: Instant | None = None
    left_latest: Instant | None = None
    confirmed_at: Instant | None = None
    """Event time of the fix that confirmed."""
    fixes: tuple[FixId, ...]
    """The fixes used, at most the first 50 and the last 50."""
    reason: str = ""
    """Why this version differs from the last: `confirmed by a second fix`, `zone corrected` …"""
    before_told: bool = False
    """The wearer had not been told of the condition: it protects and does not accuse."""
    detail: str = ""
    """For tag events and silence: what was reported, in plain words without name or address."""
    merged_into: EpisodeId | None = None
    split_from: EpisodeId | None = None


def episode_id(
    wearer: WearerId, rule: RuleKind, condition: ConditionId | None, first: FixId | str
) -> EpisodeId:
    """Return the id of the episode that began with `first` (a fix id, or an event's)."""
    return EpisodeId(derived_id("ep", wearer, rule, condition or "", first))
