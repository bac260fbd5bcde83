"""Tables of police's crimes: files that came, crimes in their versions, what was wrong."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

crime_batch = Table(
    "crime_batch",
    metadata,
    Column("batch_key", String, primary_key=True),
    instant("received_at", nullable=False, index=True),
    Column("agency", String, nullable=False),
    Column("police_force", String, nullable=False),
    Column("status", String, nullable=False),
    Column("body", Protected(), nullable=False),  # crime.CrimeBatch
)

crime_file = Table(
    "crime_file",
    metadata,
    Column("batch_key", String, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the journal record that holds this piece
)

crime_version = Table(
    "crime_version",
    metadata,
    Column("crime_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("batch_key", String, nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("profile_id", String, nullable=False),
    Column("police_force", String, nullable=False),
    Column("reference", String, nullable=False, index=True),
    Column("crime_type", String, nullable=False),
    instant("from_at", nullable=False),
    instant("to_at", nullable=False),
    Column("lon_deg", Float, nullable=False),
    Column("lat_deg", Float, nullable=False),
    Column("changed", String, nullable=False),  # crime.changed_groups, one a line; '': the first
    Column("body", Protected(), nullable=False),  # crime.Crime
)

crime_row = Table(
    "crime_row",
    metadata,
    Column("batch_key", String, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("crime_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("outcome", String, nullable=False),  # new, changed, same
    Index("crime_row_by_crime", "crime_id", "version"),
)

crime_error = Table(
    "crime_error",
    metadata,
    Column("batch_key", String, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),  # of the row's errors, from 0
    Column("body", Protected(), nullable=False),  # crime_errors.CrimeError
)
