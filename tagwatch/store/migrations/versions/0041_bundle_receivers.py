"""Who was told that a bundle no longer stands, and which signing key came after which."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bundle_told",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("bundle_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_bundle_told_bundle_id", "bundle_told", ["bundle_id"])
    op.create_table(
        "signing_key_rotation",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("signing_key_rotation")
    op.drop_table("bundle_told")
