"""What of a sealed trail is open to one reader now, by which approvals."""

from collections.abc import Iterable

from sqlalchemy import Connection

from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import Unsealing
from tagwatch.core.zones_only import Span
from tagwatch.query.reader import Reader
from tagwatch.store.unsealings import open_unsealings


def opened_to(
    reader: Reader, connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> tuple[Unsealing, ...]:
    """Return what of [start, end) is open to this reader alone; the caller has checked the scope.

    Nothing is to whoever reaches the wearer by break-glass alone, or has lost the right meanwhile.
    """
    glassed = any(each.wearer_id == wearer_id for each in reader.opened)
    if glassed or not reader.actor.may(Verb.OPEN_SEALED):
        return ()
    found = open_unsealings(connection, reader.actor.account_id, wearer_id, reader.now())
    return tuple(each for each in found if each.start < end and each.end > start)


def spans_of(unsealed: Iterable[Unsealing]) -> tuple[Span, ...]:
    """Return the stretches."""
    return tuple(each.span for each in unsealed)


def names_of(unsealed: Iterable[Unsealing]) -> str:
    """Return what the audit says of them beside an answer; empty for none."""
    names = ", ".join(each.unsealing_id for each in unsealed)
    return f"; unsealed by {names}" if names else ""
