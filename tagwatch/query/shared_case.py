"""What a partner is given of a case: the fields of its share, and nothing beside them.

Nothing here reads a fix or a place. What concerns a place the wearer was not told of is left out
whole, counts too; protected persons' names and what looks like an address go out of every text.
"""

from collections import Counter
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.config import Config
from tagwatch.core.alert import Alert
from tagwatch.core.case import Case, Decision
from tagwatch.core.case_share import CaseShare, ShareField
from tagwatch.core.ids import ConditionId, ShareId
from tagwatch.core.order import ConditionVersion, ExclusionZone, Order, ZoneKnowledge
from tagwatch.core.person import Wearer
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.core.units import DAY, Instant
from tagwatch.core.withheld import PLACE, without_persons
from tagwatch.query.breach_pack import names_of
from tagwatch.query.reader import Reader
from tagwatch.query.wearer import orders_of
from tagwatch.query.week import kept_overview
from tagwatch.report.week.facts import WEEK, last_week, week_from
from tagwatch.report.week.overview import Overview
from tagwatch.report.week.rights import without
from tagwatch.store import schema
from tagwatch.store.overviews import Overviews
from tagwatch.store.shares import share_of

WEEKS: Final = 4
_PLACED: Final = frozenset({"zone", "approach"})


class SharedCase(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one share at one moment; what is not shared is empty or None."""

    share: CaseShare
    as_of: Instant
    wearer: Wearer | None = None
    orders: tuple[Order, ...] = ()
    conditions: tuple[ConditionVersion, ...] = ()
    """Those he was told of, the newest version of each."""
    plan: RiskPlan | None = None
    alerts: tuple[tuple[str, str, int], ...] = ()
    """Kind, finding, how many."""
    decisions: tuple[Decision, ...] = ()
    weeks: tuple[Overview, ...] = ()
    """The newest first, without what concerns a secret place."""
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def clean(self, text: str) -> str:
        """Return text without protected persons, addresses, and labels of any place."""
        for label in self.labels:
            text = text.replace(label, PLACE)
        return without_persons(text, self.names)


def shared_case(reader: Reader, config: Config, share_id: ShareId) -> SharedCase:
    """Return what a share gives now, to a reader whose scope is that share alone.

    Raises NotFound for one that is unknown, another agency's, ended or expired: all alike.
    """
    with reader.connection() as connection:
        share = share_of(connection, share_id)
        if share is None:
            reader.refuse("shared_case", [share_id], "unknown")
        wearer = reader.wearer(connection, share.wearer_id, "shared_case")
        versions = _versions(connection, wearer)
        secret = {each.condition_id for each in versions if _is_secret(each)}
        now = reader.now()
        facts = SharedCase(
            share=share,
            as_of=now,
            names=names_of(connection, wearer.wearer_id),
            labels=tuple(sorted({each.terms.label for each in versions if each.terms.label})),
        )
        found = _Asked(connection, share, wearer, now)
        given: dict[str, object] = {}
        if ShareField.WHO in share.fields:
            given["wearer"] = wearer
        if ShareField.ORDER in share.fields:
            given["orders"] = orders_of(connection, wearer.wearer_id)
            given["conditions"] = _told(versions, secret, now)
        if ShareField.PLAN in share.fields:
            given["plan"] = found.plan()
        if ShareField.ALERTS in share.fields:
            given["alerts"] = found.alerts(secret)
        if ShareField.DECISIONS in share.fields:
            given["decisions"] = found.decisions()
        if ShareField.WEEKS in share.fields:
            given["weeks"] = found.weeks(config, secret)
    return msgspec.structs.replace(facts, **given)


class _Asked:
    """Reads of one wearer whom the share reaches."""

    def __init__(
        self, connection: Connection, share: CaseShare, wearer: Wearer, now: Instant
    ) -> None:
        self._connection, self._share, self._wearer, self._now = connection, share, wearer, now

    def plan(self) -> RiskPlan | None:
        column = schema.risk_plan.c
        body = self._connection.scalar(
            select(column.body).where(column.wearer_id == self._wearer.wearer_id)
        )
        return None if body is None else msgspec.json.decode(body, type=RiskPlan)

    def alerts(self, secret: set[ConditionId]) -> tuple[tuple[str, str, int], ...]:
        """Return how many alerts of each kind and finding were raised in the last days; of a place
        he was not told of, or of one that is not known, none."""
        alert, episode = schema.alert.c, schema.episode.c
        rows = self._connection.execute(
            select(alert.body, episode.condition_id)
            .outerjoin(schema.episode, episode.episode_id == alert.episode_id)
            .where(
                alert.wearer_id == self._wearer.wearer_id,
                alert.raised_at >= self._now - self._share.alert_days * DAY,
            )
        )
        counted: Counter[tuple[str, str]] = Counter()
        for row in rows:
            found = msgspec.json.decode(row.body, type=Alert)
            placed = found.rule is not None and found.rule.value in _PLACED
            if row.condition_id in secret or (placed and row.condition_id is None):
                continue
            counted[found.kind.value, found.finding.value] += 1
        return tuple((kind, finding, many) for (kind, finding), many in sorted(counted.items()))

    def decisions(self) -> tuple[Decision, ...]:
        column = schema.case_record.c
        query = select(column.body).where(column.wearer_id == self._wearer.wearer_id)
        if self._share.case_id is not None:
            query = query.where(column.case_id == self._share.case_id)
        cases = [msgspec.json.decode(b, type=Case) for b in self._connection.scalars(query)]
        found = [each for case in cases for each in case.decisions]
        return tuple(sorted(found, key=lambda each: (-each.at, each.decision_id)))

    def weeks(self, config: Config, secret: set[ConditionId]) -> tuple[Overview, ...]:
        kept = Overviews(config.overviews_folder)
        newest = last_week(self._now)
        mondays = [newest - n * WEEK for n in range(WEEKS)]
        read = (kept_overview(kept, self._wearer.wearer_id, week_from(each)) for each in mondays)
        return tuple(without(each, secret) for each in read if each is not None)


def _versions(connection: Connection, wearer: Wearer) -> list[ConditionVersion]:
    row = schema.condition.c
    bodies = connection.scalars(
        select(row.body)
        .where(row.wearer_id == wearer.wearer_id)
        .order_by(row.condition_id, row.version)
    )
    return [msgspec.json.decode(body, type=ConditionVersion) for body in bodies]


def _is_secret(version: ConditionVersion) -> bool:
    terms = version.terms
    return isinstance(terms, ExclusionZone) and terms.knowledge is ZoneKnowledge.SECRET


def _told(
    versions: list[ConditionVersion], secret: set[ConditionId], now: Instant
) -> tuple[ConditionVersion, ...]:
    """Return the newest version of each condition he was told of, while it is not over."""
    newest = {each.condition_id: each for each in versions}
    return tuple(
        each
        for each in newest.values()
        if each.condition_id not in secret
        and each.told_at is not None
        and (each.valid_until is None or each.valid_until > now)
    )
