"""Tables of zones-only monitoring: what stays of messages, and who asked to see what is sealed."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from tagwatch.store.protected import Protected
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

unsealing = Table(
    "unsealing",
    metadata,
    Column("unsealing_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("by", String, nullable=False),
    instant("at", nullable=False),
    Column("waiting", Integer, nullable=False),  # for a decision 1, for its end 2, for nothing 0
    instant("until", nullable=False),  # open until then; 0 if it was never approved
    Column("body", Protected(), nullable=False),  # unsealing.Unsealing
    Index("unsealing_of_officer", "by", "until"),
)
