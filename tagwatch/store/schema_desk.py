"""Tables of the desk: who is on call, what shifts hand over, what excuses a wearer."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from tagwatch.store.protected import Protected
from tagwatch.store.schema_base import instant, metadata

rota_shift = Table(
    "rota_shift",
    metadata,
    Column("shift_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("contact_id", String, nullable=False, index=True),
    Column("body", Text, nullable=False),  # rota.Shift
)

rota_override = Table(
    "rota_override",
    metadata,
    Column("override_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("contact_id", String, nullable=False, index=True),
    instant("end_at", nullable=False),
    Column("body", Text, nullable=False),  # rota.Override
)

route_proposal = Table(
    "route_proposal",
    metadata,
    Column("proposal_id", String, primary_key=True),
    Column("state", String, nullable=False),  # proposed, approved, refused
    Column("version", Integer),  # of the table of routes it became
    Column("body", Text, nullable=False),  # routing.RouteProposal
)

exemption = Table(
    "exemption",
    metadata,
    Column("exemption_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("body", Protected(), nullable=False),  # exemption.Exemption
)

tag_move = Table(
    "tag_move",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("tag_id", String, nullable=False, index=True),
    instant("at", nullable=False),
    Column("state", String, nullable=False),  # inventory.TagState
    Column("by", String, nullable=False),
    Column("words", Protected(), nullable=False),
)

geometry_need = Table(
    "geometry_need",
    metadata,
    Column("need_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    instant("at", nullable=False),
    instant("settled_at"),
    Column("settled_by", String),
    Column("words", Protected(), nullable=False),  # of whoever settled it
    Column("body", Protected(), nullable=False),  # geometry_need.GeometryNeed
    Column("condition_id", String),  # that it became
)

settings_proposal = Table(
    "settings_proposal",
    metadata,
    Column("proposal_id", String, primary_key=True),
    instant("at", nullable=False),
    Column("body", Text, nullable=False),  # settings_trial.SettingsProposal
)

settings_trial = Table(
    "settings_trial",
    metadata,
    Column("proposal_id", String, primary_key=True),
    instant("at", nullable=False),
    Column("failure", Text, nullable=False),  # why it could not be rehearsed
    Column("body", Text),  # settings_trial.SettingsTrial
)

settings_trial_wearer = Table(
    "settings_trial_wearer",
    metadata,
    Column("proposal_id", String, primary_key=True),
    Column("wearer_id", String, primary_key=True),
    Column("body", Text, nullable=False),  # settings_trial.WearerTrial
)

settings_outcome = Table(
    "settings_outcome",
    metadata,
    Column("proposal_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),  # it became; 0: it was withdrawn
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("words", Text, nullable=False),
)

handover = Table(
    "handover",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("words", Protected(), nullable=False),
    instant("taken_at"),
    Column("taken_by", String),
)

receipt = Table(
    "receipt",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("notification_id", String, nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    instant("at", nullable=False),
    Column("result", String, nullable=False),
    Column("words", Protected(), nullable=False),
)

case_record = Table(
    "case_record",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("state", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    instant("opened_at", nullable=False),
    instant("due_at"),  # of its next open task
    Column("body", Protected(), nullable=False),  # case.Case
)

recall_request = Table(
    "recall_request",
    metadata,
    Column("decision_id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("wearer_id", String, nullable=False),
    Column("finding", String),  # the strongest it rested on; none: on no finding about a place
    Column("stands", Integer, nullable=False),
)

case_version = Table(
    "case_version",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the journal record that made it
    instant("at", nullable=False),
    Column("by", String, nullable=False),
    Column("kind", String, nullable=False),  # opened, extended, decided, signed, task …
    Column("words", Protected(), nullable=False),
)
