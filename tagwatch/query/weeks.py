"""The team's digest: everybody's week in a line, those first whose week differs most from his own
past."""

from collections import defaultdict
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.scope import may_see_secrets
from tagwatch.config import Config
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.person import Contact, Wearer, reaches
from tagwatch.query.reader import Reader
from tagwatch.report.week.overview import DigestRow
from tagwatch.report.week.rights import row_without
from tagwatch.store import schema
from tagwatch.store.overviews import Overviews
from tagwatch.store.weeks import WeekMade, last_week_made, wants_week_notice, week_made

PAGE: Final = 50
MOST: Final = 50_000
"""Rows of one digest."""
_ROW: Final = msgspec.json.Decoder(DigestRow)


class WeekRow(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer's week."""

    wearer: Wearer
    row: DigestRow

    @property
    def surprise(self) -> float:
        """How rare the rarest of what changed is in his own past."""
        return max((said.surprise for said in self.row.changed), default=0.0)

    @property
    def observed(self) -> float | None:
        """Share of the time that was observed while a tag was on; None: none was."""
        on_s = self.row.observed_s + self.row.unobserved_s
        return self.row.observed_s / on_s if on_s else None


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """A page of it, within the reader's scope."""

    monday: str
    made: WeekMade | None
    """That it was made, as the journal has it; None: it is not on record (yet)."""
    rows: tuple[WeekRow, ...]
    total: int
    page: int
    pages: int
    mondays: tuple[str, ...]
    """Weeks there are, the latest first."""


def digest(reader: Reader, config: Config, monday: str, page: int) -> Digest:
    """Return a page of a week's digest; `monday` empty is the latest, page 0 is all of it. Audits.

    A week that was not made has no rows.
    """
    kept = Overviews(config.overviews_folder)
    mondays = tuple(kept.mondays())
    chosen = monday or (mondays[0] if mondays else "")
    lines = (kept.digest(chosen) or b"").splitlines()[:MOST] if chosen in mondays else []
    rows = [_ROW.decode(line) for line in lines]
    with reader.connection() as connection:
        made = week_made(connection, chosen)
        found = _within_scope(reader, connection, rows)
    found.sort(key=lambda each: (-each.surprise, each.wearer.name, each.wearer.wearer_id))
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(1, page), pages)
    shown = found if page == 0 else found[(number - 1) * PAGE : number * PAGE]
    named = [each.wearer.wearer_id for each in shown]
    if page == 0:  # it leaves as a file
        reader.disclosing("weeks", named, chosen)
    else:
        reader.consulted("weeks", named, chosen)
    return Digest(
        monday=chosen,
        made=made,
        rows=tuple(shown),
        total=len(found),
        page=number,
        pages=pages,
        mondays=mondays[:12],
    )


class WeekNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the reader is told when the week's overviews are ready."""

    wanted: bool
    reached: bool
    """False: no contact in use leads to this account, so no message can."""


def week_notice(reader: Reader) -> WeekNotice:
    """Return what the reader chose. It names nobody."""
    account = reader.actor.account_id
    with reader.connection() as connection:
        wanting = wants_week_notice(connection)
        contacts = connection.scalars(select(schema.contact.c.body))
        reached = any(
            reaches(msgspec.json.decode(each, type=Contact), {account}) for each in contacts
        )
    return WeekNotice(wanted=account in wanting, reached=reached)


def latest_digest(reader: Reader) -> WeekMade | None:
    """Return of which week overviews were made last; it names nobody."""
    with reader.connection() as connection:
        return last_week_made(connection)


def _within_scope(reader: Reader, connection: Connection, rows: list[DigestRow]) -> list[WeekRow]:
    """Return the rows of wearers within scope, each without what this reader may not know."""
    column = schema.wearer.c
    bodies = connection.scalars(select(column.body).where(reader.scope.condition()))
    wearers = {w.wearer_id: w for w in (msgspec.json.decode(b, type=Wearer) for b in bodies)}
    secrets = _secrets(reader, connection)
    found: list[WeekRow] = []
    for row in rows:
        wearer = wearers.get(row.wearer_id)
        if wearer is None:
            continue
        hidden = secrets.get(row.wearer_id, set())
        if hidden and may_see_secrets(reader.actor, wearer):
            hidden = set[ConditionId]()
        found.append(WeekRow(wearer=wearer, row=row_without(row, hidden)))
    return found


def _secrets(reader: Reader, connection: Connection) -> dict[WearerId, set[ConditionId]]:
    column = schema.condition.c
    query = select(column.wearer_id, column.condition_id).where(
        column.knowledge == ZoneKnowledge.SECRET.value,
        column.wearer_id.in_(reader.scope.wearer_ids()),
    )
    found: dict[WearerId, set[ConditionId]] = defaultdict(set)
    for wearer, condition in connection.execute(query):
        found[wearer].add(condition)
    return found
