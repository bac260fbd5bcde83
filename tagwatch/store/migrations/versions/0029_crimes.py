"""Police's crimes: files that came, crimes in their versions, what was wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "crime_batch",
        sa.Column("batch_key", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("police_force", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_key"),
    )
    op.create_index("ix_crime_batch_received_at", "crime_batch", ["received_at"])
    op.create_table(
        "crime_file",
        sa.Column("batch_key", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_key", "part"),
    )
    op.create_table(
        "crime_version",
        sa.Column("crime_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("batch_key", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.String(), nullable=False),
        sa.Column("police_force", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("crime_type", sa.String(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=False),
        sa.Column("lon_deg", sa.Float(), nullable=False),
        sa.Column("lat_deg", sa.Float(), nullable=False),
        sa.Column("changed", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("crime_id", "version"),
    )
    op.create_index("ix_crime_version_batch_key", "crime_version", ["batch_key"])
    op.create_index("ix_crime_version_reference", "crime_version", ["reference"])
    op.create_table(
        "crime_row",
        sa.Column("batch_key", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("crime_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("batch_key", "row"),
    )
    op.create_index("crime_row_by_crime", "crime_row", ["crime_id", "version"])
    op.create_table(
        "crime_error",
        sa.Column("batch_key", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_key", "row", "number"),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("crime_error", "crime_row", "crime_version", "crime_file", "crime_batch"):
        op.drop_table(name)
