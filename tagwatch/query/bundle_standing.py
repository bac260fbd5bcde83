"""Whether a bundle still stands, and who has one that does not and was not told so.

A bundle is superseded by one that was made in its place, and by whatever was found or recorded
about its window since. A receiver is told of what was known then: what comes later is to be told
again.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.core.episode import Episode
from tagwatch.core.ids import ContactId, WearerId
from tagwatch.core.person import Contact, Wearer
from tagwatch.core.recorded_bundle import BundleGiven, BundleMade, ReceiverTold
from tagwatch.core.units import Instant, iso
from tagwatch.notify.notice import superseded_id
from tagwatch.notify.retry import NotificationState
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.bundles import bundles_given, bundles_of, given_of, told_of
from tagwatch.store.contacts import takes_messages

MOST: Final = 100
MOST_OPEN: Final = 500
MOST_COUNTED: Final = 50
_LOST: Final = frozenset({NotificationState.FAILED.value, NotificationState.DROPPED.value})


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has a bundle that no longer stands."""

    to: str
    contact_id: ContactId | None = None
    """Where a message reaches him."""
    told: ReceiverTold | None = None
    """The last time he was told."""
    message: str = ""
    """What became of the message, in one word; empty: there was none."""
    must_be_told: bool
    """Of something that he was not told yet; also if the message did not arrive."""


class BundleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle of the register."""

    made: BundleMade
    given: tuple[BundleGiven, ...]
    superseded: tuple[str, ...]
    """Why it no longer stands, in sentences; empty: it does."""
    receivers: tuple[Receiver, ...] = ()
    """Who has it, where it is superseded."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who has it."""
        return tuple(dict.fromkeys(each.to for each in self.given))


class UntoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle whose receivers are to be told."""

    wearer: Wearer
    made: BundleMade
    superseded: tuple[str, ...]
    receivers: tuple[Receiver, ...]
    """Those alone who must be told."""


class UntoldBundles(msgspec.Struct, frozen=True, kw_only=True):
    """Superseded bundles within scope that somebody has who was not told, the oldest first."""

    rows: tuple[UntoldRow, ...]
    more: bool
    """There are more bundles than were looked at."""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver who is to be told, and what is known of the bundle now."""

    made: BundleMade
    receiver: Receiver
    known_seq: int


class ReachableContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact to whom a message can go."""

    contact_id: ContactId
    label: str


def register_lines(connection: Connection, wearer_id: WearerId) -> tuple[BundleLine, ...]:
    """Return the lines of a wearer's register. The caller has checked the scope."""
    made = bundles_of(connection, wearer_id, MOST)
    names = [each.bundle_id for each in made]
    given, told = given_of(connection, names), told_of(connection, names)
    replaced = {each.replaces: each for each in made if each.replaces}
    return tuple(
        _line(
            connection,
            one,
            replaced.get(one.bundle_id),
            tuple(each for each in given if each.bundle_id == one.bundle_id),
            [each for each in told if each.bundle_id == one.bundle_id],
        )
        for one in made
    )


def untold_bundles(reader: Reader) -> UntoldBundles:
    """Return the open task: who must be told of which bundle. On the audit."""
    found = _untold(reader, MOST_OPEN)
    ids = [name for row in found.rows for name in (row.wearer.wearer_id, row.made.bundle_id)]
    reader.consulted("untold_bundles", list(dict.fromkeys(ids)))
    return found


def untold_count(reader: Reader) -> int:
    """Return how many receivers within scope must be told, of the first MOST_COUNTED bundles."""
    return sum(len(row.receivers) for row in _untold(reader, MOST_COUNTED).rows)


def _untold(reader: Reader, most: int) -> UntoldBundles:
    rows: list[UntoldRow] = []
    with reader.connection() as connection:
        made = bundles_given(connection, reader.scope.condition(), most + 1)
        for wearer in {one.wearer_id: one for _, one in made[:most]}.values():
            for line in register_lines(connection, wearer.wearer_id):
                must = tuple(each for each in line.receivers if each.must_be_told)
                if must:
                    rows.append(
                        UntoldRow(
                            wearer=wearer,
                            made=line.made,
                            superseded=line.superseded,
                            receivers=must,
                        )
                    )
    rows.sort(key=lambda row: (row.made.at, row.made.bundle_id))
    return UntoldBundles(rows=tuple(rows), more=len(made) > most)


