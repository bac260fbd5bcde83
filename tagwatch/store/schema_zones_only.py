"""Table of zones-only monitoring: what stays of messages."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from tagwatch.store.schema_base import metadata

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
