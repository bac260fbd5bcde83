"""Evidence bundles: that they were made and given is kept. They decide nothing."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.bundles import put_given, put_made
from tagwatch.store.state import LineState


def bundle(step: Step, _state: LineState) -> None:
    """Take in that a bundle was made, or given to somebody."""
    match step.event:
        case ledger.BundleMade():
            put_made(step.writes, step.event)
        case ledger.BundleGiven():
            put_given(step.writes, step.event, step.seq)
        case _:
            pass
