"""Matching of crimes, as the journal keeps it. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.match import MatchRule
from tagwatch.core.match_run import MatchedPerson, MatchRun, MatchWord
from tagwatch.core.units import Instant


class MatchAsked(Event, frozen=True, kw_only=True):
    """Somebody wants a crime matched, for the first time or anew."""

    crime_id: str
    at: Instant
    by: AccountId
    rule: MatchRule = MatchRule.OVERLAP_50


class PersonMatched(Event, frozen=True, kw_only=True):
    """Somebody a run found: matched, or not excluded. The run itself follows."""

    person: MatchedPerson


class CrimeMatched(Event, frozen=True, kw_only=True):
    """A crime was matched; all whom it found are recorded before this."""

    run: MatchRun


class MatchQualified(Event, frozen=True, kw_only=True):
    """A person says what to think of a match."""

    match_id: str
    wearer_id: WearerId
    word: MatchWord
