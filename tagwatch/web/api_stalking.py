"""What the API tells of patterns around protected people."""

from typing import Final

import msgspec

from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES
from tagwatch.core.ids import WearerId
from tagwatch.query.question import QuestionError, about
from tagwatch.query.stalking import PatternsView, patterns
from tagwatch.web.api_endpoint import Endpoint, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.stalking_input import ASKS, asked_of


class PatternsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The patterns, and the address that is answered so again."""

    link: str
    answer: PatternsView


def _patterns(call: Call) -> PatternsAnswer:
    wearer_id = WearerId(call.path["wearer_id"])
    about(call.reader, wearer_id)
    try:
        asked = asked_of(call.query, call.reader.now())
        found = patterns(
            call.reader, wearer_id, asked.window, asked.ring_m, asked.within_m, asked.route
        )
    except QuestionError as error:
        raise Wrong(f"{error.field}: {error}") from error
    link = f"/api/v1/wearers/{wearer_id}/patterns?{asked.query}"
    return PatternsAnswer(link=link, answer=found)


PATTERNS: Final[tuple[Endpoint, ...]] = (
    read(
        "get_patterns",
        "/wearers/{wearer_id:str}/patterns",
        Verb.SEE_TRAIL,
        "Repeated presence around protected places, waiting near a route, and days unlike his own "
        "weeks: counts with fixes, bounds and base rates, never a verdict",
        _patterns,
        PatternsAnswer,
        asks=ASKS,
        writes=COMBINES,
    ),
)
