"""Police's crimes in the projections: batches, crimes in their versions, errors."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.crime import Crime, CrimeBatch
from tagwatch.core.crime_errors import CrimeError
from tagwatch.core.ids import derived_id
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_BATCH: Final = msgspec.json.Decoder(CrimeBatch)
_CRIME: Final = msgspec.json.Decoder(Crime)
_ERROR: Final = msgspec.json.Decoder(CrimeError)
ARRIVING: Final = "arriving"
"""Status of a row of which not all parts have come."""
_AT_ONCE: Final = 500
"""Ids asked for in one query."""


class KnownCrime(NamedTuple):
    """A version of a crime, and the row that brought it."""

    crime_id: str
    version: int
    row: int
    outcome: str
    """What that row was: `new`, `changed` or `same`."""
    crime: Crime

    @property
    def crime_version_id(self) -> str:
        """Return what names this version of this crime."""
        return f"{self.crime_id}.{self.version}"


def crime_id_of(profile_id: str, crime: Crime) -> str:
    """Return the id of a crime: the same force's same reference under one profile is one crime."""
    return derived_id("cr", profile_id, crime.police_force, crime.reference)


def put_batch(writes: Writes, batch: CrimeBatch) -> None:
    """Write a batch as it is now."""
    row = {name: getattr(batch, name) for name in ("batch_key", "received_at", "agency")}
    here = batch.complete or batch.broken_at is not None
    row |= {"police_force": batch.police_force, "status": batch.status.value if here else ARRIVING}
    writes.put(schema.crime_batch, row | {"body": msgspec.json.encode(batch).decode()})


def batch_of(
    connection: Connection, batch_key: str, writes: Writes | None = None
) -> CrimeBatch | None:
    """Return a batch as it is now, with what `writes` holds of it."""
    if writes is not None:
        for row in writes.put_rows(schema.crime_batch):
            if row["batch_key"] == batch_key:
                return _BATCH.decode(row["body"])
    column = schema.crime_batch.c
    body = connection.scalar(select(column.body).where(column.batch_key == batch_key))
    return None if body is None else _BATCH.decode(body)


def arriving(connection: Connection, writes: Writes) -> list[CrimeBatch]:
    """Return the batches of which not all has come and that were not given up, by key."""
    column = schema.crime_batch.c
    query = select(column.batch_key, column.body).where(column.status == ARRIVING)
    found: dict[str, str] = {row.batch_key: row.body for row in connection.execute(query)}
    for row in writes.put_rows(schema.crime_batch):
        found.pop(row["batch_key"], None)
        if row["status"] == ARRIVING:
            found[row["batch_key"]] = row["body"]
    return [_BATCH.decode(body) for _, body in sorted(found.items())]


def keys_arriving(connection: Connection) -> set[str]:
    """Return the keys of the batches of which not all has come and that were not given up."""
    column = schema.crime_batch.c
    query = select(column.batch_key).where(column.status == ARRIVING)
    return set(connection.scalars(query))


def put_version(
    writes: Writes, batch: CrimeBatch, known: KnownCrime, changed: tuple[str, ...]
) -> None:
    """Write a new version of a crime."""
    crime = known.crime
    writes.put(
        schema.crime_version,
        {
            "crime_id": known.crime_id,
            "version": known.version,
            "batch_key": batch.batch_key,
            "row": known.row,
            "profile_id": batch.profile_id,
            "police_force": crime.police_force,
            "reference": crime.reference,
            "crime_type": crime.crime_type,
            "from_at": crime.from_at,
            "to_at": crime.to_at,
            "lon_deg": crime.place.lon_deg,
            "lat_deg": crime.place.lat_deg,
            "changed": "\n".join(changed),
            "body": msgspec.json.encode(crime).decode(),
        },
    )


def put_row(writes: Writes, batch_key: str, known: KnownCrime) -> None:
    """Write what a good row came to."""
    row = {"batch_key": batch_key, "row": known.row, "outcome": known.outcome}
    writes.put(schema.crime_row, row | {"crime_id": known.crime_id, "version": known.version})


def put_errors(writes: Writes, batch_key: str, errors: Iterable[CrimeError]) -> None:
    """Write what is wrong with rows; all errors of a row come together."""
    row, number = 0, 0
    for error in errors:
        number = number + 1 if error.row == row else 0
        row = error.row
        key = {"batch_key": batch_key, "row": row, "number": number}
        writes.put(schema.crime_error, key | {"body": msgspec.json.encode(error).decode()})


def latest_versions(
    connection: Connection, ids: Iterable[str], writes: Writes
) -> dict[str, tuple[int, Crime]]:
    """Return the number and the crime of the latest version of each of these that is known."""
    wanted = sorted(set(ids))
    column = schema.crime_version.c
    found: dict[str, tuple[int, str]] = {}
    query = select(column.crime_id, column.version, column.body).order_by(column.version)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        for name, version, body in connection.execute(query.where(column.crime_id.in_(some))):
            found[name] = version, body
    asked = set(wanted)
    for row in writes.put_rows(schema.crime_version):
        name = row["crime_id"]
        if name in asked and row["version"] > found.get(name, (0, ""))[0]:
            found[name] = row["version"], row["body"]
    return {name: (version, _CRIME.decode(body)) for name, (version, body) in found.items()}


def crimes_of_batch(
    connection: Connection, batch_key: str, start: int = 0, most: int | None = None
) -> list[KnownCrime]:
    """Return the crimes of a batch's good rows in the order of its rows, `most` from `start` on,
    each as that row has it."""
    row, version = schema.crime_row.c, schema.crime_version.c
    query = (
        select(row.crime_id, row.version, row.row, row.outcome, version.body)
        .join_from(
            schema.crime_row,
            schema.crime_version,
            (row.crime_id == version.crime_id) & (row.version == version.version),
        )
        .where(row.batch_key == batch_key)
        .order_by(row.row)
        .offset(start)
        .limit(most)
    )
    return [
        KnownCrime(each.crime_id, each.version, each.row, each.outcome, _CRIME.decode(each.body))
        for each in connection.execute(query)
    ]


def errors_of_batch(
    connection: Connection, batch_key: str, most: int | None = None
) -> list[CrimeError]:
    """Return what is wrong with a batch's rows, in order."""
    column = schema.crime_error.c
    query = select(column.body).where(column.batch_key == batch_key)
    found = connection.execute(query.order_by(column.row, column.number).limit(most))
    return [_ERROR.decode(body) for body in found.scalars()]


def file_records(connection: Connection, batch_key: str) -> list[int]:
    """Return the journal records that hold a batch's file, in order."""
    column = schema.crime_file.c
    query = select(column.seq).where(column.batch_key == batch_key).order_by(column.part)
    return list(connection.execute(query).scalars())


def decode_batch(body: Any) -> CrimeBatch:
    """Return the batch in a row's body."""
    return _BATCH.decode(body)


def decode_crime(body: Any) -> Crime:
    """Return the crime in a row's body."""
    return _CRIME.decode(body)
