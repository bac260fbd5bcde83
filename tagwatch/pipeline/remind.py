"""Curfew reminders to wearers who can be reached: by the clock alone, never by where anybody is."""

from tagwatch.core import ledger
from tagwatch.core.ids import WearerId
from tagwatch.core.outcome import Stage
from tagwatch.core.reminder import ahead, next_reminder
from tagwatch.notify.notice import reminder
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState


def remind(step: Step, state: LineState) -> None:
    """At a tick, remind those whose curfew begins soon; each once for each beginning."""
    if not isinstance(step.event, ledger.Tick):
        return
    now = step.event.at
    for wearer in state.notices.reminders.take_due(now):
        lead_s = state.settings_at(now).curfew.remind_before_s
        for coming in ahead(state.tracks(wearer), now, lead_s):
            for contact in state.notices.phones(wearer):
                message = reminder(wearer, contact, coming, now)
                put(step, (message,), Stage.NOTICE, state)
        plan_reminder(wearer, state)


def plan_reminder(wearer: WearerId, state: LineState) -> None:
    """Look at the wearer when the next reminder is due, if he can be reached."""
    if state.notices.phones(wearer):
        lead_s = state.settings_at(state.now).curfew.remind_before_s
        due_at = next_reminder(state.tracks(wearer), state.now, lead_s)
        state.notices.reminders.plan(wearer, due_at)
