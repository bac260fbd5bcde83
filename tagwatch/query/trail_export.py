"""A wearer's trail of a window as a file that leaves the installation."""

from collections.abc import Callable
from hashlib import sha256
from typing import BinaryIO, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.person import Tag, Wearer
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import whole_trail
from tagwatch.query.trail import current_settings
from tagwatch.query.wearer import orders_of
from tagwatch.report.trail_file import TrailFormat, TrailHead, rows_of
from tagwatch.report.trail_formats import FORMATS
from tagwatch.store import schema

LONGEST: Final = 92 * DAY
MOST_FIXES: Final = 200_000
"""Of one file: 92 days of a fix a minute are 132,480."""
_CHUNK: Final = 1 << 20
QUESTION: Final = "trail_export"


class TooMuch(Exception):
    """The window holds more than one file may; the text says what to ask for instead."""


class TrailFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was made."""

    name: str
    media_type: str
    sha256: str
    bytes: int
    fixes: int
    """In the window. Formats without a place for a fix that has none leave those out."""

    def audit_detail(self, start: Instant, end: Instant) -> str:
        """Return what the audit keeps of it."""
        window = f"[{iso(start)}, {iso(end)})"
        return f"{self.name} {window} {self.fixes} fixes, {self.bytes} bytes, sha256 {self.sha256}"


def whose_trail(reader: Reader, wearer_id: WearerId) -> Wearer:
    """Return a wearer within scope, whose trail may be asked for. Raises NotFound, and puts either
    on the audit."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, QUESTION)
    reader.consulted("wearer", [wearer_id])
    return wearer


def export_trail(
    reader: Reader,
    wearer_id: WearerId,
    start: Instant,
    end: Instant,
    kind: TrailFormat,
    file: BinaryIO,
    officer: Callable[[Wearer], str],
) -> TrailFile:
    """Write the trail of a wearer within scope into `file`, which can be read and sought.

    The disclosure is on the audit, with the file's digest, before this returns. `officer` gives
    the name of the responsible officer. Raises NotFound, TooMuch.
    """
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, QUESTION)
        made = write_trail(
            connection,
            head_of(
                connection,
                wearer,
                start,
                end,
                made_at=reader.now(),
                made_by=reader.actor.account_id,
                purpose=reader.scope.purpose.value,
                officer=officer(wearer),
            ),
            kind,
            file,
        )
    reader.disclosing(QUESTION, [wearer_id], made.audit_detail(start, end))
    return made


def head_of(
    connection: Connection,
    wearer: Wearer,
    start: Instant,
    end: Instant,
    *,
    made_at: Instant,
    made_by: str,
    purpose: str,
    officer: str = "",
) -> TrailHead:
    """Return what a file says of itself."""
    return TrailHead(
        wearer=wearer,
        start=start,
        end=end,
        made_at=made_at,
        made_by=made_by,
        purpose=purpose,
        settings=current_settings(connection),
        orders=orders_of(connection, wearer.wearer_id),
        tags=_tags(connection, wearer.wearer_id),
        officer=officer,
    )


def write_trail(
    connection: Connection, head: TrailHead, kind: TrailFormat, file: BinaryIO
) -> TrailFile:
    """Write the trail that `head` tells of. The caller has checked the scope and puts it on the
    audit. Raises TooMuch."""
    if head.end - head.start > LONGEST:
        raise TooMuch(f"a file holds at most {LONGEST // DAY} days: ask for several")
    wearer_id = head.wearer.wearer_id
    blocks = whole_trail(connection, wearer_id, head.start, head.end)
    fixes = sum(len(block) for _, block in blocks)
    if fixes > MOST_FIXES:
        raise TooMuch(f"the window holds {fixes} fixes, a file at most {MOST_FIXES}: ask for less")
    facts = FORMATS[kind]
    facts.write(head, rows_of(blocks, head.settings), file)
    digest, size = _digest(file)
    days = f"{iso(head.start)[:10]}-{iso(head.end)[:10]}"
    return TrailFile(
        name=f"trail-{wearer_id}-{days}.{facts.ending}",
        media_type=facts.media_type,
        sha256=digest,
        bytes=size,
        fixes=fixes,
    )


def _digest(file: BinaryIO) -> tuple[str, int]:
    file.flush()
    file.seek(0)
    hashed, size = sha256(), 0
    while part := file.read(_CHUNK):
        hashed.update(part)
        size += len(part)
    file.seek(0)
    return hashed.hexdigest(), size


def _tags(connection: Connection, wearer_id: WearerId) -> dict[ActivationId, Tag]:
    worn = schema.activation.c
    query = (
        select(worn.activation_id, schema.tag.c.body)
        .join(schema.tag, schema.tag.c.tag_id == worn.tag_id)
        .where(worn.wearer_id == wearer_id)
    )
    return {
        ActivationId(activation): msgspec.json.decode(body, type=Tag)
        for activation, body in connection.execute(query)
    }
