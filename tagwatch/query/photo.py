"""The photo of a wearer: whether there is one, and its bytes, which only the journal holds."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.role import Verb
from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.ids import AccountId, AlertId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.kept_bytes import kept_event
from tagwatch.query.reader import Reader
from tagwatch.store import schema


class PhotoSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A photo, without its bytes."""

    photo_id: str
    taken_on: str
    """The day it was taken, as 2026-11-30; empty: not known."""
    at: Instant
    """When it was recorded."""
    by: AccountId


class PhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """The wearer and the photo of him that is shown."""

    wearer: Wearer
    photo: PhotoSeen | None


def may_see_photo(reader: Reader) -> bool:
    """Say whether this reader is shown photos of wearers within scope."""
    return reader.actor.may(Verb.SEE_POLICE_PAGE)


def photo_of(connection: Connection, wearer_id: WearerId) -> PhotoSeen | None:
    """Return the photo of a wearer that is shown. The caller has checked the scope."""
    row = schema.photo.c
    query = select(row.photo_id, row.taken_on, row.at, row.by)
    found = connection.execute(query.where(row.wearer_id == wearer_id, row.size_bytes > 0))
    shown = found.mappings().first()
    return None if shown is None else PhotoSeen(**shown)


def photo_view(reader: Reader, wearer_id: WearerId) -> PhotoView:
    """Return a wearer within scope with his photo. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        found = PhotoView(
            wearer=reader.wearer(connection, wearer_id, "photo"),
            photo=photo_of(connection, wearer_id),
        )
    reader.consulted("photo", [wearer_id])
    return found


def photo_bytes(reader: Reader, config: Config, wearer_id: WearerId, photo_id: str) -> bytes | None:
    """Return the JPEG of the photo that is shown of a wearer within scope; None: lawfully erased.

    Raises NotFound, also for a photo that is not shown any more; puts either on the audit.
    """
    if not may_see_photo(reader):
        reader.refuse("photo", [wearer_id], "lacks the verb")
    row = schema.photo.c
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "photo")
        seq = connection.scalar(
            select(row.seq).where(
                row.wearer_id == wearer_id, row.photo_id == photo_id, row.size_bytes > 0
            )
        )
    if seq is None:
        reader.refuse("photo", [wearer_id, photo_id], "not shown")
    event = kept_event(config, seq)
    reader.consulted("photo", [wearer_id, photo_id], "its bytes")
    if event is None:
        return None
    if not isinstance(event, ledger.PhotoRecorded) or event.photo_id != photo_id:
        raise ValueError(f"journal record {seq} does not hold photo {photo_id}")
    return event.content


def alerted_wearer(reader: Reader, alert_id: AlertId) -> WearerId:
    """Return whom an alert within scope is about. Raises NotFound, on the audit."""
    row = schema.alert.c
    with reader.connection() as connection:
        found = connection.scalar(select(row.wearer_id).where(row.alert_id == alert_id))
    if found is None or not reader.scope.reaches_alert(alert_id):
        reader.refuse("photo", [alert_id], "unknown, of no wearer, or another's link")
    return WearerId(found)
