"""By what each table leads to a wearer: whoever forgets him removes these rows, and no others.

A table is in `LEADS` or in `NOBODYS`, where it says why it leads to nobody; a test compares both
with the schema, so a new table without an entry fails.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from tagwatch.core.recorded_erasure import Trace
from tagwatch.store import schema, schema_request
from tagwatch.store.protected import opened
from tagwatch.store.writes import Writes

_WHO: Final[BindParameter[str]] = bindparam("wearer")
_PERSON: Final[BindParameter[str]] = bindparam("person")
_CONTACT: Final[BindParameter[str]] = bindparam("contact")
_ACTIVATION: Final[BindParameter[str]] = bindparam("activation")
_CONDITION: Final[BindParameter[str]] = bindparam("condition")


class Lead(NamedTuple):
    """The rows of a table that are one wearer's, or of a person or contact that goes with him."""

    table: Table
    where: ColumnElement[bool]
    by: str = "wearer"
    """Whose id the condition binds: `wearer`, `activation`, `person`, `contact` or `condition`."""


def _his(table: Table) -> Lead:
    return Lead(table, table.c.wearer_id == _WHO)


def _through(table: Table, key: str, parent: Table) -> Lead:
    """Rows that name a row of `parent` which is his."""
    keys = select(parent.c[key]).where(parent.c.wearer_id == _WHO)
    return Lead(table, table.c[key].in_(keys))


def _left_behind(table: Table) -> Lead:
    """Rows of a tag of his that came in when nobody was known to wear it any more."""
    whose = table.c.wearer_id
    nobody = whose.is_(None) if whose.nullable else whose == ""
    return Lead(table, and_(nobody, table.c.activation_id == _ACTIVATION), by="activation")


_NOTIFICATION: Final = schema.notification.c
_ALERT: Final = schema.alert.c
_NOTICE: Final = schema.notice.c
_ALERTS: Final = select(_ALERT.alert_id).where(_ALERT.wearer_id == _WHO)
_NOTICES: Final = select(_NOTICE.notice_id).where(_NOTICE.wearer_id == _WHO)
_TOLD: Final = or_(
    _NOTIFICATION.alert_id.in_(_ALERTS),
    _NOTIFICATION.alert_id.in_(_NOTICES),
    func.json_extract(opened(_NOTIFICATION.body), "$.wearer_id") == _WHO,
)
_SENT: Final = select(_NOTIFICATION.notification_id).where(_TOLD)
_EVENT: Final = schema.alert_event.c
_ASIDE: Final = schema.set_aside.c
_WORN: Final = schema.activation.c
_WHILE_WORN: Final = (
    select(_WORN.tag_id)
    .where(
        _WORN.wearer_id == _WHO,
        _WORN.tag_id == _ASIDE.tag_id,
        _WORN.started_at <= _ASIDE.received_at,
        or_(_WORN.ended_at.is_(None), _WORN.ended_at > _ASIDE.received_at),
    )
    .correlate(schema.set_aside)
    .exists()
)

_NAMED: Final = (
    Lead(schema.attempt, schema.attempt.c.notification_id.in_(_SENT)),
    Lead(schema.receipt, schema.receipt.c.notification_id.in_(_SENT)),
    Lead(schema.notification, _TOLD),
    _his(schema.notice),
    _through(schema.circumstance, "alert_id", schema.alert),
    _through(schema.circumstance_due, "alert_id", schema.alert),
    Lead(schema.alert_event, or_(_EVENT.wearer_id == _WHO, _EVENT.alert_id.in_(_ALERTS))),
    _his(schema.alert),
    _through(schema.episode_version, "episode_id", schema.episode),
    _his(schema.episode),
    _his(schema.evaluation),
    _his(schema.snapshot),
    _his(schema.memory),
    _his(schema.last_seen),
    _his(schema.tag_event),
    _left_behind(schema.tag_event),
    _his(schema.trail_block),
    _left_behind(schema.trail_block),
    _his(schema.staged_block),
    _his(schema.stage_request),
    _through(schema.case_version, "case_id", schema.case_record),
    _his(schema.recall_request),
    _his(schema.case_record),
    _through(schema.enquiry_version, "enquiry_id", schema.enquiry),
    _his(schema.enquiry),
    _through(schema_request.data_request_version, "request_id", schema.data_request),
    _through(schema_request.request_sample, "request_id", schema.data_request),
    _his(schema.data_request),
    # One that matched nobody is forgotten under its own id.
    Lead(
        schema.named_request,
        or_(schema.named_request.c.wearer_id == _WHO, schema.named_request.c.named_id == _WHO),
    ),
    _his(schema.exemption),
    _his(schema.geometry_need),
    _his(schema.zone_draft),
    _his(schema.risk_plan_version),
    _his(schema.risk_plan),
    _his(schema.risk_note),
    _his(schema.appearance),
    _his(schema.photo),
    _his(schema.leave_note),
    _his(schema.legal_hold),
    _his(schema.legal_hold_lift),
    _his(schema.account_check),
    _through(schema.bundle_given, "bundle_id", schema.bundle),
    _through(schema.bundle_told, "bundle_id", schema.bundle),
    _his(schema.bundle),
    _his(schema.crime_match_word),
    _his(schema.crime_match),
    _his(schema.settings_trial_wearer),
    Lead(
        schema.encounter_memory,
        schema.encounter_memory.c.condition_id == _CONDITION,
        by="condition",
    ),
    Lead(schema.set_aside, and_(_ASIDE.tag_id.is_not(None), _WHILE_WORN)),
    _his(schema.condition),
    _his(schema.order_version),
    _his(schema.order),
    _his(schema.activation),
    _his(schema.wearer),
    Lead(schema.side_hold, schema.side_hold.c.person_id == _PERSON, by="person"),
    Lead(schema.protected_person, schema.protected_person.c.person_id == _PERSON, by="person"),
    Lead(schema.contact, schema.contact.c.contact_id == _CONTACT, by="contact"),
)
"""In an order in which they can be deleted: what refers to a row goes before it."""

