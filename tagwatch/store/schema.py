"""The tables of the projections: everything here is rebuilt from the journal.

Bodies are the JSON of the core structs named beside them; columns repeat what is searched by.
Instants are microseconds UTC. Portable SQL only: PostgreSQL follows with the cluster.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from tagwatch.store import (
    schema_archive,
    schema_bundle,
    schema_conditions,
    schema_crime,
    schema_desk,
    schema_erasure,
    schema_keys,
    schema_line,
    schema_match,
    schema_notice,
    schema_practice,
    schema_request,
    schema_review,
    schema_risk,
    schema_sharing,
    schema_trail,
    schema_zones_only,
)
from tagwatch.store.protected import Blind, Protected
from tagwatch.store.schema_base import instant, metadata

rota_shift: Final = schema_desk.rota_shift
rota_override: Final = schema_desk.rota_override
route_proposal: Final = schema_desk.route_proposal
review: Final = schema_review.review
review_alarm: Final = schema_review.review_alarm
exemption: Final = schema_desk.exemption
tag_move: Final = schema_desk.tag_move
geometry_need: Final = schema_desk.geometry_need
settings_proposal: Final = schema_desk.settings_proposal
settings_trial: Final = schema_desk.settings_trial
settings_trial_wearer: Final = schema_desk.settings_trial_wearer
settings_outcome: Final = schema_desk.settings_outcome
handover: Final = schema_desk.handover
case_record: Final = schema_desk.case_record
case_version: Final = schema_desk.case_version
recall_request: Final = schema_desk.recall_request
receipt: Final = schema_desk.receipt
risk_plan: Final = schema_risk.risk_plan
risk_plan_version: Final = schema_risk.risk_plan_version
risk_note: Final = schema_risk.risk_note
appearance: Final = schema_risk.appearance
photo: Final = schema_risk.photo
notice: Final = schema_notice.notice
side_hold: Final = schema_notice.side_hold
officer_leave: Final = schema_practice.officer_leave
leave_note: Final = schema_practice.leave_note
enquiry: Final = schema_practice.enquiry
enquiry_version: Final = schema_practice.enquiry_version
data_request: Final = schema_request.data_request
named_request: Final = schema_request.named_request
crime_batch: Final = schema_crime.crime_batch
crime_file: Final = schema_crime.crime_file
crime_version: Final = schema_crime.crime_version
crime_row: Final = schema_crime.crime_row
crime_error: Final = schema_crime.crime_error
crime_match_ask: Final = schema_match.crime_match_ask
crime_match_run: Final = schema_match.crime_match_run
crime_match: Final = schema_match.crime_match
crime_match_word: Final = schema_match.crime_match_word
account_check: Final = schema_practice.account_check
week_made: Final = schema_practice.week_made
week_notice: Final = schema_practice.week_notice
bundle: Final = schema_bundle.bundle
bundle_given: Final = schema_bundle.bundle_given
bundle_told: Final = schema_bundle.bundle_told
signing_key_rotation: Final = schema_bundle.signing_key_rotation
key_act: Final = schema_keys.key_act
glass: Final = schema_sharing.glass
line_state: Final = schema_line.line_state
evaluation: Final = schema_line.evaluation
counter: Final = schema_line.counter
encounter_memory: Final = schema_conditions.encounter_memory
zone_draft: Final = schema_conditions.zone_draft
trail_block: Final = schema_trail.trail_block
tag_event: Final = schema_trail.tag_event
trail_part: Final = schema_archive.trail_part
trail_seam: Final = schema_archive.trail_seam
staged_block: Final = schema_archive.staged_block
stage_request: Final = schema_archive.stage_request
kept_frame: Final = schema_zones_only.kept_frame
unsealing: Final = schema_zones_only.unsealing
legal_hold: Final = schema_archive.legal_hold
legal_hold_lift: Final = schema_archive.legal_hold_lift
archive_erasure: Final = schema_archive.archive_erasure
forgetting: Final = schema_erasure.forgetting
retention_periods: Final = schema_erasure.retention_periods

cursor = Table(
    "cursor",
    metadata,
    Column("lane", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # the last record applied
    instant("received_at", nullable=False),  # of that record
)

wearer = Table(
    "wearer",
    metadata,
    Column("wearer_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("crn", Blind("body", "crn"), index=True),
    Column("programme", String, nullable=False),
    Column("borough", String, nullable=False, index=True),
    Column("agency", String, nullable=False, index=True),
    Column("officer", String, index=True),
    Column("restriction", String, nullable=False),
    Column("body", Protected(), nullable=False),  # person.Wearer
    # All by which a scope chooses: of thousands of wearers within it no record is read.
    Index("wearer_by_reach", "wearer_id", "restriction", "agency", "officer", "borough"),
)

protected_person = Table(
    "protected_person",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("wearers", Text, nullable=False, server_default="[]"),  # ids, JSON: scopes ask
    Column("liaison", String),
    Column("body", Protected(), nullable=False),  # person.ProtectedPerson
)

tag = Table(
    "tag",
    metadata,
    Column("tag_id", String, primary_key=True),
    Column("serial", String, nullable=False, index=True),
    Column("body", Text, nullable=False),  # person.Tag
)

activation = Table(
    "activation",
    metadata,
    Column("activation_id", String, primary_key=True),
    Column("tag_id", String, ForeignKey("tag.tag_id"), nullable=False, index=True),
    Column("wearer_id", String, ForeignKey("wearer.wearer_id"), nullable=False, index=True),
    instant("started_at", nullable=False),
    instant("ended_at"),
    Column("body", Text, nullable=False),  # person.Activation
)

credential = Table(
    "credential",
    metadata,
    Column("credential_id", String, primary_key=True),
    Column("scheme", String, nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False, index=True),
    Column("tag_id", String, index=True),
    instant("revoked_at"),
    Column("body", Text, nullable=False),  # person.Credential
)

contact = Table(
    "contact",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("duty", String, nullable=False, index=True),
    Column("account_id", String, index=True),  # scopes ask
    Column("body", Protected(), nullable=False),  # person.Contact
)

order = Table(
    "order_record",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("wearer_id", String, ForeignKey("wearer.wearer_id"), nullable=False, index=True),
    Column("body", Text, nullable=False),  # order.Order
)

order_version = Table(
    "order_version",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("wearer_id", String, nullable=False, index=True),
    Column("body", Text, nullable=False),  # order.Order
)

condition = Table(
    "condition",
    metadata,
    Column("condition_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("wearer_id", String, ForeignKey("wearer.wearer_id"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # tag of order.Terms
    Column("knowledge", String, nullable=False),  # told | secret
    Column("body", Protected(), nullable=False),  # order.ConditionVersion
)

settings = Table(
    "settings",
    metadata,
    Column("version", Integer, primary_key=True),
    instant("effective_from", nullable=False),
    Column("body", Text, nullable=False),  # settings.Settings
)

last_seen = Table(
    "last_seen",
    metadata,
    Column("wearer_id", String, primary_key=True),
    Column("activation_id", String, nullable=False),
    instant("fixed_at"),
    instant("received_at"),
    Column("lon_deg", Float),
    Column("lat_deg", Float),
    Column("accuracy_m_95", Float),
    Column("source", Integer),
    Column("speed_mps", Float),
    Column("bearing_deg", Float),
    Column("battery_pct", Float),
    Column("charging", Integer),
    instant("battery_at"),
)

memory = Table(
    "memory",
    metadata,
    Column("wearer_id", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # memory.WearerState, MessagePack
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("wearer_id", String, primary_key=True),
    instant("at", primary_key=True),
    Column("body", LargeBinary, nullable=False),  # derive.Memory, MessagePack
    Column("kept", Integer, nullable=False, server_default="0"),  # 1: a month began, it stays
)

episode = Table(
    "episode",
    metadata,
    Column("episode_id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("wearer_id", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("condition_id", String),
    Column("phase", String, nullable=False),
    Column("finding", String, nullable=False),
    instant("entered_at", nullable=False),
    instant("left_at"),
    Column("body", Text, nullable=False),  # episode.Episode
    Index("episode_by_wearer", "wearer_id", "entered_at"),
    Index("episode_by_entry", "entered_at"),
    Index("episode_by_condition", "condition_id", "entered_at"),
)

episode_version = Table(
    "episode_version",
    metadata,
    Column("episode_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # episode.Episode
)

alert = Table(
    "alert",
    metadata,
    Column("alert_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("wearer_id", String, index=True),
    Column("episode_id", String, index=True),
    Column("severity", String, nullable=False),
    Column("state", String, nullable=False),
    instant("raised_at", nullable=False),
    instant("acknowledge_by"),
    Column("explained_by", String),
    Column("place", String, nullable=False, server_default=""),  # alert.list_place
    Column("body", Text, nullable=False),  # alert.Alert
    # All that the order of the list needs: of thousands of open alerts no body is read.
    Index("alert_by_state", "state", "alert_id", "wearer_id", "severity", "explained_by", "place"),
)

alert_event = Table(
    "alert_event",
    metadata,
    Column("event_id", Integer, primary_key=True, autoincrement=True),
    Column("alert_id", String, nullable=False, index=True),
    Column("wearer_id", String),
    Column("seq", BigInteger, nullable=False),  # journal record that caused it
    instant("at", nullable=False),
    # raised, possible, confirmed, ended, withdrawn, escalated, notified, acknowledged, noted,
    # closed, explained, circumstances
    Column("kind", String, nullable=False),
    Column("by", String),
    Column("words", Protected("alert_id", "seq", "at", "kind"), nullable=False, default=""),
    Index("alert_event_by_time", "at"),
)

circumstance = Table(
    "circumstance",
    metadata,
    Column("alert_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Protected(), nullable=False),  # circumstance.Circumstance
)

notification = Table(
    "notification",
    metadata,
    Column("notification_id", String, primary_key=True),
    Column("alert_id", String, nullable=False, index=True),
    Column("stage", String, nullable=False),
    Column("contact_id", String, nullable=False, index=True),
    Column("channel", String, nullable=False),
    Column("state", String, nullable=False, index=True),  # pending … failed, held, dropped
    Column("attempts", Integer, nullable=False, default=0),
    instant("next_attempt_at", nullable=False),
    instant("created_at", nullable=False),
    instant("answered_at"),  # by the link in the message
    Column("cause_seq", BigInteger, nullable=False),
    Column("body", Protected(), nullable=False),  # notify.route.Notification
)

attempt = Table(
    "attempt",
    metadata,
    Column("notification_id", String, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    instant("at", nullable=False),
    Column("result", String, nullable=False),
    Column("proof", Protected(), nullable=False),
    Column("reference", String, nullable=False, server_default=""),  # the other side's own id
)

blind_interval = Table(
    "blind_interval",
    metadata,
    instant("from_at", primary_key=True),
    instant("to_at", nullable=False),
    Column("cause", Text, nullable=False),
    Column("call_list", Text, nullable=False),  # JSON: wearer ids near protected places, last first
)

process_state = Table(
    "process_state",
    metadata,
    Column("part", String, primary_key=True),
    Column("state", String, nullable=False),
    instant("at", nullable=False),
    Column("words", Text, nullable=False),
)

process_start = Table(
    "process_start",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    Column("process", String, nullable=False),
    instant("at", nullable=False),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # the journal record
    instant("received_at", nullable=False),
    Column("kind", Integer, nullable=False),  # of ledger.KINDS
    Column("tag_id", String),
    Column("reason", Text, nullable=False),  # why the line could not take it in
)

circumstance_due = Table(
    "circumstance_due",
    metadata,
    Column("alert_id", String, primary_key=True),
    instant("due_at", nullable=False),  # written at the first tick from then on
)
