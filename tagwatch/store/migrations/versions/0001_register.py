"""The register, the trail and the line's memory."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _contact()
    _counter()
    _credential()
    _cursor()
    _last_seen()
    _line_state()
    _memory()
    _protected_person()
    _set_aside()
    _settings()
    _snapshot()
    _tag()
    _tag_event()
    _trail_block()
    _wearer()
    _activation()
    _condition()
    _order_record()


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id"),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_duty"), ["duty"], unique=False)


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _credential() -> None:
    op.create_table(
        "credential",
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("credential_id"),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_credential_secret_sha256"), ["secret_sha256"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_credential_tag_id"), ["tag_id"], unique=False)


def _cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lane"),
    )


def _last_seen() -> None:
    op.create_table(
        "last_seen",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("activation_id", sa.String(), nullable=False),
        sa.Column("fixed_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("lon_deg", sa.Float(), nullable=True),
        sa.Column("lat_deg", sa.Float(), nullable=True),
        sa.Column("accuracy_m_95", sa.Float(), nullable=True),
        sa.Column("source", sa.Integer(), nullable=True),
        sa.Column("speed_mps", sa.Float(), nullable=True),
        sa.Column("bearing_deg", sa.Float(), nullable=True),
        sa.Column("battery_pct", sa.Float(), nullable=True),
        sa.Column("charging", sa.Integer(), nullable=True),
        sa.Column("battery_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("wearer_id"),
    )


def _line_state() -> None:
    op.create_table(
        "line_state",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _memory() -> None:
    op.create_table(
        "memory",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("wearer_id"),
    )


def _protected_person() -> None:
    op.create_table(
        "protected_person",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id"),
    )


def _set_aside() -> None:
    op.create_table(
        "set_aside",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )


def _settings() -> None:
    op.create_table(
        "settings",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )


def _snapshot() -> None:
    op.create_table(
        "snapshot",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("wearer_id", "at"),
    )


def _tag() -> None:
    op.create_table(
        "tag",
        sa.Column("tag_id", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tag_id"),
    )
    with op.batch_alter_table("tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tag_serial"), ["serial"], unique=False)


def _tag_event() -> None:
    op.create_table(
        "tag_event",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=True),
        sa.Column("activation_id", sa.String(), nullable=True),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "index"),
    )
    with op.batch_alter_table("tag_event", schema=None) as batch_op:
        batch_op.create_index("tag_event_by_wearer", ["wearer_id", "happened_at"], unique=False)


def _trail_block() -> None:
    op.create_table(
        "trail_block",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("activation_id", sa.String(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("fixes", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    with op.batch_alter_table("trail_block", schema=None) as batch_op:
        batch_op.create_index("trail_block_by_wearer", ["wearer_id", "last_at"], unique=False)


def _wearer() -> None:
    op.create_table(
        "wearer",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("crn", sa.String(), nullable=True),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("borough", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=True),
        sa.Column("restriction", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("wearer_id"),
    )
    with op.batch_alter_table("wearer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wearer_agency"), ["agency"], unique=False)
        batch_op.create_index(batch_op.f("ix_wearer_borough"), ["borough"], unique=False)
        batch_op.create_index(batch_op.f("ix_wearer_crn"), ["crn"], unique=False)
        batch_op.create_index(batch_op.f("ix_wearer_officer"), ["officer"], unique=False)


def _activation() -> None:
    op.create_table(
        "activation",
        sa.Column("activation_id", sa.String(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tag_id"],
            ["tag.tag_id"],
        ),
        sa.ForeignKeyConstraint(
            ["wearer_id"],
            ["wearer.wearer_id"],
        ),
        sa.PrimaryKeyConstraint("activation_id"),
    )
    with op.batch_alter_table("activation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activation_tag_id"), ["tag_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activation_wearer_id"), ["wearer_id"], unique=False)


def _condition() -> None:
    op.create_table(
        "condition",
        sa.Column("condition_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("knowledge", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wearer_id"],
            ["wearer.wearer_id"],
        ),
        sa.PrimaryKeyConstraint("condition_id", "version"),
    )
    with op.batch_alter_table("condition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_condition_wearer_id"), ["wearer_id"], unique=False)


def _order_record() -> None:
    op.create_table(
        "order_record",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wearer_id"],
            ["wearer.wearer_id"],
        ),
        sa.PrimaryKeyConstraint("order_id"),
    )
    with op.batch_alter_table("order_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_record_wearer_id"), ["wearer_id"], unique=False)
