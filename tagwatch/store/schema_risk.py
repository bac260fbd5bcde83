"""The tables of risk: plans, notes, and what wearers look like. `schema` has them all."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

risk_plan = Table(
    "risk_plan",
    metadata,
    Column("wearer_id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    instant("review_at", nullable=False),
    Column("body", Protected(), nullable=False),  # risk_plan.RiskPlan
)

risk_plan_version = Table(
    "risk_plan_version",
    metadata,
    Column("wearer_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the journal record that made it
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("words", Protected(), nullable=False),  # of a review that changed nothing else
    Column("body", Protected(), nullable=False),  # risk_plan.RiskPlan
)

risk_note = Table(
    "risk_note",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("wearer_id", String, nullable=False, index=True),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("words", Protected(), nullable=False),
)

appearance = Table(
    "appearance",
    metadata,
    Column("wearer_id", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the journal record
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("description", Protected(), nullable=False),
)

photo = Table(
    "photo",
    metadata,
    Column("wearer_id", String, primary_key=True),
    Column("photo_id", String, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the journal record that holds its bytes
    Column("size_bytes", Integer, nullable=False),
    Column("taken_on", String, nullable=False),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
)
