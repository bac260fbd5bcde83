"""What the API can do with matches: a batch, a crime's lists, one match, another run, words."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES, ENTERS_AROUND
from tagwatch.core.match import MatchRule
from tagwatch.core.match_run import MatchVerdict
from tagwatch.desk.clerk import Done
from tagwatch.desk.match import MatchWordsError, ask_matching, qualify
from tagwatch.query.crimes import crime_view
from tagwatch.query.matches import (
    BatchMatches,
    CrimeMatches,
    MatchView,
    batch_matches,
    crime_matches,
    match_view,
)
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong


class MatchAsking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which rule a crime is to be matched anew."""

    rule: MatchRule = MatchRule.OVERLAP_50


class MatchSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody says of a match."""

    verdict: MatchVerdict
    words: str


def _batch(call: Call) -> BatchMatches:
    return batch_matches(call.reader, call.path["batch_key"])


def _crime(call: Call) -> CrimeMatches:
    return crime_matches(call.reader, call.path["crime_id"], call.query.get("run", "")[:80])


def _match(call: Call) -> MatchView:
    return match_view(call.reader, call.path["match_id"])


def _again(call: Call) -> Done:
    asked: MatchAsking = call.body
    found = crime_view(call.reader, call.path["crime_id"])
    return ask_matching(call.clerk, call.reader, [found.crime_id], asked.rule)


def _say(call: Call) -> Done:
    found = match_view(call.reader, call.path["match_id"])
    said: MatchSaid = call.body
    try:
        return qualify(call.clerk, call.reader, found.person, said.verdict, said.words)
    except MatchWordsError as error:
        raise Wrong(str(error)) from error


MATCHES: Final[tuple[Endpoint, ...]] = (
    read(
        "list_batch_matches",
        "/crimes/{batch_key:str}/matches",
        Verb.SEE_CRIMES,
        "How far the crimes of a batch are matched; a crime without a run is not matched yet",
        _batch,
        BatchMatches,
        purpose=Purpose.CRIME_MATCHING,
        writes=COMBINES,
    ),
    read(
        "get_crime_matches",
        "/crime/{crime_id:str}/matches",
        Verb.SEE_CRIMES,
        "A crime’s three lists, ranked, with coverage, and what differs from the run before",
        _crime,
        CrimeMatches,
        asks=(("run", "Key of a run; by default the latest"),),
        purpose=Purpose.CRIME_MATCHING,
        writes=COMBINES,
    ),
    read(
        "get_match",
        "/matches/{match_id:str}",
        Verb.SEE_CRIMES,
        "One person at one crime, with the fixes of the window and their labels",
        _match,
        MatchView,
        purpose=Purpose.CRIME_MATCHING,
        writes=COMBINES,
    ),
    do(
        "match_crime",
        "/crime/{crime_id:str}/matches",
        Verb.MATCH_CRIMES,
        "Have a crime matched anew; the runs before stay as they are",
        _again,
        MatchAsking,
        purpose=Purpose.CRIME_MATCHING,
    ),
    do(
        "qualify_match",
        "/matches/{match_id:str}/words",
        Verb.MATCH_CRIMES,
        "Say in words what to think of a match",
        _say,
        MatchSaid,
        purpose=Purpose.CRIME_MATCHING,
        writes=ENTERS_AROUND,
    ),
)
