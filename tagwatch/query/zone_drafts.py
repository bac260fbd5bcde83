"""Drawn secret zones that wait for a second person, as each reader may see them."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from tagwatch.access.scope import may_see_zone
from tagwatch.core.ids import ConditionId
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.core.zone_draft import ZoneDraft
from tagwatch.query.alert import zone_shape
from tagwatch.query.reader import Reader
from tagwatch.store.zone_drafts import drafts_of


class DraftView(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that waits. `draft` and `shape` are None for whoever may not see where it lies."""

    draft_id: str
    condition_id: ConditionId
    wearer: Wearer
    is_new: bool
    at: Instant
    by: str
    draft: ZoneDraft | None
    shape: dict[str, Any] | None
    may_publish: bool
    """The reader may see it and has not drawn it himself."""
    is_own: bool


def zone_drafts(reader: Reader) -> tuple[DraftView, ...]:
    """Return all drafts within scope that wait, the oldest first; on the audit."""
    with reader.connection() as connection:
        drafts = drafts_of(connection, None)
        wearers = reader.wearers(connection, [d.condition.wearer_id for d in drafts])
        found = tuple(
            _seen(reader, wearers[draft.condition.wearer_id], draft)
            for draft in drafts
            if draft.condition.wearer_id in wearers
        )
    reader.consulted("zone_drafts", [view.draft_id for view in found])
    return found


def drafts_about(reader: Reader, connection: Connection, wearer: Wearer) -> tuple[DraftView, ...]:
    """Return the drafts of a wearer that wait. The caller has checked the scope."""
    drafts = drafts_of(connection, [wearer.wearer_id])
    return tuple(_seen(reader, wearer, draft) for draft in drafts)


def _seen(reader: Reader, wearer: Wearer, draft: ZoneDraft) -> DraftView:
    sees = may_see_zone(reader.actor, wearer, draft.condition)
    own = draft.by == reader.actor.account_id
    return DraftView(
        draft_id=draft.draft_id,
        condition_id=draft.condition.condition_id,
        wearer=wearer,
        is_new=draft.is_new,
        at=draft.at,
        by=draft.by,
        draft=draft if sees else None,
        shape=zone_shape(reader, wearer, draft.condition) if sees else None,
        may_publish=sees and not own,
        is_own=own,
    )
