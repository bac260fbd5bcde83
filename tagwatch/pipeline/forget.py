"""A wearer who is forgotten: whatever the tables hold of him is removed, while the line goes on."""

from typing import Any, Final

import msgspec
from sqlalchemy import func, select

from tagwatch.core import ledger
from tagwatch.core.alert import Alert
from tagwatch.core.ids import WearerId
from tagwatch.core.match_run import MatchRun
from tagwatch.core.recorded_erasure import Trace
from tagwatch.core.rules.installation import Call
from tagwatch.pipeline.step import Step
from tagwatch.store import forgettings, leads, schema
from tagwatch.store.protected import opened
from tagwatch.store.state import LineState

KINDS: Final = frozenset({ledger.number_of(ledger.WearerForgotten)})
"""Kinds of record that are taken alone, and after which the line loads what it remembers anew."""
_RUN: Final = msgspec.json.Decoder(MatchRun)
_ALERT: Final = msgspec.json.Decoder(Alert)
_CALLS: Final = msgspec.json.Decoder(tuple[Call, ...])


def forget(step: Step, state: LineState) -> None:
    """Take in that a wearer is to be forgotten, is, and was proved to be; and periods."""
    match step.event:
        case ledger.ForgettingBegun():
            forgettings.put_begun(step.writes, step.event)
        case ledger.WearerForgotten():
            _remove(step, step.event.trace, state)
            forgettings.move(state.connection, step.writes, step.event)
        case ledger.ForgettingProved():
            forgettings.move(state.connection, step.writes, step.event)
        case ledger.RetentionPublished():
            forgettings.put_periods(step.writes, step.event)
        case _:
            pass


def _remove(step: Step, trace: Trace, state: LineState) -> None:
    wearer = trace.wearer_id
    leads.remove_all(step.writes, trace, [str(name) for name in state.register.pairs.of(wearer)])
    for row in _naming(schema.blind_interval, "call_list", wearer, state):
        calls = tuple(c for c in _CALLS.decode(row["call_list"]) if c.wearer_id != wearer)
        body = msgspec.json.encode(calls).decode()
        step.writes.put(schema.blind_interval, row | {"call_list": body})
    for row in _naming(schema.crime_match_run, "body", wearer, state):
        run = _RUN.decode(row["body"])
        others = tuple(each for each in run.excluded if each.wearer_id != wearer)
        run = msgspec.structs.replace(run, excluded=others)
        body = msgspec.json.encode(run).decode()
        step.writes.put(schema.crime_match_run, row | {"body": body})
    _strike_off_alerts(step, trace, state)
    before = state.installation
    mass = msgspec.structs.replace(
        before.mass,
        recent=tuple(each for each in before.mass.recent if each.wearer_id != wearer),
        members=tuple(each for each in before.mass.members if each.wearer_id != wearer),
    )
    if mass != before.mass:
        state.keep_installation(msgspec.structs.replace(before, mass=mass))


def _strike_off_alerts(step: Step, trace: Trace, state: LineState) -> None:
    """Take him and his out of the lists of alerts about many, which stay."""
    gone = {trace.wearer_id, *trace.persons}
    for row in _naming(schema.alert, "body", trace.wearer_id, state):
        if row["wearer_id"] == trace.wearer_id:
            continue
        alert = _ALERT.decode(row["body"])
        alert = msgspec.structs.replace(
            alert,
            affected=tuple(name for name in alert.affected if name not in gone),
            protects=tuple(name for name in alert.protects if name not in gone),
        )
        body = msgspec.json.encode(alert).decode()
        step.writes.put(schema.alert, row | {"body": body})


def _naming(table: Any, column: str, wearer: WearerId, state: LineState) -> list[dict[str, Any]]:
    """Return the rows whose list names him."""
    query = select(table).where(func.instr(opened(table.c[column]), f'"{wearer}"') > 0)
    return [dict(row) for row in state.connection.execute(query).mappings()]
