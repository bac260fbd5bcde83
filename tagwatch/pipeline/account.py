"""Checks of accounts: that they were made, and what they said, is kept. They decide nothing."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.account_checks import put_check
from tagwatch.store.state import LineState


def account(step: Step, _state: LineState) -> None:
    """Take in a check of an account."""
    if isinstance(step.event, ledger.AccountChecked):
        put_check(step.writes, step.event, step.seq)