def to_tell(reader: Reader, wearer_id: WearerId, bundle_id: str, to: str) -> Telling:
    """Return what is on record of a receiver who is to be told. Raises NotFound."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "to_tell")
        known = connection.scalar(select(func.max(schema.cursor.c.seq))) or 0
        lines = register_lines(connection, wearer_id)
    found = next(
        (
            Telling(made=line.made, receiver=each, known_seq=known)
            for line in lines
            for each in line.receivers
            if line.made.bundle_id == bundle_id and each.to == to
        ),
        None,
    )
    if found is None:
        reader.refuse("to_tell", [wearer_id, bundle_id[:80]], "nobody of that name to be told")
    return found


def reachable(reader: Reader) -> tuple[ReachableContact, ...]:
    """Return the contacts to whom a message about a bundle can go, without their addresses."""
    with reader.connection() as connection:
        bodies = connection.scalars(select(schema.contact.c.body).limit(MOST_OPEN)).all()
    found = [msgspec.json.decode(body, type=Contact) for body in bodies]
    reader.consulted("bundle_contacts", [])
    return tuple(
        ReachableContact(contact_id=one.contact_id, label=one.label)
        for one in sorted(found, key=lambda one: (one.label, one.contact_id))
        if takes_messages(one)
    )


def _line(
    connection: Connection,
    one: BundleMade,
    by: BundleMade | None,
    given: tuple[BundleGiven, ...],
    told: Sequence[ReceiverTold],
) -> BundleLine:
    superseded = tuple(_superseded(connection, one, by, one.known_seq, one.at))
    line = BundleLine(made=one, given=given, superseded=superseded)
    if not superseded:
        return line
    receivers: list[Receiver] = []
    for name in line.recipients:
        last = next((each for each in reversed(told) if each.to == name), None)
        message = "" if last is None else _message(connection, last)
        is_open = (
            last is None
            or message in _LOST
            or bool(_superseded(connection, one, by, last.known_seq, last.at))
        )
        contacts = [each.contact_id for each in given if each.to == name and each.contact_id]
        receivers.append(
            Receiver(
                to=name,
                contact_id=contacts[-1] if contacts else None,
                told=last,
                message=message,
                must_be_told=is_open,
            )
        )
    return msgspec.structs.replace(line, receivers=tuple(receivers))


def _message(connection: Connection, told: ReceiverTold) -> str:
    """Return the state of the message that told him; empty if there was none."""
    if told.contact_id is None:
        return ""
    column = schema.notification.c
    state = connection.scalar(
        select(column.state).where(
            column.alert_id == superseded_id(told.bundle_id, told.at),
            column.contact_id == told.contact_id,
        )
    )
    return NotificationState.FAILED.value if state is None else str(state)


def _superseded(
    connection: Connection,
    one: BundleMade,
    by: BundleMade | None,
    known_seq: int,
    at: Instant,
) -> list[str]:
    """Return why a bundle no longer stands: what came after `known_seq`, or after `at`."""
    said: list[str] = []
    if by is not None and by.at > at:
        said.append(f"Bundle {by.bundle_id} of {iso(by.at)} was made in its place.")
    version, episode = schema.episode_version.c, schema.episode.c
    rows = connection.execute(
        select(version.body)
        .join(schema.episode, episode.episode_id == version.episode_id)
        .where(
            episode.wearer_id == one.wearer_id,
            version.seq > known_seq,
            episode.entered_at < one.end,
        )
    )
    for row in rows:
        found = msgspec.json.decode(row.body, type=Episode)
        if found.left_latest is None or found.left_latest > one.start:
            said.append("A finding in its window has changed, or was made, since.")
            break
    changed = [
        each
        for each in versions_of_wearer(connection, one.wearer_id)
        if each.recorded_at > at
        and each.valid_from < one.end
        and (each.valid_until is None or each.valid_until > one.start)
    ]
    if changed:
        said.append("A condition that applies in its window was recorded anew since.")
    return said
