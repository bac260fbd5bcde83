"""Matching of crimes: what batch worked out, and what persons say of it, is kept."""

from tagwatch.core import ledger
from tagwatch.pipeline.step import Step
from tagwatch.store.matches import put_asked, put_person, put_run, put_word
from tagwatch.store.state import LineState


def match(step: Step, _state: LineState) -> None:
    """Take in that matching was asked for, a run and whom it found, words about a match."""
    event = step.event
    if isinstance(event, ledger.MatchAsked):
        put_asked(step.writes, event)
    elif isinstance(event, ledger.PersonMatched):
        put_person(step.writes, event)
    elif isinstance(event, ledger.CrimeMatched):
        put_run(step.writes, event)
    elif isinstance(event, ledger.MatchQualified):
        put_word(step.writes, event)
