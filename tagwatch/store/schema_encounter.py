"""What is remembered of two wearers who must not meet. `schema` has it with all others."""

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from tagwatch.store.schema_base import instant, metadata

encounter_memory = Table(
    "encounter_memory",
    metadata,
    Column("condition_id", String, primary_key=True),
    Column("slot", BigInteger, primary_key=True),  # number of the stretch of event time
    instant("upto", nullable=False),  # of the last fix of either in it
    Column("body", LargeBinary, nullable=False),  # encounters.EncounterMemory
)
