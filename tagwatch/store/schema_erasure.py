"""Tables of retention: who was forgotten and how far that has come; how long what is kept."""

from sqlalchemy import Column, Integer, String, Table, Text

from tagwatch.store.schema_base import instant, metadata

forgetting = Table(
    "forgetting",
    metadata,
    Column("forgetting_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("state", String, nullable=False),  # begun, forgotten, proved
    instant("at", nullable=False),
    instant("forgotten_at"),
    instant("proved_at"),
    Column("body", Text, nullable=False),  # recorded_erasure.ForgettingBegun
    Column("mentions", Text, nullable=False),  # JSON: table and key of others' rows naming him
    Column("proof", Text),  # recorded_erasure.ErasureProof
)

retention_periods = Table(
    "retention_periods",
    metadata,
    Column("version", Integer, primary_key=True),
    instant("at", nullable=False),
    Column("body", Text, nullable=False),  # recorded_erasure.RetentionPublished
)
