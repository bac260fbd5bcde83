"""Every column of the tables: protected, or why it is plain. docs/fields.md is printed of it."""

from typing import Any, Final

from sqlalchemy import Column, LargeBinary, String, Text

from tagwatch.store import schema
from tagwatch.store.protected import Blind, Protected, binding_columns

_ID: Final = "an id made here at random or counted: it says nothing of anybody"
_STATE: Final = "a word of a fixed list, by which rows are chosen"
_WHO: Final = "an account's id, by which rows are chosen"
_REACH: Final = "scopes choose by it on every query"
_DECIDED: Final = "what was decided: ids, times and probabilities, no name and no address"
_MEMORY: Final = "how the line remembers: numbers of the filters, written with every batch"
_SERVICE: Final = "about the installation, not about a person"
_WEAK: Final = "a weakness"

PLAIN: Final[dict[str, str]] = {
    "by": _WHO, "made_by": _WHO, "recorded_by": _WHO, "reviewed_by": _WHO, "settled_by": _WHO,
    "taken_by": _WHO, "deputy": _WHO, "officer": _WHO, "to": _WHO, "liaison": _REACH,
    "agency": _REACH, "borough": _REACH, "programme": _REACH, "restriction": _REACH,
    "wearers": _REACH, "counts_for": _REACH, "explained_by": _ID,
    "state": _STATE, "status": _STATE, "kind": _STATE, "stage": _STATE, "phase": _STATE,
    "finding": _STATE, "severity": _STATE, "urgency": _STATE, "result": _STATE, "rule": _STATE,
    "outcome": _STATE, "form": _STATE, "duty": _STATE, "channel": _STATE, "knowledge": _STATE,
    "found": _STATE, "refusal": _STATE, "scheme": _STATE, "changed": _STATE, "kept": _STATE,
    "what": _STATE, "crime_type": _STATE, "police_force": _STATE, "organisation": _STATE,
    "day": "a day", "month": "a month", "monday": "a day", "period": "a month or a day",
    "taken_on": "a day", "sha256": "a digest", "secret_sha256": "a digest",
    "seed": "of a sample, to be drawn again", "order": _STATE, "path": "a file's name, of ids",
    "file": "a file's name, of ids", "name": _SERVICE, "process": _SERVICE, "part": _SERVICE,
    "request": _ID, "run_key": _ID, "batch_key": _ID, "place": "sorts the list of alerts",
    "outage": _ID, "receipt": _ID, "serial": "a tag's number", "counted": "counts",
    "cause": _SERVICE, "forgetting.proof": "counts and digests",
    "call_list": "wearers' ids", "mentions": "tables and keys",
    "failure": _SERVICE, "process_state.words": _SERVICE, "settings_outcome.words": _SERVICE,
    "set_aside.reason": "why a record was set aside, naming ids",
    "wearer.name": f"{_WEAK}: every list is sorted by it and searched by parts of it, in SQL",
    "crime_version.reference": "police's own number, by which crimes are found",
    "attempt.reference": "the other side's number of a message",
    "kept_frame.rows": f"{_WEAK}: fixes of days that are kept, as `trail_block.rows`",
    "trail_block.rows": f"{_WEAK}: fixes of 40 days, read and written with every batch and map",
    "staged_block.rows": f"{_WEAK}: fixes brought back for a question, for days",
    "order_record.body": f"{_WEAK}: scopes ask legal basis and end in it on every query; "
    "its wording may name a place",
    "order_version.body": f"{_WEAK}: as `order_record.body`",
    "memory.body": _MEMORY, "snapshot.body": _MEMORY, "encounter_memory.body": _MEMORY,
    "line_state.body": _MEMORY,
    **{
        f"{table}.body": _DECIDED
        for table in ("alert", "episode", "episode_version", "evaluation", "crime_match_run",
                      "settings_trial_wearer", "tag_event", "activation", "bundle", "forgetting",
                      "stage_request")
    },
    **{
        f"{table}.body": _SERVICE
        for table in ("credential", "key_act", "retention_periods", "rota_override", "rota_shift",
                      "route_proposal", "settings", "settings_proposal", "settings_trial",
                      "signing_key_rotation", "tag")
    },
}  # fmt: skip
"""Why a column of text or bytes is not protected: by table and name, or by name alone. Ids, numbers
and instants need no line here."""


def says(column: Column[Any]) -> str:
    """Return what is done with a column; empty: nobody has said."""
    if isinstance(column.type, Protected):
        return f"sealed, bound to {', '.join(binding_columns(column))}"
    if isinstance(column.type, Blind):
        return "a keyed digest: found whole, never shown"
    named = PLAIN.get(f"{column.table.name}.{column.name}") or PLAIN.get(column.name)
    if named:
        return f"plain: {named}"
    if column.name.endswith("_id") or column.primary_key:
        return f"plain: {_ID}"
    text = isinstance(column.type, String | Text | LargeBinary)
    return "" if text else "plain: a number or an instant"


def protected_table() -> str:
    """Return the protected columns as the table of docs/fields.md."""
    lines = ["| table | column | how |", "|---|---|---|"]
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Protected | Blind):
                lines.append(f"| {table.name} | {column.name} | {says(column)} |")
    return "\n".join(lines)


def plain_table() -> str:
    """Return the columns of text or bytes that stand in plain, with why, but for ids."""
    lines = ["| table | column | why |", "|---|---|---|"]
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            said = says(column).removeprefix("plain: ")
            text = isinstance(column.type, String | Text | LargeBinary)
            if text and said != _ID and not isinstance(column.type, Protected | Blind):
                lines.append(f"| {table.name} | {column.name} | {said} |")
    return "\n".join(lines)
