"""The Monday list: a practitioner's wearers, own and covered, by what changed in the last week.

It says what is on record and never what anybody meant by it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, or_, select

from tagwatch.access.scope import caseload
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.case import Case, CaseState
from tagwatch.core.episode import Episode
from tagwatch.core.exemption import Exemption
from tagwatch.core.ids import WearerId
from tagwatch.core.order import ConditionVersion, Curfew, NoContact, Order, Terms
from tagwatch.core.outcome import AlertState, Finding, Phase, RuleKind
from tagwatch.core.person import Activation, Wearer
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.query.reader import Reader
from tagwatch.query.reviews import overdue_about
from tagwatch.store import schema
from tagwatch.store.archive.parts import recent
from tagwatch.store.exemptions import load_exemptions_of

WEEK: Final = 7 * DAY
MOST: Final = 300
MOST_EPISODES: Final = 5000
HOURS_UNSEEN_LEAST: Final = 3
"""Fewer hours without a fix in a week are no line of their own."""


class ChangeKind(StrEnum):
    """What changed, in the order in which rows are sorted."""

    CONFIRMED = "confirmed"
    TAG_REPORT = "tag_report"
    TASK_OVERDUE = "task_overdue"
    CONTEST = "contest"
    UNSIGNED = "unsigned"
    REVIEW_OVERDUE = "review_overdue"
    """Of a risk plan; the next one: of an order, a restricted case, a legal hold."""
    STANDS_OVERDUE = "stands_overdue"
    POSSIBLE = "possible"
    APPROACH = "approach"
    """In the ring around a zone: a warning, and no breach."""
    BEFORE_TOLD = "before_told"
    """He had not been told of the condition: nothing is held against him."""
    UNDETERMINED = "undetermined"
    DECIDED = "decided"
    TASK_DUE = "task_due"
    EXEMPTION_ENDS = "exemption_ends"
    EXEMPTION = "exemption"
    ORDER = "order"
    CONDITION = "condition"
    SILENT = "silent"
    UNSEEN = "unseen"
    WITHDRAWN = "withdrawn"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that changed, or is due."""

    kind: ChangeKind
    at: Instant
    """When it last did, or is due."""
    count: int = 1
    about: str = ""
    """The alert, case or condition the newest of them is about; empty: see the wearer."""
    words: str = ""
    """Code of what it is: kind of decision, cause of an exemption, kinds of alert …"""
    hours: int = 0
    """Of `unseen`: hours of the week in which a tag was on; `count` of them had no fix."""


