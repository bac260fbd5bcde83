"""A file of crimes → the journal events that keep it: its bytes, its rows as judged, the whole.

The file is read twice, row by row: first for what it comes to as a whole, for a batch that is
refused keeps no row; then for its rows. Little of it is in memory.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import IO, Final, NamedTuple

from msgspec.structs import replace

from tagwatch.core.crime import Crime, CrimeBatch, CrimeProfile
from tagwatch.core.crime_errors import BatchErrorType, CrimeBatchStatus, CrimeError
from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_crime import CrimeBatchBegun, CrimeFileKept, CrimeRowsRead
from tagwatch.core.units import Instant
from tagwatch.ingest.files.crime_csv import CrimeTally, judged_rows
from tagwatch.ingest.files.crime_mail import MailRefused, read_mail

MOST_BYTES: Final = 32 << 20
MOST_ROWS: Final = 200_000
PART_ROWS: Final = 200
"""Rows of one journal record: the line has other work between two of them."""
PIECE_BYTES: Final = 1 << 20
_NAMED: Final = 20
"""Errors that a report names one by one."""


class BatchTooLarge(Exception):
    """A file has more rows or bytes than are taken in at once. The text says what to do."""


class Sent(NamedTuple):
    """Where a file of crimes comes from."""

    batch_key: str
    source: str
    file_name: str
    at: Instant
    by: AccountId | None = None
    agency: str = ""


class Taken(NamedTuple):
    """A file that was judged as a whole, and the events that keep it."""

    batch: CrimeBatch
    events: Iterator[Event]


def take_in(file: IO[bytes], size_bytes: int, sent: Sent, profile: CrimeProfile) -> Taken:
    """Return the batch in a CSV file, or in an e-mail by the name's end, and its events.

    `file` is read from its start, and must stay open until the events are used up. Raises
    BatchTooLarge.
    """
    if size_bytes > MOST_BYTES:
        raise BatchTooLarge(f"{sent.file_name} is larger than {MOST_BYTES >> 20} MB: part it")
    file.seek(0)
    digest = sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    file.seek(0)
    batch = CrimeBatch(
        batch_key=sent.batch_key,
        profile_id=profile.profile_id,
        profile_version=profile.version,
        source=sent.source,
        file_name=sent.file_name,
        sha256=digest.hexdigest(),
        size_bytes=size_bytes,
        rows=0,
        accepted=0,
        status=CrimeBatchStatus.FAILED,
        batch_error=BatchErrorType.INVALID_ATTACHMENT,
        parts=0,
        by=sent.by,
        agency=sent.agency,
        received_at=sent.at,
    )
    if not sent.file_name.lower().endswith(".eml"):
        return _judged(file, file, batch, profile)
    try:
        mail = read_mail(file.read())
    except MailRefused as refused:
        batch = replace(batch, why=str(refused), sender=refused.sender, heading=refused.heading)
        return Taken(batch, _events(file, batch, iter(())))
    batch = replace(batch, sender=mail.sender, heading=mail.heading)
    return _judged(file, BytesIO(mail.data), batch, profile)


def _judged(file: IO[bytes], rows: IO[bytes], batch: CrimeBatch, profile: CrimeProfile) -> Taken:
    """Return what the CSV in `rows` comes to; `file` is what is kept."""
    tally = CrimeTally()
    counts: Counter[str] = Counter()
    first: list[str] = []
    for row, judged in judged_rows(rows, profile):
        if row > MOST_ROWS:
            raise BatchTooLarge(f"{batch.file_name} has more than {MOST_ROWS} rows: part it")
        tally.count(judged)
        if isinstance(judged, tuple):
            counts.update(error.error_type.value for error in judged)
            if len(first) < _NAMED:
                first.extend(map(_named, judged))
    batch = replace(
        batch,
        rows=tally.rows,
        accepted=tally.accepted,
        status=tally.status,
        batch_error=tally.batch_error,
        police_force=tally.police_force,
        batch_id=tally.batch_id,
        error_counts=dict(sorted(counts.items())),
        first_errors=tuple(first[:_NAMED]),
        parts=-(-tally.rows // PART_ROWS),
    )
    return Taken(batch, _events(file, batch, _parts(rows, batch, profile)))


def _events(file: IO[bytes], batch: CrimeBatch, parts: Iterator[Event]) -> Iterator[Event]:
    yield CrimeBatchBegun(batch=batch)
    file.seek(0)
    part = 0
    while piece := file.read(PIECE_BYTES):
        yield CrimeFileKept(batch_key=batch.batch_key, part=part, content=piece)
        part += 1
    yield from parts


def _parts(rows: IO[bytes], batch: CrimeBatch, profile: CrimeProfile) -> Iterator[Event]:
    """Give the rows, PART_ROWS of them at a time; of a batch that is refused only the errors."""
    rows.seek(0)
    crimes: list[tuple[int, Crime]] = []
    errors: list[CrimeError] = []
    part = 0
    for row, judged in judged_rows(rows, profile):
        if isinstance(judged, tuple):
            errors.extend(judged)
        elif batch.accepted:
            crimes.append((row, judged))
        if row % PART_ROWS == 0 or row == batch.rows:
            yield CrimeRowsRead(
                batch_key=batch.batch_key, part=part, crimes=tuple(crimes), errors=tuple(errors)
            )
            crimes, errors, part = [], [], part + 1


def _named(error: CrimeError) -> str:
    where = f" ({error.field})" if error.field else ""
    return f"row {error.row}: {error.error_type}{where}"
