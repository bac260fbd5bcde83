"""Shifts: what one person hands over and the next takes on."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store import handover, schema
from tagwatch.store.state import LineState


def hand_over(step: Step, state: LineState) -> None:
    """Take in a hand-over, or that somebody has read it."""
    event = step.event
    if isinstance(event, ledger.HandoverWritten):
        handover.put_handover(step.writes, event, step.seq)
    elif isinstance(event, ledger.HandoverTaken):
        now = (dict(row) for row in step.writes.put_rows(schema.handover))
        written = next((row for row in now if row["seq"] == event.handover), None)
        written = written or handover.handover(state.connection, event.handover)
        if written is not None:
            handover.put_taken(step.writes, event, written)
