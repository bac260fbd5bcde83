"""Weekly overviews: that they were made is kept, and told to those who want to know. They decide
nothing."""

from datetime import date, timedelta

from tagwatch.core import ledger
from tagwatch.core.outcome import Stage
from tagwatch.core.person import reaches
from tagwatch.core.units import DAY
from tagwatch.notify.notice import week_ready
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState
from tagwatch.store.weeks import put_week_made, put_week_notice, wants_week_notice


def week(step: Step, state: LineState) -> None:
    """Take in that the overviews of a week were made, and who wants to be told of that."""
    match step.event:
        case ledger.WeekOverviewsMade():
            put_week_made(step.writes, step.event)
            _tell(step, step.event, state)
        case ledger.WeekNoticeChosen():
            put_week_notice(step.writes, step.event)
        case _:
            pass


def _tell(step: Step, event: ledger.WeekOverviewsMade, state: LineState) -> None:
    """Tell each contact of who wants to know, once a week; of weeks made up for later nobody."""
    if event.at >= event.end + 7 * DAY:
        return
    wanting = wants_week_notice(state.connection, step.writes)
    first = date.fromisoformat(event.monday)
    for contact in state.register.contacts.values():
        if reaches(contact, wanting):
            message = week_ready(contact, (first, first + timedelta(days=6)), event, event.at)
            put(step, (message,), Stage.NOTICE, state)
