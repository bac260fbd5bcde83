"""Matching is asked for, and a match is given words by a person."""

from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ledger import MatchAsked, MatchQualified
from tagwatch.core.match import MatchRule
from tagwatch.core.match_run import MatchedPerson, MatchVerdict, MatchWord
from tagwatch.desk.clerk import Clerk, Done, need

WORDS_MOST: Final = 4_000


class MatchWordsError(Exception):
    """The words cannot be recorded. The text says what to do."""


def ask_matching(clerk: Clerk, reader: Reader, crime_ids: list[str], rule: MatchRule) -> Done:
    """Ask that crimes, which the reader was shown, are matched anew. Raises NotRecorded."""
    need(reader, Verb.MATCH_CRIMES)
    reader.about_to_alter("ask_matching", crime_ids, rule.value)
    at, by = reader.now(), reader.actor.account_id
    return clerk.record_all(
        [(MatchAsked(crime_id=one, at=at, by=by, rule=rule), None) for one in crime_ids]
    )


def qualify(
    clerk: Clerk, reader: Reader, match: MatchedPerson, verdict: MatchVerdict, words: str
) -> Done:
    """Record what the reader says of a match he was shown. Raises MatchWordsError without words,
    NotRecorded."""
    need(reader, Verb.MATCH_CRIMES)
    said = words.strip()
    if not said:
        raise MatchWordsError("Say in words why: a code alone says nothing to whoever reads it")
    if len(said) > WORDS_MOST:
        raise MatchWordsError(f"At most {WORDS_MOST:,} characters")
    wearer_id = match.wearer_id
    reader.about_to_alter("qualify_match", [match.match_id, wearer_id], verdict.value)
    word = MatchWord(verdict=verdict, words=said, by=reader.actor.account_id, at=reader.now())
    event = MatchQualified(match_id=match.match_id, wearer_id=wearer_id, word=word)
    return clerk.record(event)
