"""What the rules of the tag itself share: whose tag it is, and the episode of a report."""

import msgspec

from tagwatch.core.alert import AlertKind, ServiceFact
from tagwatch.core.episode import Episode
from tagwatch.core.ids import ActivationId, AlertId, EpisodeId, FixId, WearerId, derived_id
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.units import Instant


class Worn(msgspec.Struct, frozen=True, kw_only=True):
    """A tag on a wearer, and the version of the settings it is judged under."""

    wearer_id: WearerId
    activation_id: ActivationId
    settings_version: int = 1


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One episode of the tag itself, as a rule remembers it."""

    cause: EpisodeId
    kind: AlertKind
    activation_id: ActivationId
    first_at: Instant
    last_at: Instant
    """Of the latest report that belongs to it."""
    ended_at: Instant | None = None
    version: int = 1
    reports: int = 1
    sources: tuple[FixId, ...] = ()
    """Journal records of the reports, at most the first and the last."""
    detail: str = ""
    explained_by: AlertId | None = None


def cause_of(worn: Worn, rule: RuleKind, kind: AlertKind, first: object) -> EpisodeId:
    """Return the id of the episode of this kind that `first` (a record's place, an instant) began.

    It holds the kind, so a cut strap and an opened case in one message are two.
    """
    return EpisodeId(derived_id("ep", worn.wearer_id, rule, kind, first))


def fact_of(
    worn: Worn, rule: RuleKind, span: Span, finding: Finding, reason: str = ""
) -> ServiceFact:
    """Return the service fact of a span, with the episode version to store."""
    ended = span.ended_at is not None
    phase = Phase.ENDED if ended else Phase.OPEN
    episode = Episode(
        episode_id=span.cause,
        version=span.version,
        wearer_id=worn.wearer_id,
        activation_id=span.activation_id,
        rule=rule,
        condition_id=None,
        condition_version=0,
        settings_version=worn.settings_version,
        phase=phase,
        finding=finding,
        probability=1.0,
        witnesses=span.reports,
        entered_earliest=span.first_at,
        entered_latest=span.first_at,
        left_earliest=span.last_at if ended else None,
        left_latest=span.ended_at,
        fixes=span.sources,
        reason=reason,
        detail=span.detail,
    )
    return ServiceFact(
        cause=span.cause,
        kind=span.kind,
        phase=phase,
        happened_at=span.first_at,
        ended_at=span.ended_at,
        wearer_id=worn.wearer_id,
        activation_id=span.activation_id,
        episode=episode,
        detail=span.detail,
        explained_by=span.explained_by,
    )
