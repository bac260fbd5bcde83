"""What the API answers about the past: the questions of the pages, by the same parameters."""

from typing import Any, Final

from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES, LOOKS
from tagwatch.core.ids import WearerId
from tagwatch.query.question import QuestionError, about
from tagwatch.web.api_endpoint import Endpoint, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.question_answer import (
    ASKINGS,
    AreaAnswer,
    CompanionsAnswer,
    MeetAnswer,
    NearAnswer,
    UsualAnswer,
    VisitsAnswer,
    WornAnswer,
    answer_area,
)
from tagwatch.web.question_input import (
    ASKS_COMPANIONS,
    ASKS_MEET,
    ASKS_USUAL,
    ASKS_WHEN,
    ASKS_WHERE,
)

_GIVES: Final = {
    "near": NearAnswer,
    "visits": VisitsAnswer,
    "usual": UsualAnswer,
    "meet": MeetAnswer,
    "companions": CompanionsAnswer,
    "worn": WornAnswer,
}
_ASKS: Final = {
    "near": ASKS_WHERE,
    "visits": ASKS_WHERE,
    "usual": ASKS_USUAL,
    "meet": ASKS_MEET,
    "companions": ASKS_COMPANIONS,
}
_OF_TWO: Final = frozenset({"near", "meet", "companions"})
"""Questions that set two people or more side by side."""
_BY_NAME: Final = {asking.name: asking for asking in ASKINGS}


def _answer(call: Call, name: str) -> Any:
    wearer_id = WearerId(call.path["wearer_id"])
    about(call.reader, wearer_id)
    try:
        return _BY_NAME[name].answer(call.reader, wearer_id, call.query)
    except QuestionError as error:
        raise Wrong(f"{error.field}: {error}") from error


def _endpoint(name: str) -> Endpoint:
    asking = _BY_NAME[name]

    def does(call: Call) -> Any:
        return _answer(call, name)

    return read(
        f"question_{name}",
        f"/questions/{name}/{{wearer_id:str}}",
        Verb.SEE_TRAIL,
        f"{asking.title.rstrip('?')}: {asking.says[:1].lower()}{asking.says[1:]}",
        does,
        _GIVES[name],
        asks=(*_ASKS.get(name, ()), *ASKS_WHEN),
        writes=COMBINES if name in _OF_TWO else LOOKS,
    )


def _area(call: Call) -> AreaAnswer:
    try:
        return answer_area(call.reader, call.query)
    except QuestionError as error:
        raise Wrong(f"{error.field}: {error}") from error


QUESTIONS: Final[tuple[Endpoint, ...]] = (
    *(_endpoint(name) for name in _GIVES),
    read(
        "question_area",
        "/questions/area",
        Verb.SEE_TRAIL,
        "Who was in this area then: of the wearers within scope those who were, those who cannot "
        "be excluded, and how many are, in a window of up to 24 hours",
        _area,
        AreaAnswer,
        asks=(*ASKS_WHERE[:4], *ASKS_WHEN),
        writes=COMBINES,
    ),
)
