"""Risk management plans with their versions, officers' notes of the risk, and appearances."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "risk_plan",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("review_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("wearer_id"),
    )
    op.create_table(
        "risk_plan_version",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("wearer_id", "version"),
    )
    op.create_table(
        "risk_note",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_risk_note_wearer_id", "risk_note", ["wearer_id"])
    op.create_table(
        "appearance",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("photo", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("wearer_id"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_risk_note_wearer_id", "risk_note")
    for name in ("appearance", "risk_note", "risk_plan_version", "risk_plan"):
        op.drop_table(name)
