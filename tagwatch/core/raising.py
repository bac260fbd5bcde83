"""Episode or service fact → what becomes of its alert: raised, upgraded, ended, withdrawn …

One alert for one stay: the alert's id is derived from the episode's (or the fact's), so deriving
an episode again can change its alert and never raise it a second time.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from tagwatch.core.alert import (
    AUTOMATIC,
    Action,
    Alert,
    AlertChange,
    AlertEvent,
    AlertKind,
    Context,
    ServiceFact,
    alert_id,
    move,
)
from tagwatch.core.episode import Episode
from tagwatch.core.ids import AlertId
from tagwatch.core.moves import (
    LOWER,
    amended,
    clears_itself,
    explained,
    late_by_s,
    late_words,
    raised_change,
    reopened,
    severity_of,
)
from tagwatch.core.outcome import AlertState, Finding, Phase, RuleKind, Severity, Stage
from tagwatch.core.rules.watch import UNSEEN
from tagwatch.core.sentence import episode_sentence, fact_sentence
from tagwatch.core.units import Instant

_STAGE_OF: Final = {Finding.POSSIBLE: Stage.POSSIBLE, Finding.CONFIRMED: Stage.CONFIRMED}
_HELD: Final = frozenset({Finding.POSSIBLE, Finding.CONFIRMED})


def kind_of_episode(episode: Episode) -> AlertKind | None:
    """Return what an alert about this location episode is of; None for the tag's own episodes.

    Those come as service facts, which name their kind.
    """
    if episode.rule is RuleKind.CURFEW and episode.detail == UNSEEN:
        return AlertKind.CURFEW_UNSEEN
    return {
        RuleKind.ZONE: AlertKind.ZONE_ENTRY,
        RuleKind.APPROACH: AlertKind.ZONE_APPROACH,
        RuleKind.CURFEW: AlertKind.CURFEW_ABSENCE,
        RuleKind.ENCOUNTER: AlertKind.ENCOUNTER,
    }.get(episode.rule)


# --- episodes -------------------------------------------------------------------------------


def from_episode(
    alerts: Iterable[Alert], episode: Episode, context: Context, related: Alert | None = None
) -> tuple[AlertChange, ...]:
    """Return what this version of a location episode does to its alerts.

    `alerts` are the stored alerts of this episode (none, one; two for a curfew that was unseen
    first), `related` the alert of the episode it was split from or merged into, if any.
    """
    kind = kind_of_episode(episode)
    if kind is None:
        raise ValueError(
            f"episode {episode.episode_id} of rule {episode.rule} is the tag's own; "
            "pass its service fact to from_service_fact"
        )
    wanted = alert_id(kind, episode.episode_id)
    known = {alert.alert_id: alert for alert in alerts}
    mine = known.pop(wanted, None)
    changes: list[AlertChange] = []
    if mine is None:
        if raised := _raise_episode(kind, episode, context, related):
            changes.append(raised)
    else:
        changes += _follow(mine, episode, context, related)
    for other in known.values():
        changes += _superseded(other, wanted, episode, context)
    return tuple(changes)


def _finding(episode: Episode) -> Finding:
    """Return what may be said: before the wearer was told nothing is confirmed against him."""
    if episode.before_told and episode.finding is Finding.CONFIRMED:
        return Finding.POSSIBLE
    return episode.finding


def _raise_episode(
    kind: AlertKind, episode: Episode, context: Context, related: Alert | None
) -> AlertChange | None:
    finding = _finding(episode)
    if finding is Finding.WITHDRAWN or episode.merged_into is not None:
        return None
    severity = severity_of(kind, context.protects)
    told_already = related is not None and (
        finding is not Finding.CONFIRMED or related.finding is Finding.CONFIRMED
    )
    # A stay that is over and undetermined when it is first seen came late; on time it would have
    # been told as possible, so it is now.
    unsure = Stage.FACT if kind is AlertKind.CURFEW_UNSEEN else Stage.POSSIBLE
    stage = _STAGE_OF.get(finding, unsure)
    alert = Alert(
        alert_id=alert_id(kind, episode.episode_id),
        kind=kind,
        wearer_id=episode.wearer_id,
        episode_id=episode.episode_id,
        rule=episode.rule,
        severity=LOWER[severity] if told_already else severity,
        state=AlertState.RAISED,
        finding=finding,
        phase=episode.phase,
        probability=episode.probability,
        happened_at=_happened_at(episode),
        received_at=context.now,
        raised_at=context.now,
        late_by_s=late_by_s(context),
        explained_by=related.alert_id if related is not None and told_already else None,
        before_told=episode.before_told,
        protects=context.protects,
        cause=episode.episode_id,
    )
    return raised_change(
        _said(alert, episode),
        context,
        stage=None if told_already else stage,
        words=f"part of an earlier episode: {episode.reason}" if told_already else "",
    )


def _follow(
    alert: Alert, episode: Episode, context: Context, related: Alert | None
) -> list[AlertChange]:
    """Return the changes of an alert that exists, strongest first; at most two."""
    before, finding = alert, _finding(episode)
    alert = msgspec.structs.replace(
        alert,
        finding=finding,
        phase=episode.phase,
        probability=max(episode.probability, alert.probability)
        if finding in _HELD
        else episode.probability,
        before_told=episode.before_told,
    )
    alert = _said(alert, episode)
    if episode.merged_into is not None:
        return _merged(before, alert, episode, context, related)
    changes = _finding_changes(before, alert, episode, context)
    current = changes[-1].alert if changes else alert
    changes += _phase_changes(before, current, context, already=bool(changes))
    if not changes and before.sentence != alert.sentence:
        changes = [move(alert, Action.AMEND, AlertEvent.AMENDED, context.now, words=episode.reason)]
    return changes


def _finding_changes(
    before: Alert, alert: Alert, episode: Episode, context: Context
) -> list[AlertChange]:
    was, finding = before.finding, alert.finding
    if was is finding:
        return []
    if finding is Finding.CONFIRMED or was not in _HELD:
        if finding not in _HELD:
            return [amended(alert, AlertEvent.AMENDED, context, episode.reason)]
        return [_upgrade(before, alert, episode, context)]
    event = AlertEvent.AMENDED if finding is Finding.POSSIBLE else AlertEvent.WITHDRAWN
    return [
        amended(alert, event, context, episode.reason, Stage.WITHDRAWN, alert.round + 1),
    ]


def _upgrade(before: Alert, alert: Alert, episode: Episode, context: Context) -> AlertChange:
    """Return the change by which something stronger is held than was told."""
    anew = before.finding not in _HELD or before.state is AlertState.CLOSED
    event = AlertEvent.CONFIRMED if alert.finding is Finding.CONFIRMED else AlertEvent.REOPENED
    late = late_by_s(context)
    alert = msgspec.structs.replace(alert, late_by_s=late if late else alert.late_by_s)
    stage = _STAGE_OF[alert.finding]
    if not anew:
        return amended(alert, event, context, late_words(episode.reason, late), stage)
    return reopened(alert, event, context, stage, late_words(episode.reason, late))


def _phase_changes(
    before: Alert, alert: Alert, context: Context, *, already: bool
) -> list[AlertChange]:
    """Return what leaving, or coming back within the same stay, does.

    Coming back is told anew where a life may hang on it or the alert was closed; else one stay
    is told once.
    """
    if before.phase is alert.phase or alert.finding not in _HELD | {Finding.UNDETERMINED}:
        return []
    if alert.phase is Phase.ENDED:
        stage = None if already or alert.explained_by is not None else Stage.ENDED
        return [amended(alert, AlertEvent.ENDED, context, "", stage)]
    if not already and (alert.severity is Severity.LIFE or alert.state is AlertState.CLOSED):
        stage = _STAGE_OF.get(alert.finding, Stage.FACT)
        return [reopened(alert, AlertEvent.REOPENED, context, stage, "again within the same stay")]
    return [amended(alert, AlertEvent.REPORTED_AGAIN, context, "again within the same stay")]


def _merged(
    before: Alert, alert: Alert, episode: Episode, context: Context, related: Alert | None
) -> list[AlertChange]:
    if related is None or related.alert_id == before.explained_by:
        return []
    return [
        explained(alert, related.alert_id, context.now, context.settings, episode.reason),
    ]


def _superseded(
    other: Alert, wanted: AlertId, episode: Episode, context: Context
) -> list[AlertChange]:
    """Return what becomes of a curfew's alert of the other kind (unseen / absent)."""
    if episode.finding in _HELD:
        if other.explained_by == wanted:
            return []
        return [explained(other, wanted, context.now, context.settings, "he is absent")]
    if other.finding is episode.finding or other.finding not in _HELD:
        return []
    weaker = msgspec.structs.replace(other, finding=episode.finding)
    event = AlertEvent.WITHDRAWN
    return [
        amended(
            _said(weaker, episode), event, context, episode.reason, Stage.WITHDRAWN, other.round + 1
        )
    ]


