"""A condition gets a new version, and the wearer is told of it; a secret zone waits for a second
person."""

import msgspec
from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.scope import may_see_zone
from tagwatch.core.ids import ConditionId, ZoneDraftId, derived_id
from tagwatch.core.ledger import ZoneDrafted
from tagwatch.core.order import ConditionVersion, NoContact, Order
from tagwatch.core.recorded_register import ConditionRecorded, ConditionTold
from tagwatch.core.units import Instant
from tagwatch.core.zone_draft import ZoneDraft, needs_two
from tagwatch.desk.clerk import Clerk, Conflict, Done, Owned, need, stored
from tagwatch.desk.geometry_need import need_to_draw, settled_by
from tagwatch.desk.wearer import in_scope, own_reference
from tagwatch.store import schema
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.zone_drafts import drafts_of


def record_condition(
    clerk: Clerk,
    reader: Reader,
    condition: ConditionVersion,
    seen_version: int,
    reason: str,
    need_id: str = "",
) -> Done:
    """Record the next version of a condition; its number and recording time are set here.

    `seen_version` is the version the form was made from, 0 for a new condition. `need_id` names a
    place in words that it is drawn for: putting it in force settles that. Raises Conflict if there
    is a newer version or the place is settled, NotFound outside the scope or for a secret zone of
    others.
    """
    need(reader, Verb.RECORD_CONDITION)
    wearer = in_scope(reader, condition.wearer_id, "record_condition")
    order: Order | None = stored(reader, schema.order, condition.order_id, Order)
    if order is None or order.wearer_id != condition.wearer_id:
        raise Conflict("A condition belongs to an order of the same wearer. Enter the order first.")
    current = _current(reader, condition.condition_id)
    holders = [] if current is None else [current.wearer_id]
    name = own_reference(reader, condition.condition_id, holders, seen_version, "record_condition")
    if name != condition.condition_id:
        current = None
        condition = msgspec.structs.replace(condition, condition_id=ConditionId(name))
    newest = 0 if current is None else current.version
    if current is not None:
        if current.wearer_id != condition.wearer_id:
            raise Conflict("A condition stays with its wearer. Enter a new condition.")
        if not may_see_zone(reader.actor, wearer, current):
            reader.refuse("record_condition", [condition.condition_id], "secret zone")
    if newest != seen_version:
        seen = _version(reader, condition.condition_id, seen_version)
        raise Conflict(
            f"Version {newest} of this condition was recorded after your page was made"
            f"{changed_words(seen, current)}. Nothing of yours was recorded. Load the page again "
            "and enter your change anew."
        )
    _refuse_other(reader, condition, current)
    if need_id:
        need_to_draw(reader, condition, need_id)
    recorded = msgspec.structs.replace(condition, version=newest + 1, recorded_at=reader.now())
    reader.about_to_alter(
        "record_condition", [wearer.wearer_id, condition.condition_id], f"version {newest + 1}"
    )
    if needs_two(recorded.terms, None if current is None else current.terms):
        return _draft(clerk, reader, recorded, reason, need_id)
    by = reader.actor.account_id
    events: list[Owned] = [
        (ConditionRecorded(condition=recorded, by=by, reason=reason[:500]), None)
    ]
    if need_id:
        events.append((settled_by(reader, recorded, need_id), None))
    done = clerk.record_all(events)
    return msgspec.structs.replace(done, made_id=condition.condition_id)


def _draft(
    clerk: Clerk, reader: Reader, version: ConditionVersion, reason: str, need_id: str
) -> Done:
    """Record a version that takes effect when a second person publishes it."""
    with reader.connection() as connection:
        waiting = drafts_of(connection, [version.wearer_id])
    if any(draft.condition.condition_id == version.condition_id for draft in waiting):
        raise Conflict(
            "A drawing of this zone waits for a second person already. Publish it, or take it "
            "back, before you enter another."
        )
    by, at = reader.actor.account_id, version.recorded_at
    draft_id = ZoneDraftId(derived_id("zd", version.condition_id, version.version, by, at))
    draft = ZoneDraft(
        draft_id=draft_id,
        condition=version,
        reason=reason[:500],
        by=by,
        at=at,
        need_id=need_id,
    )
    done = clerk.record(ZoneDrafted(draft=draft))
    return msgspec.structs.replace(done, made_id=draft_id)


def changed_words(seen: ConditionVersion | None, now: ConditionVersion | None) -> str:
    """Return what of a condition is other than it was, as part of a sentence; empty if not
    known."""
    if seen is None or now is None or type(seen.terms) is not type(now.terms):
        return ""
    names = now.terms.__struct_fields__
    other = [name for name in names if getattr(seen.terms, name) != getattr(now.terms, name)]
    times = ("valid_from", "valid_until", "told_at", "order_id", "thresholds")
    other += [name for name in times if getattr(seen, name) != getattr(now, name)]
    said = ", ".join(name.replace("_", " ").removesuffix(" m") for name in other)
    return f", and its {said} {'is' if len(other) == 1 else 'are'} other now" if other else ""


def _refuse_other(
    reader: Reader, condition: ConditionVersion, current: ConditionVersion | None
) -> None:
    """Refuse a condition of no contact with himself, with another than before, or with somebody
    whom the officer may not see."""
    terms = condition.terms
    before = None if current is None else current.terms
    if isinstance(before, NoContact) is not isinstance(terms, NoContact) and before is not None:
        raise Conflict("A condition keeps its kind. Enter a new condition.")
    if not isinstance(terms, NoContact):
        return
    if terms.other == condition.wearer_id:
        raise Conflict("Nobody can be kept from himself. Enter the other wearer.")
    if isinstance(before, NoContact) and before.other != terms.other:
        raise Conflict("A condition of no contact stays with whom it names. Enter a new one.")
    in_scope(reader, terms.other, "record_condition")


def record_told(
    clerk: Clerk, reader: Reader, condition_id: ConditionId, version: int, told_at: Instant
) -> Done:
    """Record that the wearer was told of this version at `told_at`. Raises NotFound, Conflict."""
    need(reader, Verb.RECORD_CONDITION)
    current = _version(reader, condition_id, version)
    if current is None:
        reader.refuse("record_told", [condition_id], "unknown")
    in_scope(reader, current.wearer_id, "record_told")
    if told_at > reader.now():
        raise Conflict("Nobody was told in the future. Correct the time.")
    if current.told_at is not None:
        raise Conflict("It is recorded already when the wearer was told of this version.")
    reader.about_to_alter("record_told", [current.wearer_id, condition_id], f"version {version}")
    event = ConditionTold(
        condition_id=condition_id, version=version, told_at=told_at, by=reader.actor.account_id
    )
    return clerk.record(event, wearer_owner(current.wearer_id))


def _current(reader: Reader, condition_id: ConditionId) -> ConditionVersion | None:
    column = schema.condition.c
    with reader.connection() as connection:
        newest = connection.scalar(
            select(func.max(column.version)).where(column.condition_id == condition_id)
        )
    return None if newest is None else _version(reader, condition_id, newest)


def _version(reader: Reader, condition_id: ConditionId, version: int) -> ConditionVersion | None:
    column = schema.condition.c
    with reader.connection() as connection:
        body = connection.scalar(
            select(column.body).where(
                column.condition_id == condition_id, column.version == version
            )
        )
    return None if body is None else msgspec.json.decode(body, type=ConditionVersion)
