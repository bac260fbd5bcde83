"""Checks of accounts: what they said, on which cases they stand, and what persons say of them, is
kept. They decide nothing."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.account_checks import put_attached, put_check, put_word
from tagwatch.store.state import LineState


def account(step: Step, _state: LineState) -> None:
    """Take in a check of an account, that it belongs to a case, and words to it."""
    event = step.event
    if isinstance(event, ledger.AccountChecked):
        put_check(step.writes, event, step.seq)
    elif isinstance(event, ledger.AccountAttached):
        put_attached(step.writes, event, step.seq)
    elif isinstance(event, ledger.AccountQualified):
        put_word(step.writes, event, step.seq)
