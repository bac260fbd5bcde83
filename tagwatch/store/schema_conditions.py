"""Two wearers who must not meet, and zones that wait for a second person. `schema` has all."""

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

encounter_memory = Table(
    "encounter_memory",
    metadata,
    Column("condition_id", String, primary_key=True),
    Column("slot", BigInteger, primary_key=True),  # number of the stretch of event time
    instant("upto", nullable=False),  # of the last fix of either in it
    Column("body", LargeBinary, nullable=False),  # encounters.EncounterMemory
)

zone_draft = Table(
    "zone_draft",
    metadata,
    Column("draft_id", String, primary_key=True),
    Column("condition_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("state", String, nullable=False, index=True),  # waiting, approved, refused
    instant("at", nullable=False),
    Column("body", Protected(), nullable=False),  # zone_draft.ZoneDraft
)
