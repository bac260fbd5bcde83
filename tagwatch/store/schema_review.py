"""The tables of reviews: those that took place, and what was told of those that did not."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

review = Table(
    "review",
    metadata,
    Column("what", String, primary_key=True),  # review.ReviewOf
    Column("about", String, primary_key=True),  # the order's id, or the wearer's
    Column("since", BigInteger, primary_key=True),  # since when what was reviewed stands
    Column("number", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the journal record
    Column("wearer_id", String, nullable=False, index=True),
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    instant("due_at", nullable=False),
    instant("next_at", nullable=False),
    Column("found", Protected(), nullable=False),
)

review_alarm = Table(
    "review_alarm",
    metadata,
    Column("what", String, primary_key=True),
    Column("about", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("cause", String, nullable=False),  # the last that was told: the alert is of this id
    instant("happened_at", nullable=False),
    Column("is_open", Integer, nullable=False),  # 0: reviewed, or nothing is to be reviewed
)
