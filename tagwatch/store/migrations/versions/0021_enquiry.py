"""Enquiries with their versions; photos, whose bytes only the journal holds; of cases the next task
and the recalls that were asked for, as columns."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "enquiry",
        sa.Column("enquiry_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("enquiry_id"),
    )
    op.create_index("ix_enquiry_wearer_id", "enquiry", ["wearer_id"])
    op.create_index("enquiry_by_due", "enquiry", ["state", "due_at"])
    op.create_index("enquiry_by_receipt", "enquiry", ["received_at"])
    op.create_table(
        "enquiry_version",
        sa.Column("enquiry_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("enquiry_id", "version"),
    )
    op.create_table(
        "photo",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("photo_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("taken_on", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("wearer_id"),
    )
    op.drop_column("appearance", "photo")
    op.add_column("case_record", sa.Column("due_at", sa.BigInteger()))
    op.create_table(
        "recall_request",
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("finding", sa.String()),
        sa.Column("stands", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    connection = op.get_bind()
    for body in connection.execute(sa.text("SELECT body FROM case_record")).scalars().all():
        _fill(connection, json.loads(body))


_DUE = sa.text("UPDATE case_record SET due_at = :due WHERE case_id = :case")
_RECALL = sa.text(
    "INSERT INTO recall_request (decision_id, case_id, wearer_id, finding, stands) "
    "VALUES (:decision, :case, :wearer, :finding, :stands)"
)
_STRENGTH = ("confirmed", "possible", "undetermined", "withdrawn")


def _fill(connection: Any, case: dict[str, Any]) -> None:
    """As `store.cases.put_case` was when this was written."""
    tasks = case.get("tasks", ())
    due = min((task["due_at"] for task in tasks if task.get("done_at") is None), default=None)
    connection.execute(_DUE, {"due": due, "case": case["case_id"]})
    for one in case.get("decisions", ()):
        if one["kind"] == "recall_request":
            judged = {
                held["finding"] for held in one.get("held", ()) if held.get("is_judged", True)
            }
            row = {"decision": one["decision_id"], "case": case["case_id"]}
            row |= {"wearer": case["wearer_id"], "stands": int(one.get("agreement") == "agrees")}
            strongest = next((each for each in _STRENGTH if each in judged), None)
            connection.execute(_RECALL, row | {"finding": strongest})


def downgrade() -> None:
    """Drop them."""
    op.drop_table("recall_request")
    op.drop_column("case_record", "due_at")
    op.add_column("appearance", sa.Column("photo", sa.LargeBinary()))
    for table in ("photo", "enquiry_version", "enquiry"):
        op.drop_table(table)
