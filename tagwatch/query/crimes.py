"""Police's crimes: which files came, what became of their rows, one crime with its versions.

Operators see every batch. Police see what their own agency's accounts sent, and what came by the
folder, behind which there is no account.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select, true

from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.crime import Crime, CrimeBatch
from tagwatch.core.crime_errors import CrimeError
from tagwatch.core.ledger import CrimeFileKept
from tagwatch.core.units import Instant
from tagwatch.query.kept_bytes import kept_event
from tagwatch.query.reader import Reader
from tagwatch.report.crime_validation import validation_lines
from tagwatch.store import schema
from tagwatch.store.crimes import (
    crimes_of_batch,
    decode_batch,
    decode_crime,
    errors_of_batch,
    file_records,
)

PAGE: Final = 50
ERRORS_MOST: Final = 200
"""Errors on a page; the table to download has all."""
_BATCH: Final = schema.crime_batch.c
_VERSION: Final = schema.crime_version.c


class BatchList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the files that came, the newest first."""

    at: Instant
    batches: tuple[CrimeBatch, ...]
    total: int
    page: int
    pages: int


class CrimeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A good row of a batch: which crime it is about, and what was new of it."""

    row: int
    crime_id: str
    version: int
    outcome: str
    crime: Crime


class BatchView(msgspec.Struct, frozen=True, kw_only=True):
    """One file, with a page of its crimes and the first of its errors."""

    at: Instant
    batch: CrimeBatch
    rows: tuple[CrimeRow, ...]
    errors: tuple[CrimeError, ...]
    errors_total: int
    page: int
    pages: int


class VersionOfCrime(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a crime, and what it changed."""

    version: int
    batch: CrimeBatch
    """The first within scope that brought it."""
    row: int
    changed: tuple[str, ...]
    crime: Crime


class CrimeView(msgspec.Struct, frozen=True, kw_only=True):
    """A crime in all its versions, the latest first, and the batches that sent it again."""

    at: Instant
    crime_id: str
    profile_id: str
    versions: tuple[VersionOfCrime, ...]
    again: tuple[CrimeBatch, ...]


def batch_list(reader: Reader, page: int = 1) -> BatchList:
    """Return a page of the batches within scope."""
    within = _within(reader)
    with reader.connection() as connection:
        total = connection.scalar(select(func.count()).where(within)) or 0
        pages = max(1, -(-total // PAGE))
        page = min(max(page, 1), pages)
        query = select(_BATCH.body).where(within).order_by(_BATCH.received_at.desc())
        query = query.order_by(_BATCH.batch_key).offset((page - 1) * PAGE).limit(PAGE)
        found = tuple(map(decode_batch, connection.execute(query).scalars()))
    reader.consulted("crime_batches", [one.batch_key for one in found])
    return BatchList(at=reader.now(), batches=found, total=total, page=page, pages=pages)


def batch_view(reader: Reader, batch_key: str, page: int = 1) -> BatchView:
    """Return one batch within scope. Raises NotFound."""
    with reader.connection() as connection:
        batch = _batch(reader, connection, batch_key, "crime_batch")
        pages = max(1, -(-(batch.made + batch.changed + batch.same) // PAGE))
        page = min(max(page, 1), pages)
        known = crimes_of_batch(connection, batch_key, (page - 1) * PAGE, PAGE)
        errors = errors_of_batch(connection, batch_key, ERRORS_MOST)
    reader.consulted("crime_batch", [batch_key], f"page {page}")
    return BatchView(
        at=reader.now(),
        batch=batch,
        rows=tuple(
            CrimeRow(
                row=one.row,
                crime_id=one.crime_id,
                version=one.version,
                outcome=one.outcome,
                crime=one.crime,
            )
            for one in known
        ),
        errors=tuple(errors),
        errors_total=sum(batch.error_counts.values()),
        page=page,
        pages=pages,
    )


def crime_view(reader: Reader, crime_id: str) -> CrimeView:
    """Return a crime that a batch within scope brought. Raises NotFound."""
    row = schema.crime_row.c
    with reader.connection() as connection:
        rows = connection.execute(
            select(_VERSION.version, _VERSION.changed, _VERSION.profile_id, _VERSION.body)
            .where(_VERSION.crime_id == crime_id)
            .order_by(_VERSION.version.desc())
        ).all()
        within = (
            select(row.version, row.row, row.outcome, _BATCH.body)
            .join_from(schema.crime_row, schema.crime_batch, row.batch_key == _BATCH.batch_key)
            .where(row.crime_id == crime_id, _within(reader))
            .order_by(_BATCH.received_at, row.row)
        )
        seen = connection.execute(within).all()
        if not seen:
            reader.refuse("crime", [crime_id], "outside scope, or unknown")
    brought = {each.version: each for each in reversed(seen)}
    versions = [_version(each, brought[each.version]) for each in rows if each.version in brought]
    again = tuple(decode_batch(each.body) for each in seen if each.outcome == "same")
    reader.consulted("crime", [crime_id])
    return CrimeView(
        at=reader.now(),
        crime_id=crime_id,
        profile_id=rows[0].profile_id,
        versions=tuple(versions),
        again=again,
    )


def validation_csv(reader: Reader, batch_key: str) -> Iterator[str]:
    """Return the lines of the table that goes back to the sender. Raises NotFound."""
    with reader.connection() as connection:
        batch = _batch(reader, connection, batch_key, "crime_validation")
        errors = errors_of_batch(connection, batch_key)
    reader.disclosing("crime_validation", [batch_key])
    return validation_lines(errors, batch.batch_error)


def crime_file(reader: Reader, config: Config, batch_key: str) -> tuple[CrimeBatch, bytes | None]:
    """Return a batch and its file as it came, None if it was erased. Raises NotFound."""
    with reader.connection() as connection:
        batch = _batch(reader, connection, batch_key, "crime_file")
        records = file_records(connection, batch_key)
    reader.disclosing("crime_file", [batch_key], f"sha256 {batch.sha256}")
    pieces: list[bytes] = []
    for seq in records:
        event = kept_event(config, seq)
        if not isinstance(event, CrimeFileKept):
            return batch, None
        pieces.append(event.content)
    return batch, b"".join(pieces)


def _version(row: Any, brought: Any) -> VersionOfCrime:
    return VersionOfCrime(
        version=row.version,
        batch=decode_batch(brought.body),
        row=brought.row,
        changed=tuple(row.changed.split("\n")) if row.changed else (),
        crime=decode_crime(row.body),
    )


def _batch(reader: Reader, connection: Connection, batch_key: str, question: str) -> CrimeBatch:
    query = select(_BATCH.body).where(_BATCH.batch_key == batch_key, _within(reader))
    body = connection.scalar(query)
    if body is None:
        reader.refuse(question, [batch_key], "outside scope, or unknown")
    return decode_batch(body)


def _within(reader: Reader) -> ColumnElement[bool]:
    if reader.actor.role is Role.POLICE:
        return _BATCH.agency.in_(["", reader.actor.agency])
    return true()