_RECORDS: Final = frozenset({"forgetting"})
"""What names a wearer and is the record of the erasure itself."""
_PLAIN: Final = tuple(
    _his(table)
    for name, table in schema.metadata.tables.items()
    if "wearer_id" in table.columns
    and name not in _RECORDS
    and name not in {str(lead.table.name) for lead in _NAMED}
)
"""Tables with a wearer's id in each row to which no other row leads."""
LEADS: Final = (*_PLAIN, *_NAMED)

NOBODYS: Final = {
    "archive_erasure": "an activation's id, until the archive is written anew without it",
    "blind_interval": "its list of whom to ring names wearers: he is struck off it (EDITED)",
    "counter": "counts",
    "credential": "of a tag or gateway, whoever wears it",
    "crime_batch": "police's crimes",
    "crime_error": "police's crimes",
    "crime_file": "police's crimes",
    "crime_match_ask": "a crime and who asked",
    "crime_match_run": "its list of those excluded names wearers: he is struck off it (EDITED)",
    "crime_row": "police's crimes",
    "crime_version": "police's crimes",
    "cursor": "where the line stands",
    "forgetting": "ids of the forgotten: the record of the erasure itself",
    "handover": "words of whoever ends a shift, about everybody's wearers",
    "key_act": "keys of the installation",
    "line_state": "of the installation; who fell silent together is struck off it",
    "officer_leave": "officers",
    "process_start": "processes",
    "process_state": "processes",
    "request_draw": "which month's data requests were drawn",
    "retention_periods": "settings",
    "rota_override": "officers",
    "rota_shift": "officers",
    "route_proposal": "settings",
    "settings": "settings",
    "settings_outcome": "settings",
    "settings_proposal": "settings",
    "settings_trial": "figures over many",
    "signing_key_rotation": "keys of the installation",
    "tag": "a device, whoever wears it",
    "tag_move": "where a device was",
    "trail_part": "files of the archive",
    "trail_seam": "where the archive ends",
    "week_made": "figures over many",
    "week_notice": "officers",
}
"""Tables that lead to nobody, and why."""

EDITED: Final = (
    (schema.blind_interval, "call_list"),
    (schema.crime_match_run, "body"),
)
"""Columns of lists that name many wearers: one is struck off."""

_DELETE: Final = tuple((lead.by, delete(lead.table).where(lead.where)) for lead in LEADS)


def remove_all(writes: Writes, trace: Trace, conditions: list[str]) -> None:
    """Remove every row that leads to him; `conditions` are those of no contact that name him."""
    ids = _ids(trace, conditions)
    for by, statement in _DELETE:
        for name in ids[by]:
            writes.remove(statement, {by: name})


def left(connection: Connection, trace: Trace) -> list[tuple[str, int]]:
    """Return of each table how many rows still lead to him."""
    ids = _ids(trace, [])
    found: list[tuple[str, int]] = []
    for lead in LEADS:
        query = select(func.count()).select_from(lead.table).where(lead.where)
        count = sum(int(connection.scalar(query, {lead.by: name}) or 0) for name in ids[lead.by])
        found.append((str(lead.table.name), count))
    for table, column in EDITED:
        query = (
            select(func.count())
            .select_from(table)
            .where(func.instr(opened(table.c[column]), f'"{trace.wearer_id}"') > 0)
        )
        found.append((str(table.name), int(connection.scalar(query) or 0)))
    return found


def _ids(trace: Trace, conditions: list[str]) -> dict[str, Any]:
    return {
        "wearer": [trace.wearer_id],
        "activation": trace.activations,
        "person": trace.persons,
        "contact": trace.contacts,
        "condition": conditions,
    }
