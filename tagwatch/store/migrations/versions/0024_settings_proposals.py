"""Rule settings that are proposed, their rehearsal, and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "settings_proposal",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_table(
        "settings_trial",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_table(
        "settings_trial_wearer",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "wearer_id"),
    )
    op.create_table(
        "settings_outcome",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "version"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("settings_outcome")
    op.drop_table("settings_trial_wearer")
    op.drop_table("settings_trial")
    op.drop_table("settings_proposal")
