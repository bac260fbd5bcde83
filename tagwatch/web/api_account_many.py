"""What the API can do with one statement and many wearers: which of them could have been there."""

from typing import Final

import msgspec

from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES
from tagwatch.core.account import Bearing
from tagwatch.core.crime_profiles import PROFILES, profile_of
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Programme
from tagwatch.core.units import Instant
from tagwatch.query.account_many import MOST_LISTED, Among, ManyView, could_have_been
from tagwatch.query.question import QuestionError
from tagwatch.web.account_many_words import answer, headline, limits, nearest, why_open
from tagwatch.web.api_account import SaidRecord, statement_of_record
from tagwatch.web.api_endpoint import Endpoint
from tagwatch.web.api_record import Call, Wrong


class SearchRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement, and of whom it is asked."""

    statement: SaidRecord
    profile: str
    """What it is about: only wearers with an order of its programmes are looked at."""
    wearers: tuple[str, ...] = ()
    borough: str = ""
    programme: Programme | None = None
    as_of: Instant | None = None
    """What was received later is left out; now if it is not given."""


class PersonSaid(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer's answer in words, and where to have him checked in full (POST the statement)."""

    wearer_id: WearerId
    answer: str
    why: str
    nearest: str
    full_check: str


class ManyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Which wearers could have been there: in sentences, and with all it depends on."""

    sentence: str
    limits: tuple[str, ...]
    people: tuple[PersonSaid, ...]
    """In the order of the three lists."""
    answer: ManyView


def _search(call: Call) -> ManyAnswer:
    body: SearchRecord = call.body
    profile = profile_of(body.profile)
    if profile is None:
        raise Wrong(f"profile must be one of {', '.join(one.profile_id for one in PROFILES)}")
    if len(body.wearers) > MOST_LISTED:
        raise Wrong(f"name at most {MOST_LISTED} wearers, or none")
    among = Among(
        profile=profile,
        wearers=tuple(WearerId(each[:80]) for each in dict.fromkeys(body.wearers)),
        borough=body.borough[:80],
        programme=body.programme,
    )
    at = call.reader.now() if body.as_of is None else body.as_of
    try:
        said = statement_of_record(body.statement, at)
        found = could_have_been(call.reader, said, among, at)
    except QuestionError as error:
        raise Wrong(f"{error.field}: {error}") from error
    people = (*found.supported, *found.not_excluded, *found.contradicted)
    return ManyAnswer(
        sentence=headline(found),
        limits=limits(found),
        people=tuple(
            PersonSaid(
                wearer_id=one.wearer_id,
                answer=answer(one),
                why=why_open(one) if one.verdict is Bearing.CANNOT_SAY else "",
                nearest=nearest(one),
                full_check=f"/api/v1/wearers/{one.wearer_id}/account-checks",
            )
            for one in people
        ),
        answer=found,
    )


SEARCH: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        name="search_account",
        method="POST",
        path="/account-search",
        verb=Verb.CHECK_ACCOUNT,
        says="Which wearers could have been there: one statement asked of many, in three lists. "
        "X-Purpose must be crime_matching, victim_safety or enforcement; everybody looked at is "
        "put on the audit",
        does=_search,
        gives=ManyAnswer,
        takes=SearchRecord,
        writes=COMBINES,
    ),
)
