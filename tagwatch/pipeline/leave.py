"""Officers' leave: taken in only where it can stand; what is handed over is kept word by word.

When a leave begins the deputy is told once how many alerts of the caseload are open already.
"""

from typing import Final

from tagwatch.core import ledger
from tagwatch.core.alert import UNANSWERED
from tagwatch.core.ids import LeaveId
from tagwatch.core.outcome import Stage
from tagwatch.core.person import reaches
from tagwatch.core.units import Instant
from tagwatch.notify.notice import cover_begins
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store.leaves import put_note
from tagwatch.store.state import LineState

_ACTS: Final = (ledger.LeaveRecorded, ledger.LeaveEnded, ledger.LeaveNoted)


def leave(step: Step, state: LineState) -> None:
    """Take in a leave, its early end, and what is handed over about a wearer."""
    event = step.event
    if isinstance(event, ledger.Tick):
        for name in state.notices.covers.take_due(event.at):
            _begun(step, name, event.at, state)
    if not isinstance(event, _ACTS):
        return
    if isinstance(event, ledger.LeaveNoted):
        put_note(step.writes, event, step.seq)
        return
    book = state.register.rota.leaves
    if isinstance(event, ledger.LeaveRecorded):
        taken = book.recorded(event.leave, step.writes)
        if taken and event.leave.starts_at <= state.now:
            _begun(step, event.leave.leave_id, step.received_at, state)
        elif taken:
            state.notices.covers.plan(event.leave.leave_id, event.leave.starts_at)
    else:
        taken = book.ended(event, step.writes)
    if taken:
        state.rota_changed()
    else:
        # Two at once: it is in the journal, and whoever recorded it is told that it does not stand.
        step.writes.count("leaves_refused")


def _begun(step: Step, name: LeaveId, now: Instant, state: LineState) -> None:
    """Tell the deputy of a leave that has begun, and is on still, what is open, if anything is."""
    leave = state.register.rota.leaves.one(name)
    if leave is None or not leave.is_on(now):
        return
    wearers = state.register.wearers
    opened = [
        alert
        for alert in state.book.open()
        if alert.wearer_id is not None
        and alert.wearer_id in wearers
        and wearers[alert.wearer_id].officer == leave.officer
    ]
    if not opened:
        return
    waits = sum(alert.state in UNANSWERED for alert in opened)
    for contact in state.register.contacts.values():
        if reaches(contact, (leave.deputy,)):
            message = cover_begins(leave, contact, (len(opened), waits), now)
            put(step, (message,), Stage.NOTICE, state)
