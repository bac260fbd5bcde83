"""Who is on call: a shift is entered, changed or withdrawn; somebody stands in from-to."""

from typing import Any

import msgspec
from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import ContactId
from tagwatch.core.ledger import OverrideRecorded, ShiftRecorded
from tagwatch.core.person import Contact
from tagwatch.core.rota import Override, Shift
from tagwatch.core.units import DAY
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored
from tagwatch.store import schema

LONGEST_OVERRIDE = 92 * DAY
MOST_ROWS = 50


def record_shift(clerk: Clerk, reader: Reader, shift: Shift, seen_version: int) -> Done:
    """Record the next version of a shift; its number is set here.

    `seen_version` is the version the form was made from, 0 for a new shift. Raises Conflict if
    there is a newer one, the contact is unknown or another one, or the hours cannot be.
    """
    need(reader, Verb.RECORD_ROTA)
    _contact(reader, shift.contact_id)
    if not 0 < len(shift.rows) <= MOST_ROWS:
        raise Conflict(f"A shift has from 1 to {MOST_ROWS} weekly rows. Correct the hours.")
    if shift.valid_until is not None and shift.valid_until <= shift.valid_from:
        raise Conflict("The shift ends before it starts. Correct the dates.")
    newest = _newest(reader, schema.rota_shift, shift.shift_id)
    _as_seen(newest, seen_version, "shift")
    if newest is not None and newest["contact_id"] != shift.contact_id:
        raise Conflict("A shift stays with its contact. Withdraw it and enter a new one.")
    recorded = msgspec.structs.replace(shift, version=seen_version + 1)
    verb = "withdraw_shift" if shift.withdrawn else "record_shift"
    reader.about_to_alter(verb, [shift.shift_id, shift.contact_id], f"version {recorded.version}")
    done = clerk.record(ShiftRecorded(shift=recorded, by=reader.actor.account_id))
    return msgspec.structs.replace(done, made_id=shift.shift_id)


def record_override(clerk: Clerk, reader: Reader, override: Override, seen_version: int) -> Done:
    """Record the next version of an override; its number is set here.

    Raises Conflict if there is a newer one, a contact is unknown, the two are of different
    duties or the same, or it is too long.
    """
    need(reader, Verb.RECORD_ROTA)
    who = _contact(reader, override.contact_id)
    if override.instead_of is not None:
        other = _contact(reader, override.instead_of)
        if other.contact_id == who.contact_id:
            raise Conflict("Nobody stands in for himself. Choose another contact.")
        if other.duty is not who.duty:
            raise Conflict(
                f"{who.label} stands for {who.duty.value} and {other.label} for "
                f"{other.duty.value}. One stands in within the same duty only."
            )
    if override.end - override.start > LONGEST_OVERRIDE:
        raise Conflict("An override lasts at most 92 days. Enter a shift instead.")
    if not override.withdrawn and override.end <= reader.now():
        raise Conflict("This time is over: an override changes who is told from now on.")
    _as_seen(_newest(reader, schema.rota_override, override.override_id), seen_version, "override")
    recorded = msgspec.structs.replace(override, version=seen_version + 1)
    ids = [override.override_id, override.contact_id]
    ids += [override.instead_of] if override.instead_of else []
    verb = "withdraw_override" if override.withdrawn else "record_override"
    reader.about_to_alter(verb, ids, f"version {recorded.version}")
    done = clerk.record(OverrideRecorded(override=recorded, by=reader.actor.account_id))
    return msgspec.structs.replace(done, made_id=override.override_id)


def _contact(reader: Reader, contact_id: ContactId) -> Contact:
    found: Contact | None = stored(reader, schema.contact, contact_id, Contact)
    if found is None:
        raise Conflict("There is no such contact. Enter the contact first.")
    return found


def _newest(reader: Reader, table: Any, key: str) -> dict[str, Any] | None:
    """Return the row of the newest version, None if there is none."""
    column = next(iter(table.primary_key.columns))
    newest = select(func.max(table.c.version)).where(column == key).scalar_subquery()
    with reader.connection() as connection:
        query = select(table).where(column == key, table.c.version == newest)
        row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def _as_seen(newest: dict[str, Any] | None, seen_version: int, what: str) -> None:
    version = 0 if newest is None else int(newest["version"])
    if version != seen_version:
        raise Conflict(
            f"Version {version} of this {what} was recorded after your page was made. Load the "
            "page again and enter your change anew."
        )
