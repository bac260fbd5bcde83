"""The register of evidence bundles."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bundle",
        sa.Column("bundle_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_id"),
    )
    op.create_index("ix_bundle_wearer_id", "bundle", ["wearer_id"])
    op.create_table(
        "bundle_given",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("bundle_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_bundle_given_bundle_id", "bundle_given", ["bundle_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("bundle_given")
    op.drop_table("bundle")
