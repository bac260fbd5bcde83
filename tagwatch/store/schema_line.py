"""Tables of the line itself: what it remembers of the installation, judged, and counted."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from tagwatch.store.schema_base import instant, metadata

line_state = Table(
    "line_state",
    metadata,
    Column("name", String, primary_key=True),  # installation
    Column("body", LargeBinary, nullable=False),  # memory.InstallationState, MessagePack
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("evaluation_id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, nullable=False),  # journal record that caused it
    Column("wearer_id", String, nullable=False),
    Column("condition_id", String),
    instant("at", nullable=False),
    Column("body", Text, nullable=False),  # episode.Evaluation
    Index("evaluation_by_wearer", "wearer_id", "at"),
)

counter = Table(
    "counter",
    metadata,
    Column("name", String, primary_key=True),  # e.g. frames, fixes, fixes_bad_time, duplicates
    Column("value", BigInteger, nullable=False),
)
