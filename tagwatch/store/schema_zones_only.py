"""Tables of zones-only monitoring: what stays of messages, and stretches that were opened."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from tagwatch.store.schema_base import instant, metadata

kept_frame = Table(
    "kept_frame",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record of the message
    Column("activation_id", String, nullable=False),
    Column("wearer_id", String, nullable=False, index=True),
    Column("day", String, nullable=False),  # the period of its key
    Column("rows", LargeBinary, nullable=False),  # trail.pack: fixes not kept have no place
    Column("kept", Text, nullable=False),  # JSON: which rows are
    Index("kept_frame_of_day", "activation_id", "day"),
)

sealed_stretch = Table(
    "sealed_stretch",
    metadata,
    Column("stretch_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("by", String, nullable=False),
    Column("state", String, nullable=False),  # zones_only.StretchState
    instant("asked_at", nullable=False),
    instant("until"),
    Column("body", Text, nullable=False),  # stretch.Stretch
    Index("sealed_stretch_of_officer", "by", "until"),
)
