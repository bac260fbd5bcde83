"""Officers' leave: taken in only where it can stand; what is handed over is kept word by word."""

from typing import Final

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.leaves import put_note
from tagwatch.store.state import LineState

_ACTS: Final = (ledger.LeaveRecorded, ledger.LeaveEnded, ledger.LeaveNoted)


def leave(step: Step, state: LineState) -> None:
    """Take in a leave, its early end, and what is handed over about a wearer."""
    event = step.event
    if not isinstance(event, _ACTS):
        return
    if isinstance(event, ledger.LeaveNoted):
        put_note(step.writes, event, step.seq)
        return
    book = state.register.rota.leaves
    if isinstance(event, ledger.LeaveRecorded):
        taken = book.recorded(event.leave, step.writes)
    else:
        taken = book.ended(event, step.writes)
    if taken:
        state.rota_changed()
    else:
        # Two at once: it is in the journal, and whoever recorded it is told that it does not stand.
        step.writes.count("leaves_refused")
