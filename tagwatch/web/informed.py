"""What protected persons' sides were told, what waits, and whose messages are held."""

from collections.abc import Callable
from typing import Any

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.notice import NoticeState, NoticeVerdict
from tagwatch.core.timetable import Edge
from tagwatch.desk.clerk import Clerk, Conflict, Done, NotRecorded
from tagwatch.desk.notice import announce_release, decide, hold, lift
from tagwatch.notify.notice import notice_words
from tagwatch.query.informed import informed as ask_informed
from tagwatch.query.who_told import ToldLine, told_of_person
from tagwatch.web.alerts import page_purpose
from tagwatch.web.form import Problems, moment, said
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.words import word


@page("/informed", Verb.SEE_INFORMED)
def informed(request: Asked) -> Response[Any]:
    """List what sides were told, what waits, and how each is told."""
    return _page(request, {}, 200)


@act("/informed/{notice_id:str}/decide", Verb.INFORM_SIDE)
def decide_notice(request: Asked, notice_id: FromPath[str], data: Form) -> Response[Any]:
    """Say what becomes of a message that waits."""
    verdict, words = field(data, "verdict", 10), field(data, "words", 600)
    if verdict not in list(NoticeVerdict):
        return _page(request, {"problem": "Choose what becomes of the message"}, 422)
    chosen = NoticeVerdict(verdict)
    return _do(request, lambda clerk, asking: decide(clerk, asking, notice_id, chosen, words))


@act("/persons/{person_id:str}/hold", Verb.INFORM_SIDE)
def hold_messages(request: Asked, person_id: FromPath[str], data: Form) -> Response[Any]:
    """Hold messages to a person."""
    problems, words = Problems(), field(data, "words", 600)
    until = moment(data, "until", problems, edge=Edge.UNTIL)
    if problems:
        return _page(request, {"problem": problems.by_field["until"]}, 422)
    return _do(
        request, lambda clerk, asking: hold(clerk, asking, PersonId(person_id), until, words)
    )


@act("/persons/{person_id:str}/lift", Verb.INFORM_SIDE)
def lift_hold(request: Asked, person_id: FromPath[str], data: Form) -> Response[Any]:
    """Hold them no more."""
    words = field(data, "words", 600)
    return _do(request, lambda clerk, asking: lift(clerk, asking, PersonId(person_id), words))


@act("/persons/{person_id:str}/release", Verb.INFORM_SIDE)
def tell_release(request: Asked, person_id: FromPath[str], data: Form) -> Response[Any]:
    """Tell her side of a release."""
    problems, wearer = Problems(), WearerId(field(data, "wearer", 80))
    at = moment(data, "release", problems, "Enter when he is released")
    if at is None:
        return _page(request, {"problem": problems.by_field["release"]}, 422)
    person = PersonId(person_id)
    return _do(request, lambda clerk, asking: announce_release(clerk, asking, person, wearer, at))


@page("/persons/{person_id:str}/told", Verb.SEE_INFORMED)
def told_to_side(request: Asked, person_id: FromPath[str]) -> Response[Any]:
    """Show what one protected person's side was told."""
    person, found = told_of_person(_reader(request), PersonId(person_id))
    return show(request, "side.html", {"person": person, "found": found, "became": became})


def became(line: ToldLine) -> str:
    """Return what became of what somebody was to be told, in words."""
    if line.kept in (None, NoticeState.SENT):
        return "" if line.state is None else word(line.state)
    if line.kept is NoticeState.HELD and line.state is not None:
        return f"{word(line.kept)}. To whoever speaks with her: {word(line.state).lower()}"
    return word(line.kept)


def _do(request: Asked, work: Callable[[Clerk, Reader], Done]) -> Response[Any]:
    try:
        done = work(foundation(request).clerk, _reader(request))
    except (Conflict, NotRecorded) as error:
        return _page(request, {"problem": str(error)}, 422)
    mark = "saved" if done.applied.value == "applied" else "recorded"
    return Redirect(f"/informed?done={mark}", status_code=303)


def _reader(request: Asked) -> Reader:
    return reader(request, page_purpose(who(request).actor.role))


def _page(request: Asked, more: dict[str, Any], status: int) -> Response[Any]:
    found = ask_informed(_reader(request))
    ids = {view.notice.by or "" for view in (*found.waiting, *found.told)}
    ids |= {side.hold.by for side in found.sides if side.hold is not None}
    context = {
        "found": found,
        "words_of": notice_words,
        "names": foundation(request).sign_in.names(ids - {""}),
        "may_inform": who(request).actor.may(Verb.INFORM_SIDE),
        "wearers": {view.notice.wearer_id: view.wearer for view in (*found.waiting, *found.told)},
        "said": said(request),
        "problem": "",
        **more,
    }
    return show(request, "informed.html", context, status)


ROUTES = (informed, told_to_side, decide_notice, hold_messages, lift_hold, tell_release)
