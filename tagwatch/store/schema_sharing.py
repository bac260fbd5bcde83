"""Tables of who reaches a wearer by exception: openings by break-glass, and shares of cases."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

glass = Table(
    "glass",
    metadata,
    Column("glass_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("by", String, nullable=False),
    instant("at", nullable=False),
    instant("until", nullable=False),
    Column("owed", Integer, nullable=False),  # 1: its owner has still to say what he makes of it
    Column("body", Protected(), nullable=False),  # glass.Glass
    Index("glass_of_officer", "by", "until"),
)

case_share = Table(
    "case_share",
    metadata,
    Column("share_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("agency", String, nullable=False, index=True),
    Column("account_id", String),  # only this account of the agency
    Column("version", Integer, nullable=False),
    instant("made_at", nullable=False),
    instant("over_at", nullable=False),  # it reaches nobody from then on
    Column("body", Protected(), nullable=False),  # case_share.CaseShare
)

case_share_version = Table(
    "case_share_version",
    metadata,
    Column("share_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("seq", BigInteger, nullable=False),  # the journal record that made it
    Column("body", Protected(), nullable=False),  # case_share.CaseShare
)

case_share_fetch = Table(
    "case_share_fetch",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("share_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("form", String, nullable=False),  # recorded_share.FetchForm
    Column("sha256", String, nullable=False),
)
