"""Tables of what tags said: recent fixes, and what they report of themselves."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from tagwatch.store.schema_base import instant, metadata

trail_block = Table(
    "trail_block",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record its fixes came in
    Column("wearer_id", String, nullable=False),  # empty: no activation was in force
    Column("activation_id", String, nullable=False),
    instant("first_at", nullable=False),
    instant("last_at", nullable=False),
    Column("fixes", Integer, nullable=False),
    Column("rows", LargeBinary, nullable=False),  # trail.pack of FIX_DTYPE rows
    Index("trail_block_by_wearer", "wearer_id", "last_at"),
)

tag_event = Table(
    "tag_event",
    metadata,
    Column("seq", BigInteger, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("wearer_id", String),
    Column("activation_id", String),
    instant("happened_at", nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),  # fix.TagEvent
    Index("tag_event_by_wearer", "wearer_id", "happened_at"),
)
