"""Proposed rule settings: kept as proposed, with what their rehearsal came to. They decide
nothing: only what is published does."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.settings_proposals import (
    put_proposed,
    put_tried,
    put_wearer_tried,
    put_withdrawn,
)
from tagwatch.store.state import LineState


def settings_proposal(step: Step, _state: LineState) -> None:
    """Take in a proposal, the result of its rehearsal, and that it is given up."""
    event = step.event
    if isinstance(event, ledger.SettingsProposed):
        put_proposed(step.writes, event)
    elif isinstance(event, ledger.SettingsTried):
        put_tried(step.writes, event)
    elif isinstance(event, ledger.WearerTried):
        put_wearer_tried(step.writes, event)
    elif isinstance(event, ledger.SettingsWithdrawn):
        put_withdrawn(step.writes, event)
