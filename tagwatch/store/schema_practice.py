"""Tables of practitioners' work: leave, what is handed over, enquiries, weekly overviews."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

officer_leave = Table(
    "officer_leave",
    metadata,
    Column("leave_id", String, primary_key=True),
    Column("officer", String, nullable=False),
    Column("deputy", String, nullable=False),
    instant("starts_at", nullable=False),
    instant("until", nullable=False),
    Column("body", Protected(), nullable=False),  # leave.Leave
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
    Column("words", Protected(), nullable=False),
)

enquiry = Table(
    "enquiry",
    metadata,
    Column("enquiry_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("organisation", String, nullable=False),
    instant("received_at", nullable=False),
    instant("due_at", nullable=False),
    instant("settled_at"),
    Column("recorded_by", String, nullable=False),
    Column("agency", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Protected(), nullable=False),  # enquiry.Enquiry
    Index("enquiry_by_due", "state", "due_at"),
    Index("enquiry_by_receipt", "received_at"),
)

enquiry_version = Table(
    "enquiry_version",
    metadata,
    Column("enquiry_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the journal record that made it
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("kind", String, nullable=False),
)

week_notice = Table(
    "week_notice",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("wanted", Integer, nullable=False),  # 1: told when the week's overviews are ready
    instant("at", nullable=False),
)

account_check = Table(
    "account_check",
    metadata,
    Column("check_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("wearer_id", String, nullable=False),
    instant("made_at", nullable=False),
    Column("made_by", String, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the journal record that made it
    Column("body", Protected(), nullable=False),  # account_check.AccountCheck
    Index("account_check_by_wearer", "wearer_id", "made_at"),
)

account_case = Table(
    "account_case",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record that made it
    Column("check_id", String, nullable=False, index=True),
    Column("case_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("taken_back", Protected(), nullable=False),  # why; empty: it was attached
)

account_word = Table(
    "account_word",
    metadata,
    Column("seq", BigInteger, primary_key=True),
    Column("check_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("words", Protected(), nullable=False),
)

week_made = Table(
    "week_made",
    metadata,
    Column("monday", String, primary_key=True),  # London, as 2026-11-16
    instant("began_at", nullable=False),
    instant("at", nullable=False),
    Column("made", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("sha256", String, nullable=False),
)
