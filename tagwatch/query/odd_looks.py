"""Which looks at records should another person ask about, and what came of asking?

Read off the audit of the web process; that somebody asked is a line of that audit too.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, func, or_, select

from tagwatch.access.actor import Actor
from tagwatch.access.audit import (
    Act,
    AnswerAudit,
    AuditLine,
    AuditTrail,
    Outcome,
    audit_line,
    line_of,
    open_reader,
    streams,
)
from tagwatch.access.audit_index import newest_line
from tagwatch.access.sign_in import SignIn
from tagwatch.access.ties import known_to
from tagwatch.config import Config
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.odd_looks import Audited, Known, Look, Looker, OddLook, odd_looks
from tagwatch.core.outcome import AlertState
from tagwatch.core.person import Wearer
from tagwatch.core.units import DAY, Instant
from tagwatch.store import schema
from tagwatch.store.database import reading

STREAM: Final = "web"
DAYS: Final = (1, 7, 30)
OVERDUE: Final = 7 * DAY
"""A matter that nobody has asked about for so long is overdue."""
MOST_READ: Final = 100_000
WORDS_MOST: Final = 500
REVIEWED: Final = "review_odd_look"
_CHUNK: Final = 2_000
_OWN: Final = frozenset({"audit", "audit_line", "audit_export", "odd_looks", REVIEWED})
_WEARER: Final = msgspec.json.Decoder(Wearer)


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody asked, and says what he makes of it."""

    at: Instant
    by: AccountId
    words: str


class OddRow(msgspec.Struct, frozen=True, kw_only=True):
    """A matter and what came of it. It is open until a review that is later than its last look."""

    odd: OddLook
    review: Review | None
    is_open: bool
    is_overdue: bool


class OddFound(NamedTuple):
    """What the rules found, and what came of asking, by the matter's id."""

    odd: tuple[OddLook, ...]
    reviews: dict[str, Review]
    lines: int
    complete: bool


class OddList(msgspec.Struct, frozen=True, kw_only=True):
    """What should be asked about, the open ones first."""

    at: Instant
    days: int
    rows: tuple[OddRow, ...]
    lines: int
    """Lines of the audit that were read."""
    complete: bool
    """False: older lines of these days were not read, as there are too many."""


def odd_list(
    config: Config,
    engine: Engine,
    sign_in: SignIn,
    trail: AuditTrail | AnswerAudit,
    actor: Actor,
    at: Instant,
    days: int,
) -> OddList:
    """Return the matters of the last days, the reader's own left out. On the audit."""
    found = odd_found(config, engine, sign_in, at, days)
    rows = [
        _row(one, found.reviews.get(one.odd_id), at)
        for one in found.odd
        if one.by != actor.account_id
    ]
    line = line_of(actor, at, Act.CONSULTATION, "odd_looks")
    names = tuple(row.odd.odd_id for row in rows)
    trail.record(msgspec.structs.replace(line, ids=names, detail=f"{days} days"))
    rows.sort(key=lambda row: not row.is_open)
    return OddList(at=at, days=days, rows=tuple(rows), lines=found.lines, complete=found.complete)


def odd_found(config: Config, engine: Engine, sign_in: SignIn, at: Instant, days: int) -> OddFound:
    """Return the matters of the last days, everybody's. Whoever asks says so on the audit."""
    lines, complete = _lines(config, Instant(at - days * DAY))
    looks = [_look(seq, line) for seq, line in lines if line.question not in _OWN]
    return OddFound(
        odd=odd_looks(_audited(engine, sign_in, looks, at)),
        reviews=_reviews(line for _, line in lines),
        lines=len(lines),
        complete=complete,
    )


def review_odd(
    trail: AuditTrail | AnswerAudit,
    actor: Actor,
    at: Instant,
    found: OddList,
    odd_id: str,
    words: str,
) -> str:
    """Put on the audit that somebody asked about a matter of `found`; returns what is wrong, ''."""
    text = words.strip()
    if odd_id not in {row.odd.odd_id for row in found.rows}:
        return (
            "This matter is not in the list any more, or it is your own: somebody else reviews it"
        )
    if not 10 <= len(text) <= WORDS_MOST:
        return f"Say whom you asked and what came of it, in 10 to {WORDS_MOST} characters"
    line = line_of(actor, at, Act.ALTERATION, REVIEWED)
    trail.record(msgspec.structs.replace(line, ids=(odd_id,), detail=text))
    return ""


def _lines(config: Config, since: Instant) -> tuple[list[tuple[int, AuditLine]], bool]:
    """Return the lines since then, the oldest first, and whether these are all."""
    if STREAM not in streams(config):
        return [], True
    reader = open_reader(config, STREAM)
    found: list[tuple[int, AuditLine]] = []
    try:
        high = newest_line(reader)
        while high > 0 and len(found) < MOST_READ:
            low = max(0, high - _CHUNK)
            for record in reversed(reader.read(low, high, most=_CHUNK)):
                if record.received_at < since:
                    return found[::-1], True
                line = audit_line(record)
                if line is not None:
                    found.append((record.seq, line))
            high = low
    finally:
        reader.close()
    return found[::-1], high <= 0


