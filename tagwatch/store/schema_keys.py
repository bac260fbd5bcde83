"""What was done with the installation's own keys."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from tagwatch.store.schema_base import instant, metadata

key_act = Table(
    "key_act",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("kind", String, nullable=False),  # rotated, exported or drilled
    instant("at", nullable=False),
    Column("body", Text, nullable=False),  # an event of recorded_keys
)