# --- service facts --------------------------------------------------------------------------


def from_service_fact(
    alert: Alert | None, fact: ServiceFact, context: Context
) -> tuple[AlertChange, ...]:
    """Return what this fact does to its alert (`alert_id(fact.kind, fact.cause)`), if stored."""
    if alert is None:
        return (_raise_fact(fact, context),)
    before = alert
    alert = msgspec.structs.replace(
        alert,
        phase=fact.phase,
        affected=fact.affected or alert.affected,
        sentence=fact_sentence(fact),
    )
    if before.phase is Phase.OPEN and fact.phase is Phase.ENDED:
        return _fact_ended(alert, fact, context)
    anew = before.phase is Phase.ENDED or fact.again
    if anew and fact.phase is Phase.OPEN:
        if before.state is AlertState.CLOSED:
            stage = Stage.FACT
            return (reopened(alert, AlertEvent.REOPENED, context, stage, "reported again"),)
        return (amended(alert, AlertEvent.REPORTED_AGAIN, context, "reported again"),)
    if fact.explained_by is not None and before.explained_by is None:
        words = "another alert explains it"
        return (explained(alert, fact.explained_by, context.now, context.settings, words),)
    if alert.sentence != before.sentence or alert.affected != before.affected:
        return (amended(alert, AlertEvent.AMENDED, context, fact.detail),)
    return ()