class MondayRow(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer and what changed, the gravest first; nothing changed: no changes."""

    wearer: Wearer
    changes: tuple[Change, ...]
    is_covered: bool
    """He is in the caseload of an officer on leave."""


class MondayList(msgspec.Struct, frozen=True, kw_only=True):
    """The caseload, those first for whom the gravest changed; without change last."""

    since: Instant
    until: Instant
    rows: tuple[MondayRow, ...]
    more: bool


class _Asked(NamedTuple):
    connection: Connection
    ids: Sequence[str]
    since: Instant
    now: Instant

    def bodies(self, table: Any, kind: type[Any], *conditions: Any) -> Iterator[Any]:
        query = select(table.c.body).where(table.c.wearer_id.in_(self.ids), *conditions)
        decoder = msgspec.json.Decoder(kind)
        return (decoder.decode(body) for body in self.connection.scalars(query))


_Found = defaultdict[WearerId, list[Change]]
_OF_FINDING: Final = {
    Finding.CONFIRMED: ChangeKind.CONFIRMED,
    Finding.POSSIBLE: ChangeKind.POSSIBLE,
    Finding.UNDETERMINED: ChangeKind.UNDETERMINED,
    Finding.WITHDRAWN: ChangeKind.WITHDRAWN,
}
_PLACE: Final = frozenset({RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW, RuleKind.ENCOUNTER})
_OF_ALERT: Final = {
    AlertKind.STRAP: ChangeKind.TAG_REPORT,
    AlertKind.CASE: ChangeKind.TAG_REPORT,
    AlertKind.NOT_WORN: ChangeKind.TAG_REPORT,
    AlertKind.POWER_OFF: ChangeKind.TAG_REPORT,
    AlertKind.ALARM: ChangeKind.TAG_REPORT,
    AlertKind.NO_COMMS: ChangeKind.SILENT,
    AlertKind.NO_LOCATION: ChangeKind.SILENT,
    AlertKind.CURFEW_UNSEEN: ChangeKind.SILENT,
    AlertKind.JAMMING_SIGNS: ChangeKind.SILENT,
}
_ORDER: Final = {kind: number for number, kind in enumerate(ChangeKind)}


def monday_list(reader: Reader) -> MondayList:
    """Return the reader's caseload by what changed in the seven days to now. On the audit."""
    now = reader.now()
    since = Instant(now - WEEK)
    with reader.connection() as connection:
        column = schema.wearer.c
        bodies = connection.scalars(
            select(column.body)
            .where(caseload(reader.actor, now), reader.scope.condition())
            .order_by(column.name, column.wearer_id)
            .limit(MOST + 1)
        ).all()
        wearers = [msgspec.json.decode(body, type=Wearer) for body in bodies[:MOST]]
        asked = _Asked(connection, [wearer.wearer_id for wearer in wearers], since, now)
        found: _Found = defaultdict(list)
        for look in (_episodes, _alerts, _cases, _reviews, _exemptions, _register, _unseen):
            look(asked, found)
        for late in overdue_about(reader, connection, asked.ids):
            found[late.wearer_id].append(
                Change(
                    kind=ChangeKind.STANDS_OVERDUE,
                    at=late.due_at if late.since else now,
                    about=late.about,
                    words=late.what.value,
                )
            )
    rows = [
        MondayRow(
            wearer=wearer,
            changes=tuple(sorted(found[wearer.wearer_id], key=lambda c: (_ORDER[c.kind], c.at))),
            is_covered=wearer.officer != reader.actor.account_id,
        )
        for wearer in wearers
    ]
    rows.sort(key=_urgency)
    reader.consulted("monday", [row.wearer.wearer_id for row in rows])
    return MondayList(since=since, until=now, rows=tuple(rows), more=len(bodies) > MOST)


def _urgency(row: MondayRow) -> tuple[int, ...]:
    """Return by what rows are sorted: the gravest change, then how many, then the next gravest."""
    first = [_ORDER[change.kind] for change in row.changes]
    return (first[0], -row.changes[0].count, *first[1:]) if first else (len(_ORDER),)


def _episodes(asked: _Asked, found: _Found) -> None:
    """Findings about places, by finding; each leads to its newest alert."""
    table = schema.episode
    recent = or_(table.c.entered_at >= asked.since, table.c.left_at >= asked.since)
    is_open = table.c.phase == Phase.OPEN.value
    query = (
        select(table.c.body, schema.alert.c.alert_id)
        .outerjoin(schema.alert, schema.alert.c.episode_id == table.c.episode_id)
        .where(table.c.wearer_id.in_(asked.ids), or_(recent, is_open))
        .order_by(table.c.entered_at)
        .limit(MOST_EPISODES)
    )
    grouped: dict[tuple[WearerId, ChangeKind], list[tuple[Episode, str]]] = defaultdict(list)
    seen: set[str] = set()
    for row in asked.connection.execute(query):
        each = msgspec.json.decode(row.body, type=Episode)
        if each.rule in _PLACE and each.merged_into is None and each.episode_id not in seen:
            seen.add(each.episode_id)
            grouped[each.wearer_id, _of_episode(each)].append((each, row.alert_id or ""))
    for (wearer, kind), several in grouped.items():
        newest, alert = several[-1]
        at, count = newest.entered_earliest, len(several)
        found[wearer].append(Change(kind=kind, at=at, count=count, about=alert))


def _of_episode(episode: Episode) -> ChangeKind:
    if episode.finding in (Finding.CONFIRMED, Finding.POSSIBLE):
        if episode.rule is RuleKind.APPROACH:
            return ChangeKind.APPROACH
        if episode.before_told:
            return ChangeKind.BEFORE_TOLD
    return _OF_FINDING[episode.finding]


def _alerts(asked: _Asked, found: _Found) -> None:
    """What tags reported of themselves, and when they were silent or not seen."""
    column = schema.alert.c
    lately = or_(column.raised_at >= asked.since, column.state != AlertState.CLOSED.value)
    kinds = [kind.value for kind in _OF_ALERT]
    grouped: dict[tuple[WearerId, ChangeKind], list[Alert]] = defaultdict(list)
    for alert in asked.bodies(schema.alert, Alert, lately, column.kind.in_(kinds)):
        grouped[alert.wearer_id, _OF_ALERT[alert.kind]].append(alert)
    for (wearer, kind), several in grouped.items():
        newest = max(several, key=lambda alert: (alert.happened_at, alert.alert_id))
        found[wearer].append(
            Change(
                kind=kind,
                at=newest.happened_at,
                count=len(several),
                about=newest.alert_id,
                words=newest.kind.value,
            )
        )


def _cases(asked: _Asked, found: _Found) -> None:
    """Decisions and tasks; what waits for a second person or for an answer."""
    for case in asked.bodies(schema.case_record, Case):
        found[case.wearer_id] += _of_case(case, asked)


def _of_case(case: Case, asked: _Asked) -> Iterator[Change]:
    name = case.case_id
    is_open = case.state is not CaseState.CLOSED
    for decision in case.decisions:
        words = decision.kind.value
        if is_open and decision.waits:
            yield Change(kind=ChangeKind.UNSIGNED, at=decision.at, about=name, words=words)
        elif decision.at >= asked.since:
            yield Change(kind=ChangeKind.DECIDED, at=decision.at, about=name, words=words)
    if not is_open:
        return
    for task in case.tasks:
        if task.done_at is None and task.due_at < asked.now + WEEK:
            late = task.due_at <= asked.now
            kind = ChangeKind.TASK_OVERDUE if late else ChangeKind.TASK_DUE
            yield Change(kind=kind, at=task.due_at, about=name, words=task.words)
    for contest in case.contests:
        if contest.answered_at is None:
            yield Change(kind=ChangeKind.CONTEST, at=contest.at, about=name)


def _reviews(asked: _Asked, found: _Found) -> None:
    """Risk plans whose review is overdue."""
    column = schema.risk_plan.c
    query = select(column.wearer_id, column.review_at).where(
        column.wearer_id.in_(asked.ids), column.review_at <= asked.now
    )
    for row in asked.connection.execute(query):
        found[row.wearer_id].append(Change(kind=ChangeKind.REVIEW_OVERDUE, at=row.review_at))


def _exemptions(asked: _Asked, found: _Found) -> None:
    """Absences, permissions and states that began, ended, or are about to end."""
    held = load_exemptions_of(asked.connection, [WearerId(name) for name in asked.ids])
    for name in asked.ids:
        for each in held.of(WearerId(name)):
            if not each.withdrawn and (change := _of_exemption(each, asked)) is not None:
                found[each.wearer_id].append(change)


def _of_exemption(each: Exemption, asked: _Asked) -> Change | None:
    cause, about = each.cause.value, each.exemption_id
    ends = each.ends_at
    if ends is not None and each.starts_at <= asked.now < ends <= asked.now + WEEK:
        return Change(kind=ChangeKind.EXEMPTION_ENDS, at=ends, about=about, words=cause)
    if ends is not None and asked.since <= ends <= asked.now:
        return Change(kind=ChangeKind.EXEMPTION, at=ends, about=about, words=f"{cause} ended")
    if asked.since <= each.starts_at <= asked.now:
        return Change(kind=ChangeKind.EXEMPTION, at=each.starts_at, about=about, words=cause)
    return None


def _register(asked: _Asked, found: _Found) -> None:
    """Versions of orders, zones and curfews recorded in the week; of each the newest."""
    orders: dict[str, Order] = {}
    for order in asked.bodies(schema.order_version, Order):
        if order.recorded_at is not None and asked.since <= order.recorded_at <= asked.now:
            held = orders.get(order.order_id)
            if held is None or held.version < order.version:
                orders[order.order_id] = order
    for order in orders.values():
        if order.recorded_at is not None:
            found[order.wearer_id].append(
                Change(
                    kind=ChangeKind.ORDER,
                    at=order.recorded_at,
                    about=order.order_id,
                    count=order.version,
                    words=order.varied,
                )
            )
    newest: dict[str, ConditionVersion] = {}
    for version in asked.bodies(schema.condition, ConditionVersion):
        if asked.since <= version.recorded_at <= asked.now:
            last = newest.get(version.condition_id)
            if last is None or last.version < version.version:
                newest[version.condition_id] = version
    for version in newest.values():
        found[version.wearer_id].append(
            Change(
                kind=ChangeKind.CONDITION,
                at=version.recorded_at,
                about=version.condition_id,
                count=version.version,
                words=_what(version.terms),
            )
        )


def _what(terms: Terms) -> str:
    match terms:
        case Curfew():
            return terms.demand.value
        case NoContact():
            return "no_contact"
        case _:
            return "exclusion_zone"


def _unseen(asked: _Asked, found: _Found) -> None:
    """Hours of the week in which a tag was on somebody and no fix of it came."""
    block = schema.trail_block.c
    first, last = block.first_at // HOUR, block.last_at // HOUR
    hours: dict[str, set[int]] = defaultdict(set)
    rows = asked.connection.execute(
        select(block.wearer_id, first.label("one"), last.label("other"))
        .where(
            block.wearer_id.in_(asked.ids),
            block.last_at >= asked.since,
            block.first_at < asked.now,
            recent(),
        )
        .distinct()
    )
    for row in rows:
        hours[row.wearer_id].update(range(row.one, row.other + 1))
    worn: dict[WearerId, set[int]] = defaultdict(set)
    for each in asked.bodies(schema.activation, Activation):
        start = max(each.started_at, asked.since)
        end = asked.now if each.ended_at is None else min(each.ended_at, asked.now)
        # Whole hours only: the first and the last are part of one each.
        worn[each.wearer_id].update(range(-(-start // HOUR), end // HOUR))
    for wearer, expected in worn.items():
        missing = expected - hours[wearer]
        if len(missing) >= HOURS_UNSEEN_LEAST:
            at = Instant((max(missing) + 1) * HOUR)
            many = len(missing)
            found[wearer].append(
                Change(kind=ChangeKind.UNSEEN, at=at, count=many, hours=len(expected))
            )
