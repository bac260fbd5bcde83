"""Tables of matched crimes: who asked, the runs, whom they found, what was said of it."""

from sqlalchemy import Column, Integer, String, Table, Text

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

crime_match_ask = Table(
    "crime_match_ask",
    metadata,
    Column("crime_id", String, primary_key=True),
    instant("at", nullable=False),
    Column("account_id", String, nullable=False),
    Column("rule", String, nullable=False),  # match.MatchRule
)
"""The latest of each crime."""

crime_match_run = Table(
    "crime_match_run",
    metadata,
    Column("run_key", String, primary_key=True),
    Column("crime_id", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    instant("ended_at", nullable=False),
    Column("body", Text, nullable=False),  # match_run.MatchRun
)

crime_match = Table(
    "crime_match",
    metadata,
    Column("match_id", String, primary_key=True),
    Column("run_key", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("found", String, nullable=False),  # match.MatchList
    Column("body", Protected(), nullable=False),  # match_run.MatchedPerson
)

crime_match_word = Table(
    "crime_match_word",
    metadata,
    Column("match_id", String, primary_key=True),
    instant("at", primary_key=True),
    Column("account_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False),
    Column("body", Protected(), nullable=False),  # match_run.MatchWord
)
