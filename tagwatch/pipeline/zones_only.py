"""Zones-only monitoring: what stays of a day, and the day without the rest."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.journal.record import DataClass, OwnerKind
from tagwatch.store.kept_frames import DAY_LENGTH, blank_day, put_kept
from tagwatch.store.state import LineState


def zones_only(step: Step, state: LineState) -> None:
    """Take in what stays of a day, and let the rest of it go once its key is destroyed."""
    match step.event:
        case ledger.FixesKept():
            put_kept(step.writes, step.event)
        case (
            ledger.KeyDestroyed(
                owner_kind=OwnerKind.ACTIVATION, data_class=DataClass.FRAME
            ) as event
        ) if len(event.period) == DAY_LENGTH:
            gone = blank_day(state.connection, step.writes, event.owner_id, event.period)
            step.writes.count("fixes_let_go", gone)
        case _:
            pass
