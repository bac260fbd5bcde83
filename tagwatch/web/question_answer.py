"""An answer as a page and the API give it: a sentence, the evidence, and the address that gives the
same again."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from tagwatch.core.ids import WearerId
from tagwatch.core.meeting import Answer
from tagwatch.query.question_area import LONGEST as AREA_LONGEST
from tagwatch.query.question_area import AreaView, in_area
from tagwatch.query.question_companions import LONGEST as COMPANIONS_LONGEST
from tagwatch.query.question_companions import CompanionsView, companions
from tagwatch.query.question_meet import LONGEST as MEET_LONGEST
from tagwatch.query.question_meet import MeetView, meet
from tagwatch.query.question_near import LONGEST as NEAR_LONGEST
from tagwatch.query.question_near import NearView, near
from tagwatch.query.question_usual import LONGEST as USUAL_LONGEST
from tagwatch.query.question_usual import UsualView, usually
from tagwatch.query.question_visits import LONGEST as VISITS_LONGEST
from tagwatch.query.question_visits import VisitsView, visits_to
from tagwatch.query.question_worn import LONGEST as WORN_LONGEST
from tagwatch.query.question_worn import WornView, worn_and_seen
from tagwatch.query.reader import Reader
from tagwatch.web.form import Input
from tagwatch.web.question_input import (
    Given,
    address,
    companions_inputs,
    distance_of,
    hours_of,
    meet_inputs,
    other_of,
    place_of,
    usual_inputs,
    weekday_of,
    window_of,
)
from tagwatch.web.question_words import (
    area_sentence,
    companions_sentence,
    meet_sentence,
    near_sentence,
    usual_sentence,
    visits_sentence,
    worn_sentence,
)

API: Final = "/api/v1/questions"


class NearAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Was he near: `link` gives this answer again, byte for byte."""

    sentence: str
    link: str
    answer: NearView


class VisitsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """First and last time here."""

    sentence: str
    link: str
    answer: VisitsView


class WornAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Was the tag worn and seen."""

    sentence: str
    link: str
    answer: WornView


def answer_near(asking: Reader, wearer_id: WearerId, given: Given) -> NearAnswer:
    """Return whether he was near. Raises QuestionError, NotFound."""
    place = place_of(given, asking, wearer_id)
    window = window_of(given, asking.now(), NEAR_LONGEST)
    found = near(asking, wearer_id, place, window)
    link = address(f"{API}/near/{wearer_id}", window, place)
    return NearAnswer(sentence=near_sentence(found), link=link, answer=found)


def answer_visits(asking: Reader, wearer_id: WearerId, given: Given) -> VisitsAnswer:
    """Return first and last time here. Raises QuestionError, NotFound."""
    place = place_of(given, asking, wearer_id)
    window = window_of(given, asking.now(), VISITS_LONGEST)
    found = visits_to(asking, wearer_id, place, window)
    link = address(f"{API}/visits/{wearer_id}", window, place)
    return VisitsAnswer(sentence=visits_sentence(found), link=link, answer=found)


def answer_worn(asking: Reader, wearer_id: WearerId, given: Given) -> WornAnswer:
    """Return whether his tag was worn and seen. Raises QuestionError, NotFound."""
    window = window_of(given, asking.now(), WORN_LONGEST)
    found = worn_and_seen(asking, wearer_id, window)
    link = address(f"{API}/worn/{wearer_id}", window, None)
    return WornAnswer(sentence=worn_sentence(found), link=link, answer=found)


class UsualAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where he usually is."""

    sentence: str
    link: str
    answer: UsualView


class MeetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Do these two meet."""

    sentence: str
    link: str
    answer: MeetView


def answer_usual(asking: Reader, wearer_id: WearerId, given: Given) -> UsualAnswer:
    """Return where he usually is. Raises QuestionError, NotFound."""
    weekday, hours = weekday_of(given), hours_of(given)
    window = window_of(given, asking.now(), USUAL_LONGEST)
    found = usually(asking, wearer_id, weekday, hours, window)
    more = {"weekday": weekday.value, "from_hour": str(hours[0]), "until_hour": str(hours[1])}
    link = address(f"{API}/usual/{wearer_id}", window, None, **more)
    return UsualAnswer(sentence=usual_sentence(found), link=link, answer=found)


def answer_meet(asking: Reader, wearer_id: WearerId, given: Given) -> MeetAnswer:
    """Return whether the two met. Raises QuestionError, NotFound."""
    other, within_m = other_of(given, asking), distance_of(given)
    window = window_of(given, asking.now(), MEET_LONGEST)
    found = meet(asking, wearer_id, other, within_m, window)
    more = {"other": other, "within": repr(within_m)}
    link = address(f"{API}/meet/{wearer_id}", window, None, **more)
    return MeetAnswer(sentence=meet_sentence(found), link=link, answer=found)


class CompanionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who was with him."""

    sentence: str
    link: str
    answer: CompanionsView


def answer_companions(asking: Reader, wearer_id: WearerId, given: Given) -> CompanionsAnswer:
    """Return who was with him. Raises QuestionError, NotFound."""
    within_m = distance_of(given)
    window = window_of(given, asking.now(), COMPANIONS_LONGEST)
    found = companions(asking, wearer_id, within_m, window)
    link = address(f"{API}/companions/{wearer_id}", window, None, within=repr(within_m))
    return CompanionsAnswer(sentence=companions_sentence(found), link=link, answer=found)


class AreaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who was in this area then."""

    sentence: str
    link: str
    answer: AreaView


def answer_area(asking: Reader, given: Given) -> AreaAnswer:
    """Return who was in an area. Raises QuestionError."""
    place = place_of(given, asking, None)
    window = window_of(given, asking.now(), AREA_LONGEST)
    found = in_area(asking, place, window)
    link = address(f"{API}/area", window, place)
    return AreaAnswer(sentence=area_sentence(found), link=link, answer=found)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of question about one wearer: how its page and form are."""

    name: str
    title: str
    says: str
    has_place: bool
    back_us: int
    """How long a window the empty form offers."""
    answer: Callable[[Reader, WearerId, Given], Any]
    template: str
    extras: Callable[[], tuple[Input, ...]] = tuple[Input, ...]
    """Fields besides where and when."""


_DAY: Final = 86_400_000_000
ASKINGS: Final = (
    Asking(
        name="near",
        title="Was he near this place?",
        says="At some time in a window of up to 31 days: yes, no, or cannot say",
        has_place=True,
        back_us=_DAY,
        answer=answer_near,
        template="question_near.html",
    ),
    Asking(
        name="visits",
        title="First and last time here",
        says="Certain and possible, and how many stays were seen, over up to 92 days",
        has_place=True,
        back_us=28 * _DAY,
        answer=answer_visits,
        template="question_visits.html",
    ),
    Asking(
        name="usual",
        title="Where is he usually at these hours?",
        says="Of a weekday and hours, by up to 92 days of his past: the places with their share of "
        "the observed time, and how often it was seen",
        has_place=False,
        back_us=56 * _DAY,
        answer=answer_usual,
        template="question_usual.html",
        extras=usual_inputs,
    ),
    Asking(
        name="meet",
        title="Do these two meet?",
        says="He and another wearer within your scope, over up to 31 days: yes, no, or cannot say",
        has_place=False,
        back_us=7 * _DAY,
        answer=answer_meet,
        template="question_meet.html",
        extras=meet_inputs,
    ),
    Asking(
        name="companions",
        title="Who was with him?",
        says="The other wearers within your scope who were, or may have been, near him, over up to "
        "31 days: on how many days, how often, how sure, and about where",
        has_place=False,
        back_us=14 * _DAY,
        answer=answer_companions,
        template="question_companions.html",
        extras=companions_inputs,
    ),
    Asking(
        name="worn",
        title="Was the tag worn and seen?",
        says="When it was on him, heard of, located and charged, and why it may have been silent, "
        "over up to 31 days",
        has_place=False,
        back_us=_DAY,
        answer=answer_worn,
        template="question_worn.html",
    ),
)

TONE: Final = {Answer.YES: "blue", Answer.NO: "blue", Answer.CANNOT_SAY: "grey"}
"""An answer is neither good nor bad; only one that is none looks otherwise."""
