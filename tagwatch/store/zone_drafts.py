"""Drawn zones that wait for a second person, and what became of each."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import WearerId, ZoneDraftId
from tagwatch.core.order import ConditionVersion
from tagwatch.core.recorded_zone import ZoneDraftDecided
from tagwatch.core.routing import Verdict
from tagwatch.core.units import Instant
from tagwatch.core.zone_draft import ZoneDraft, decide_draft, published
from tagwatch.store import schema
from tagwatch.store.writes import Writes


class ZoneDrafts:
    """Those that wait, by id; the others are in their table."""

    def __init__(self) -> None:
        self._waiting: dict[ZoneDraftId, ZoneDraft] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def hold(self, draft: ZoneDraft) -> None:
        """Keep a draft that waits."""
        self._waiting[draft.draft_id] = draft

    def waiting(self, name: ZoneDraftId) -> ZoneDraft | None:
        """Return a draft that waits, None if it is not there or was decided."""
        return self._waiting.get(name)

    def overdue(self, drawn_by: Instant) -> list[ZoneDraft]:
        """Return those that wait and were drawn by then, the oldest first."""
        late = [draft for draft in self._waiting.values() if draft.at <= drawn_by]
        return sorted(late, key=lambda draft: (draft.at, draft.draft_id))

    def drafted(self, draft: ZoneDraft, writes: Writes) -> None:
        """Take a draft in."""
        undecided = msgspec.structs.replace(draft, verdict=None)
        self.hold(undecided)
        writes.put(schema.zone_draft, _row(undecided))

    def decided(
        self, event: ZoneDraftDecided, newest: int, writes: Writes
    ) -> ConditionVersion | None:
        """Take a decision in; return the version that is in force by it, if any.

        What two people have not agreed on is counted and changes nothing.
        """
        found = self._waiting.get(event.draft_id)
        try:
            if found is None:
                raise ValueError("no such draft waits")
            after = decide_draft(found, event.verdict, event.by, event.at, newest, event.words)
        except ValueError:
            writes.count("zone_decisions_refused")
            return None
        del self._waiting[event.draft_id]
        writes.put(schema.zone_draft, _row(after))
        return published(after) if event.verdict is Verdict.APPROVED else None


def load_zone_drafts(connection: Connection) -> ZoneDrafts:
    """Return what the projections hold."""
    found = ZoneDrafts()
    table = schema.zone_draft.c
    for body in connection.scalars(select(table.body).where(table.state == "waiting")):
        found.hold(msgspec.json.decode(body, type=ZoneDraft))
    return found


def drafts_of(connection: Connection, wearers: list[WearerId] | None) -> list[ZoneDraft]:
    """Return the drafts of these wearers (None: of all) that wait, the oldest first."""
    table = schema.zone_draft.c
    query = select(table.body).where(table.state == "waiting").order_by(table.at, table.draft_id)
    if wearers is not None:
        query = query.where(table.wearer_id.in_(wearers))
    return [msgspec.json.decode(body, type=ZoneDraft) for body in connection.scalars(query)]


def draft_of_zone(connection: Connection, name: ZoneDraftId) -> ZoneDraft | None:
    """Return one draft, waiting or decided."""
    table = schema.zone_draft.c
    body = connection.scalar(select(table.body).where(table.draft_id == name))
    return None if body is None else msgspec.json.decode(body, type=ZoneDraft)


def _row(draft: ZoneDraft) -> dict[str, object]:
    return {
        "draft_id": draft.draft_id,
        "condition_id": draft.condition.condition_id,
        "wearer_id": draft.condition.wearer_id,
        "state": "waiting" if draft.verdict is None else draft.verdict.value,
        "at": draft.at,
        "body": msgspec.json.encode(draft).decode(),
    }
