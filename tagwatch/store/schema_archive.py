"""Tables of the trail archive: which files there are, where the seam lies, what was brought back.

See docs/archive.md.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from tagwatch.store.schema_base import instant, metadata

trail_part = Table(
    "trail_part",
    metadata,
    Column("path", String, primary_key=True),  # recorded_archive.ArchiveFile, column by column
    Column("order", String, nullable=False),
    Column("month", String, nullable=False),
    Column("fixes", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    instant("first_at", nullable=False),
    instant("last_at", nullable=False),
    Index("trail_part_by_time", "order", "last_at"),
)

trail_seam = Table(
    "trail_seam",
    metadata,
    Column("name", String, primary_key=True),  # trail
    # A row of trail_block with last_at < horizon and seq <= upto is in the archive.
    instant("horizon", nullable=False),
    Column("upto", BigInteger, nullable=False),
    # What is decided from before this needs fixes brought back, in every rebuild alike.
    instant("settled", nullable=False),
    Column("sweeping", Integer, nullable=False),  # 1: archived rows are still to be deleted
    instant("sealed_at", nullable=False),
)

stage_request = Table(
    "stage_request",
    metadata,
    Column("request", String, primary_key=True),
    Column("wearer_id", String, nullable=False),
    instant("start", nullable=False),  # archived fixes [start, end) are wanted
    instant("end", nullable=False),
    instant("asked_at", nullable=False),
    Column("body", Text, nullable=False),  # staging.StageRequest
)

staged_block = Table(
    "staged_block",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record that brought it back
    Column("request", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("activation_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("of", Integer, nullable=False),
    instant("first_at", nullable=False),
    instant("last_at", nullable=False),
    Column("fixes", Integer, nullable=False),
    Column("rows", LargeBinary, nullable=False),  # trail.pack
    instant("dropped_at", nullable=False),  # when it may go again
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("wearer_id", String, primary_key=True),
    instant("set_at", primary_key=True),
    instant("ended_at"),
    Column("body", Text, nullable=False),  # recorded_archive.LegalHoldSet
    Column("end_body", Text),  # recorded_archive.LegalHoldEnded
)