def _look(seq: int, line: AuditLine) -> Look:
    return Look(
        line=seq,
        at=line.at,
        by=AccountId(line.by),
        role=line.role,
        question=line.question,
        wearers=tuple(WearerId(each) for each in line.ids),
        refused=line.outcome is Outcome.REFUSED,
        handed_out=line.act is Act.DISCLOSURE,
        words=line.purpose_words,
    )


def _audited(engine: Engine, sign_in: SignIn, looks: list[Look], at: Instant) -> Audited:
    """Join the looks with the register: whose records they were about, and who they are."""
    row = schema.wearer.c
    with reading(engine) as connection:
        wearers = [_WEARER.decode(body) for body in connection.scalars(select(row.body))]
        about = _alerts_of(connection, {each for look in looks for each in look.wearers})
        deputies = _deputies(connection, at)
        alerts = _alerted(connection, Instant(looks[0].at - DAY) if looks else at, at)
    known = {
        one.wearer_id: Known(
            _surname(one.name),
            frozenset(filter(None, (one.officer, *deputies.get(one.officer, ())))),
        )
        for one in wearers
    }
    joined = [look._replace(wearers=_people(look, about, known)) for look in looks]
    by = {look.by for look in looks}
    numbers = {
        one.wearer_id: [n for n in (one.wearer_id, one.crn, one.nomis_id, one.pnc_ref) if n]
        for one in wearers
    }
    knows = known_to(sign_in, by, numbers)
    names = sign_in.names(by - {""})
    lookers = {one: Looker(_surname(names.get(one, "")), knows.get(one, frozenset())) for one in by}
    return Audited(joined, lookers, known, alerts)


def _people(
    look: Look, about: dict[str, WearerId], known: dict[WearerId, Known]
) -> tuple[WearerId, ...]:
    named = {about.get(each, each) for each in look.wearers}
    return tuple(sorted(WearerId(each) for each in named if each in known))


def _alerts_of(connection: Connection, ids: set[WearerId]) -> dict[str, WearerId]:
    """Return whose alerts these are, by alert."""
    column = schema.alert.c
    names = [each for each in ids if each.startswith("al_")]
    found: dict[str, WearerId] = {}
    for first in range(0, len(names), 500):
        query = select(column.alert_id, column.wearer_id).where(
            column.alert_id.in_(names[first : first + 500]), column.wearer_id.is_not(None)
        )
        found |= {row.alert_id: WearerId(row.wearer_id) for row in connection.execute(query)}
    return found


def _alerted(
    connection: Connection, since: Instant, at: Instant
) -> dict[WearerId, list[tuple[Instant, Instant]]]:
    """Return when wearers had an alert that was open after `since`."""
    alert = schema.alert.c
    closed_at = func.json_extract(alert.body, "$.closed_at").label("closed_at")
    recent = or_(alert.state != AlertState.CLOSED.value, alert.raised_at >= since - DAYS[-1] * DAY)
    query = select(alert.wearer_id, alert.raised_at, closed_at).where(
        alert.wearer_id.is_not(None), recent
    )
    found: dict[WearerId, list[tuple[Instant, Instant]]] = {}
    for row in connection.execute(query):
        until = Instant(row.closed_at) if row.closed_at else at
        if until >= since:
            found.setdefault(WearerId(row.wearer_id), []).append((row.raised_at, until))
    return found


def _deputies(connection: Connection, at: Instant) -> dict[AccountId | None, set[AccountId]]:
    """Return who stood in for each officer within the last days."""
    column = schema.officer_leave.c
    query = select(column.officer, column.deputy).where(column.until > at - DAYS[-1] * DAY)
    found: dict[AccountId | None, set[AccountId]] = {}
    for row in connection.execute(query):
        found.setdefault(AccountId(row.officer), set()).add(AccountId(row.deputy))
    return found


def _reviews(lines: Iterable[AuditLine]) -> dict[str, Review]:
    """Return the latest review of each matter."""
    found: dict[str, Review] = {}
    for line in lines:
        if line.question == REVIEWED:
            said = Review(at=line.at, by=AccountId(line.by), words=line.detail)
            found |= dict.fromkeys(line.ids, said)
    return found


def _row(odd: OddLook, review: Review | None, at: Instant) -> OddRow:
    is_open = review is None or review.at < odd.last_at
    overdue = is_open and at - odd.last_at > OVERDUE
    return OddRow(odd=odd, review=review, is_open=is_open, is_overdue=overdue)


def _surname(name: str) -> str:
    """Return the last word of a name, as it is compared."""
    return name.rsplit(maxsplit=1)[-1].casefold() if name.strip() else ""
