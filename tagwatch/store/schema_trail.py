"""Tables of what tags said: recent fixes, and what they report of themselves."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text, text

from tagwatch.store.schema_base import instant, metadata

LONG_SPAN = "last_at - first_at > 86400000000"
"""A message whose fixes reach over more than a day: there are few, and they are looked for apart,
so that of all others only those that end within a day of the window are read."""

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
    Index("trail_block_long", "wearer_id", "last_at", sqlite_where=text(LONG_SPAN)),
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
