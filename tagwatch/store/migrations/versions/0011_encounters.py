"""What is remembered of two wearers who must not meet."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "encounter_memory",
        sa.Column("condition_id", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("condition_id", "slot"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("encounter_memory")
