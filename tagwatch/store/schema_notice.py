"""Tables of what protected persons' sides are told."""

from sqlalchemy import Column, Index, String, Table

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

notice = Table(
    "notice",
    metadata,
    Column("notice_id", String, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("state", String, nullable=False, index=True),
    instant("made_at", nullable=False),
    Column("notification_id", String, index=True),  # of its newest message
    Column("contact_id", String),  # who was told
    Column("outage", String),  # of many tags, told in one message a contact
    Column("alert_id", String, index=True),  # that it failed, until she was told after all
    Column("body", Protected(), nullable=False),  # notice.Notice
    Index("notice_of_outage", "outage", "contact_id"),
)

side_hold = Table(
    "side_hold",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("body", Protected(), nullable=False),  # notice.Hold
)
