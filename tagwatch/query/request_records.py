"""Records of a data request: alerts, decisions and the order of its time, as they may go out.

Ordinary: nothing that belongs to a place the wearer was not told of, nothing about another person,
no protected person's name, and no address. For a named expert secret places are in it too.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.case import Case, Contest, Decision
from tagwatch.core.episode import Episode
from tagwatch.core.ids import ConditionId, EpisodeId, WearerId
from tagwatch.core.order import ConditionVersion, NoContact, Order
from tagwatch.core.outcome import RuleKind
from tagwatch.core.request_kinds import ReleaseForm
from tagwatch.core.units import Instant
from tagwatch.core.withheld import without_persons
from tagwatch.query.breach_pack import names_of
from tagwatch.query.bundle_facts import cases_touching, cut, is_secret
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.wearer import orders_of
from tagwatch.store import schema
from tagwatch.store.episodes import episodes_of

_PLACED: Final = frozenset(
    {
        AlertKind.ZONE_ENTRY,
        AlertKind.ZONE_APPROACH,
        AlertKind.CURFEW_ABSENCE,
        AlertKind.CURFEW_UNSEEN,
    }
)
OF_THE_TAG: Final = frozenset(
    {
        AlertKind.STRAP,
        AlertKind.CASE,
        AlertKind.NOT_WORN,
        AlertKind.BATTERY_LOW,
        AlertKind.BATTERY_CRITICAL,
        AlertKind.POWER_OFF,
        AlertKind.NO_COMMS,
        AlertKind.NO_LOCATION,
        AlertKind.JAMMING_SIGNS,
    }
)
"""Reports of the tag itself. What people owe, and what tells of others, is in no release."""
_ALERT: Final = msgspec.json.Decoder(Alert)


class ReleasedRecords(NamedTuple):
    """What is on record of the time, as far as it may go out in this form."""

    form: ReleaseForm
    episodes: tuple[Episode, ...]
    alerts: tuple[Alert, ...]
    decisions: tuple[Decision, ...]
    contests: tuple[Contest, ...]
    orders: tuple[Order, ...]
    conditions: tuple[ConditionVersion, ...]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    about_others: int
    """Findings about an encounter with another person: counted, not shown."""

    def clean(self, text: str) -> str:
        """Return words without names of others, secret labels and what looks like an address."""
        return without_persons(cut(text, self.labels), self.names)

    def version_of(self, episode: Episode) -> ConditionVersion | None:
        """Return the version of the condition that a finding was made by."""
        return next(
            (
                each
                for each in self.conditions
                if (each.condition_id, each.version)
                == (episode.condition_id, episode.condition_version)
            ),
            None,
        )


def released_records(
    connection: Connection,
    wearer_id: WearerId,
    window: tuple[Instant, Instant],
    form: ReleaseForm,
) -> ReleasedRecords:
    """Return the records of [start, end). The caller has checked the scope and that form."""
    versions = versions_of_wearer(connection, wearer_id)
    # Any version that was secret makes the whole condition so: an older one would give it away.
    secret = {each.condition_id for each in versions if is_secret(each)}
    hidden = frozenset[ConditionId]() if form is ReleaseForm.EXPERT else frozenset(secret)
    shown = [v for v in versions if v.condition_id not in hidden]
    reaching = [each for each in episodes_of(connection, wearer_id) if _touches(each, window)]
    told = {v.condition_id for v in shown}
    episodes = [each for each in reaching if _may_go(each, told)]
    every = {each.episode_id: each for each in episodes_of(connection, wearer_id)}
    alerts = _alerts(connection, wearer_id, window, every, told)
    cases = [
        case
        for case in cases_touching(connection, wearer_id, window)
        if form is ReleaseForm.EXPERT or not _has_hidden(connection, case, every, told)
    ]
    labels = () if form is ReleaseForm.EXPERT else _labels(versions, hidden)
    return ReleasedRecords(
        form=form,
        episodes=tuple(episodes),
        alerts=tuple(alerts),
        decisions=tuple(
            one for case in cases for one in case.decisions if window[0] <= one.at < window[1]
        ),
        contests=tuple(one for case in cases for one in case.contests),
        orders=orders_of(connection, wearer_id),
        conditions=tuple(v for v in shown if not isinstance(v.terms, NoContact)),
        names=names_of(connection, wearer_id),
        labels=labels,
        about_others=sum(each.rule is RuleKind.ENCOUNTER for each in reaching),
    )


def _touches(episode: Episode, window: tuple[Instant, Instant]) -> bool:
    start, end = window
    ended = episode.left_latest is not None and episode.left_latest <= start
    return episode.entered_earliest < end and not ended


def _may_go(episode: Episode, told: set[ConditionId]) -> bool:
    if episode.rule is RuleKind.ENCOUNTER:
        return False
    if episode.condition_id is None:
        return episode.rule in (RuleKind.TAMPER, RuleKind.BATTERY, RuleKind.COMMS)
    return episode.condition_id in told


def _alerts(
    connection: Connection,
    wearer_id: WearerId,
    window: tuple[Instant, Instant],
    episodes: dict[EpisodeId, Episode],
    told: set[ConditionId],
) -> list[Alert]:
    column = schema.alert.c
    kinds = [kind.value for kind in (*_PLACED, *OF_THE_TAG)]
    query = select(column.body).where(column.wearer_id == wearer_id, column.kind.in_(kinds))
    alerts = map(_ALERT.decode, connection.scalars(query.order_by(column.raised_at)))
    return [
        each
        for each in alerts
        if window[0] <= each.happened_at < window[1] and _may_show(each, episodes, told)
    ]


def _may_show(alert: Alert, episodes: dict[EpisodeId, Episode], told: set[ConditionId]) -> bool:
    if alert.kind in OF_THE_TAG:
        return True
    # Of a place of which it is not known which one it is, nothing is known to be harmless.
    episode = None if alert.episode_id is None else episodes.get(alert.episode_id)
    return episode is not None and episode.condition_id in told


def _has_hidden(
    connection: Connection, case: Case, episodes: dict[EpisodeId, Episode], told: set[ConditionId]
) -> bool:
    column = schema.alert.c
    bodies = connection.scalars(select(column.body).where(column.alert_id.in_(case.alerts)))
    return any(not _may_show(each, episodes, told) for each in map(_ALERT.decode, bodies))


def _labels(versions: Sequence[ConditionVersion], hidden: Iterable[ConditionId]) -> tuple[str, ...]:
    secret = set(hidden)
    return tuple(sorted({v.terms.label for v in versions if v.condition_id in secret}))