def _raise_fact(fact: ServiceFact, context: Context) -> AlertChange:
    severity = fact.severity or severity_of(fact.kind, context.protects)
    if fact.excused:
        severity = Severity.ROUTINE
    episode = fact.episode
    has_reason = fact.explained_by is not None
    alert = Alert(
        alert_id=alert_id(fact.kind, fact.cause),
        kind=fact.kind,
        wearer_id=fact.wearer_id,
        episode_id=None if episode is None else episode.episode_id,
        rule=None if episode is None else episode.rule,
        severity=LOWER[severity] if has_reason else severity,
        state=AlertState.RAISED,
        finding=Finding.UNDETERMINED if episode is None else episode.finding,
        phase=fact.phase,
        probability=1.0 if episode is None else episode.probability,
        happened_at=fact.happened_at,
        received_at=context.now,
        raised_at=context.now,
        late_by_s=late_by_s(context),
        explained_by=fact.explained_by,
        sentence=fact_sentence(fact),
        protects=context.protects,
        affected=fact.affected,
        cause=fact.cause,
    )
    quiet = bool(fact.excused) or (has_reason and not context.protects)
    change = raised_change(alert, context, stage=None if quiet else Stage.FACT, words=fact.detail)
    if not fact.excused:
        return change
    unhurried = msgspec.structs.replace(
        change.alert,
        acknowledge_by=None,
        waiting_until=fact.excused_until,
        waiting_for="what is on record" if fact.excused_until is not None else "",
    )
    return msgspec.structs.replace(change, alert=unhurried)


def _fact_ended(alert: Alert, fact: ServiceFact, context: Context) -> tuple[AlertChange, ...]:
    clears = clears_itself(alert.kind, alert.severity) and alert.state is not AlertState.CLOSED
    silent = clears or alert.explained_by is not None
    ended = amended(alert, AlertEvent.ENDED, context, fact.detail, None if silent else Stage.ENDED)
    if not clears:
        return (ended,)
    cleared = move(
        ended.alert,
        Action.CLOSE,
        AlertEvent.CLOSED,
        context.now,
        words=f"closed by itself: {fact.detail}",
        by=AUTOMATIC,
        closed_at=context.now,
        acknowledge_by=None,
    )
    return (ended, cleared)


def _said(alert: Alert, episode: Episode) -> Alert:
    return msgspec.structs.replace(alert, sentence=episode_sentence(alert, episode))


def _happened_at(episode: Episode) -> Instant:
    if episode.finding is Finding.CONFIRMED and episode.confirmed_at is not None:
        return episode.confirmed_at
    return episode.entered_latest
