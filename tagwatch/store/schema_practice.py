"""Tables of practitioners' work: leave and what is handed over."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from tagwatch.store.schema_base import instant, metadata

officer_leave = Table(
    "officer_leave",
    metadata,
    Column("leave_id", String, primary_key=True),
    Column("officer", String, nullable=False),
    Column("deputy", String, nullable=False),
    instant("starts_at", nullable=False),
    instant("until", nullable=False),
    Column("body", Text, nullable=False),  # leave.Leave
    Index("officer_leave_by_deputy", "deputy", "until"),
)

leave_note = Table(
    "leave_note",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("leave_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("words", Text, nullable=False),
)
