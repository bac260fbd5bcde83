"""Openings of sealed trails: asked for, decided by a second person, ended."""

from tagwatch.core import ledger
from tagwatch.core.unsealing import Unsealing, UnsealingError, decided, ended
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState
from tagwatch.store.unsealings import put_unsealing, unsealing_of


def unsealing(step: Step, state: LineState) -> None:
    """Take in an asking, and what becomes of it."""
    match step.event:
        case ledger.UnsealingAsked(unsealing=asked):
            if unsealing_of(state.connection, asked.unsealing_id, step.writes) is None:
                put_unsealing(step.writes, asked)
        case ledger.UnsealingDecided() | ledger.UnsealingEnded() as event:
            held = unsealing_of(state.connection, event.unsealing_id, step.writes)
            if held is None:
                step.writes.count("unsealing_acts_of_none")
                return
            try:
                put_unsealing(step.writes, _after(held, event))
            except UnsealingError:
                # Two at once: it is in the journal, and whoever did it is told that it stands not.
                step.writes.count("unsealing_acts_refused")
        case _:
            pass


def _after(held: Unsealing, event: ledger.UnsealingDecided | ledger.UnsealingEnded) -> Unsealing:
    if isinstance(event, ledger.UnsealingDecided):
        return decided(held, event.verdict, event.by, event.at, event.words)
    return ended(held, event.ending, event.by, event.at, event.words)
