"""Tables of the trail archive: which files there are, where the seam lies, what was brought back.

See docs/archive.md.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from tagwatch.store.protected import Protected
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
    # The same as the line counts, in every rebuild alike: it differs where files were lost, and
    # their fixes are in trail_block again.
    instant("settled", nullable=False),
    Column("settled_upto", BigInteger, nullable=False, server_default="0"),
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
    Column("state", String, nullable=False),  # waiting, done
    instant("dropped_at", nullable=False),  # when a done one may go again, with its fixes
    Column("body", Text, nullable=False),  # staging.StageRequest
)

staged_block = Table(
    "staged_block",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record that brought it back
    Column("request", String, nullable=False, index=True),
    Column("attempt", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("of", Integer, nullable=False),
    Column("wearer_id", String, nullable=False, index=True),
    Column("activation_id", String, nullable=False),
    instant("first_at", nullable=False),
    instant("last_at", nullable=False),
    Column("fixes", Integer, nullable=False),
    Column("rows", LargeBinary, nullable=False),  # trail.pack
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("wearer_id", String, nullable=False, index=True),
    Column("held", Integer, nullable=False),  # 1: set, 0: ended
    instant("at", nullable=False),
    Column("why", Protected(), nullable=False),
    Column("by", String, nullable=False),
)

legal_hold_lift = Table(
    "legal_hold_lift",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("wearer_id", String, nullable=False, index=True),
    Column("asked", Integer, nullable=False),  # 1: asked for, 0: refused
    instant("at", nullable=False),
    Column("why", Protected(), nullable=False),
    Column("by", String, nullable=False),
)

archive_erasure = Table(
    "archive_erasure",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record that says it was erased
    Column("activation_id", String, nullable=False),
    Column("period", String, nullable=False),  # month, or day, of receipt
    instant("at", nullable=False),
)
