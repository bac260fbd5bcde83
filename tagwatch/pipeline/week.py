"""Weekly overviews: that they were made is kept. They decide nothing."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState
from tagwatch.store.weeks import put_week_made


def week(step: Step, _state: LineState) -> None:
    """Take in that the overviews of a week were made."""
    if isinstance(step.event, ledger.WeekOverviewsMade):
        put_week_made(step.writes, step.event)
