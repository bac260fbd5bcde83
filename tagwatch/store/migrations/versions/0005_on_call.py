"""Who is on call, who changed a route with whom, and what became of a message after it left."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    _rota()
    op.create_table(
        "route_proposal",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_table(
        "receipt",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("notification_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_receipt_notification_id", "receipt", ["notification_id"])
    op.add_column("notification", sa.Column("answered_at", sa.BigInteger(), nullable=True))
    op.add_column("attempt", sa.Column("reference", sa.String(), nullable=False, server_default=""))


def _rota() -> None:
    op.create_table(
        "rota_shift",
        sa.Column("shift_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("shift_id", "version"),
    )
    op.create_index("ix_rota_shift_contact_id", "rota_shift", ["contact_id"])
    op.create_table(
        "rota_override",
        sa.Column("override_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("override_id", "version"),
    )
    op.create_index("ix_rota_override_contact_id", "rota_override", ["contact_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_column("attempt", "reference")
    op.drop_column("notification", "answered_at")
    for table in ("receipt", "route_proposal", "rota_override", "rota_shift"):
        op.drop_table(table)
