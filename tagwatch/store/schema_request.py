"""Tables of data requests: as they stand, who did what, who fetched what, the monthly sample."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

data_request = Table(
    "data_request",
    metadata,
    Column("request_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("agency", String, nullable=False),  # of the account that asks; empty: somebody outside
    Column("counts_for", String, nullable=False),  # the agency, else the kind
    instant("asked_at", nullable=False),
    instant("due_at", nullable=False),
    instant("settled_at"),
    instant("expires_at"),
    Column("refusal", String),
    Column("joint_id", String, index=True),  # of the request about several people it is a part of
    Column("version", Integer, nullable=False),
    Column("body", Protected(), nullable=False),  # data_request.DataRequest
    Index("data_request_by_due", "state", "due_at"),
    Index("data_request_by_asking", "asked_at"),
    Index("data_request_by_agency", "agency", "asked_at"),
)

named_request = Table(
    "named_request",
    metadata,
    Column("named_id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("agency", String, nullable=False),  # of the account that asks
    Column("wearer_id", String, index=True),  # once somebody said whom it is about
    Column("request_id", String, nullable=False),  # of the data request that goes on with it
    instant("asked_at", nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Protected(), nullable=False),  # named_request.NamedRequest
    Index("named_request_by_state", "state", "asked_at"),
)

data_request_version = Table(
    "data_request_version",
    metadata,
    Column("request_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the journal record that made it
    instant("at", nullable=False),
    Column("by", String, nullable=False),  # empty: its time was over
    Column("kind", String, nullable=False),
)

request_fetch = Table(
    "request_fetch",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("request_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("file", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("to", String, nullable=False),  # empty: the account that asked
    Column("receipt", String, nullable=False),
)

request_draw = Table(
    "request_draw",
    metadata,
    Column("month", String, primary_key=True),  # London, as 2026-11
    Column("seq", BigInteger, nullable=False),
    Column("seed", String, nullable=False),
    Column("head_seq", BigInteger, nullable=False),
    instant("at", nullable=False),
    instant("due_at", nullable=False),
    Column("counted", Text, nullable=False),
)

request_sample = Table(
    "request_sample",
    metadata,
    Column("month", String, primary_key=True),
    Column("request_id", String, primary_key=True),
    Column("counts_for", String, nullable=False),
    instant("due_at", nullable=False),
    instant("reviewed_at"),
    Column("reviewed_by", String),
    Column("finding", String),
    Column("words", Protected()),
)
