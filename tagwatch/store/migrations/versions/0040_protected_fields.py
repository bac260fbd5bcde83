"""What scopes ask of protected persons and contacts stands in columns: their bodies are sealed.

Sealing itself is done by `open_projections`, after any migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and fill them from the bodies, which are still plain."""
    op.add_column(
        "protected_person", sa.Column("wearers", sa.Text(), nullable=False, server_default="[]")
    )
    op.add_column("protected_person", sa.Column("liaison", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("account_id", sa.String(), nullable=True))
    op.create_index("ix_contact_account_id", "contact", ["account_id"])
    op.execute(
        "UPDATE protected_person SET wearers = coalesce(json_extract(body, '$.wearers'), '[]'), "
        "liaison = json_extract(body, '$.liaison')"
    )
    op.execute("UPDATE contact SET account_id = json_extract(body, '$.account_id')")


def downgrade() -> None:
    """Take the columns away; what is sealed stays so: build the tables anew."""
    op.drop_index("ix_contact_account_id", "contact")
    op.drop_column("contact", "account_id")
    op.drop_column("protected_person", "liaison")
    op.drop_column("protected_person", "wearers")
