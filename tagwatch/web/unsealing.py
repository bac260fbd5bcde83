"""Openings of sealed trails: an officer asks, a second person decides; what came of it."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import UnsealingId, WearerId
from tagwatch.core.request_kinds import CITES, LegalGround
from tagwatch.core.routing import Verdict
from tagwatch.core.timetable import Edge
from tagwatch.core.units import DAY, HOUR, Instant, iso
from tagwatch.core.unsealing import GROUNDS, LONGEST, UnsealingError, check_span
from tagwatch.desk.clerk import Conflict, Done, NotRecorded
from tagwatch.desk.unsealing import UnsealingAsk, ask_unsealing, decide_unsealing, end_unsealing
from tagwatch.query.unsealing import (
    UnsealingRow,
    sealed_of,
    unsealing_lists,
    unsealings_about,
)
from tagwatch.web.form import (
    TOP,
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    choice,
    moment,
    moment_values,
    said,
    show_sheet,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader, role_reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.trail_window import asked_window
from tagwatch.web.words import word

AT: Final = "/unsealings"
_OF: Final = "/wearers/{wearer_id:str}/unsealings"
_ONE: Final = f"{AT}/{{unsealing_id:str}}"
_WORDS: Final = 1001


@page(_OF, Verb.OPEN_SEALED)
def new_unsealing(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show what this officer asked about a wearer, and the form; the address gives the stretch."""
    asking = reader(request)
    query = {name: str(value) for name, value in request.query_params.items()}
    window = asked_window(query, asking.now(), Problems())
    end = min(window.end, asking.now())
    start = max(min(window.start, Instant(end - HOUR)), Instant(end - LONGEST))
    return _form(request, asking, WearerId(wearer_id), (Instant(start), Instant(end)))


@act(_OF, Verb.OPEN_SEALED)
def ask(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Ask that a stretch be opened."""
    asking, problems, name = reader(request), Problems(), WearerId(wearer_id)
    values = typed(data, SHEET)
    start = moment(values, "start", problems, "Enter from when")
    end = moment(values, "end", problems, "Enter until when", Edge.UNTIL)
    ground = choice(values, "ground", LegalGround, problems, "Choose on which law it rests")
    if start is not None and end is not None and not problems:
        try:
            span = (start, end)
            done = attempt(problems, lambda: _ask(request, asking, name, span, ground, values))
        except UnsealingError as error:
            problems.add(error.field, str(error))
        else:
            if done is not None:
                return after(f"/wearers/{name}/unsealings", done)
    now = asking.now()
    return _form(request, asking, name, (Instant(now - HOUR), now), values, problems)


@page(AT, Verb.OPEN_SEALED)
def unsealings(request: Asked) -> Response[Any]:
    """List what waits for this officer to decide, what is open to others, and what he asked."""
    return _lists(request, {}, 200)


@act(f"{_ONE}/decide", Verb.APPROVE_SEALED)
def decide(request: Asked, unsealing_id: FromPath[str], data: Form) -> Response[Any]:
    """Approve or refuse what somebody else asked to see."""
    clerk, asking, name = foundation(request).clerk, _deciding(request), UnsealingId(unsealing_id)
    approved = field(data, "verdict", 20) == Verdict.APPROVED.value
    verdict = Verdict.APPROVED if approved else Verdict.REFUSED
    words = field(data, "words", _WORDS)
    return _do(request, name, lambda: decide_unsealing(clerk, asking, name, verdict, words))


@act(f"{_ONE}/end", Verb.OPEN_SEALED)
def end(request: Asked, unsealing_id: FromPath[str], data: Form) -> Response[Any]:
    """Give back what one asked for, or revoke what is open to another."""
    clerk, asking, name = foundation(request).clerk, _deciding(request), UnsealingId(unsealing_id)
    words = field(data, "words", _WORDS)
    return _do(request, name, lambda: end_unsealing(clerk, asking, name, words))


def _deciding(request: Asked) -> Reader:
    """Return a reader for work on askings, as for other requests for data."""
    return reader(request, Purpose.DATA_REQUEST)


def _ask(
    request: Asked,
    asking: Reader,
    wearer_id: WearerId,
    span: tuple[Instant, Instant],
    ground: LegalGround,
    values: dict[str, Any],
) -> Done:
    check_span(span, asking.now())
    sealed = sealed_of(asking, wearer_id, *span)
    what = UnsealingAsk(
        start=span[0],
        end=span[1],
        ground=ground,
        cited=values["cited"],
        reason=values["reason"],
        sealed=sealed.fixes,
        gone=sealed.gone,
    )
    return ask_unsealing(foundation(request).clerk, asking, wearer_id, what)


def _do(request: Asked, name: UnsealingId, work: Callable[[], Done]) -> Response[Any]:
    try:
        return after(AT, work())
    except UnsealingError as error:
        return _lists(request, {f"words-{name}": str(error)}, 422)
    except Conflict as error:
        return _lists(request, {TOP: str(error)}, 409)
    except NotRecorded as error:
        return _lists(request, {TOP: str(error)}, 503)


def _lists(request: Asked, problems: dict[str, str], status: int) -> Response[Any]:
    asking = role_reader(request)
    found = unsealing_lists(asking)
    context = {
        "found": found,
        "errors": problems,
        "summary": [{"text": text, "href": f"#{name}"} for name, text in problems.items()],
        "names": _names(request, (*found.waiting, *found.others, *found.own)),
        "may_approve": asking.actor.may(Verb.APPROVE_SEALED),
        "iso": iso,
        "said": said(request),
    }
    return show(request, "unsealings.html", context, status)


def _form(
    request: Asked,
    asking: Reader,
    wearer_id: WearerId,
    span: tuple[Instant, Instant],
    values: dict[str, Any] | None = None,
    problems: Problems | None = None,
) -> Response[Any]:
    found = unsealings_about(asking, wearer_id, *span)
    shown = values or {
        **moment_values("start", span[0]),
        **moment_values("end", span[1]),
    }
    more = {
        "found": found,
        "span": span,
        "names": _names(request, found.own),
        "cites": [(word(ground), CITES[ground]) for ground in GROUNDS],
        "days": LONGEST // DAY,
        "iso": iso,
        "said": said(request),
    }
    return show_sheet(request, SHEET, shown, problems, "unsealing_form.html", more)


def _names(request: Asked, rows: Iterable[UnsealingRow]) -> dict[str, str]:
    each = [row.unsealing for row in rows]
    ids = {name for one in each for name in (one.by, one.decided_by, one.ended_by) if name}
    return foundation(request).sign_in.names({str(name) for name in ids})


SHEET: Final = Sheet(
    title="Ask to open a stretch",
    back="",
    button="Ask a second person",
    inputs=(
        Input(name="start", label="From", kind=Kind.MOMENT),
        Input(name="end", label="Until", kind=Kind.MOMENT),
        Input(
            name="ground",
            label="On which law",
            kind=Kind.SELECT,
            options=(("", "Choose"), *((ground.value, word(ground)) for ground in GROUNDS)),
        ),
        Input(name="cited", label="What the law must cite", hint="The list above says which"),
        Input(
            name="reason",
            label="Why you must see it",
            kind=Kind.AREA,
            hint="What you expect to learn, and why nothing less does. Never a protected person’s "
            "name or address",
        ),
    ),
)
ROUTES = (new_unsealing, ask, unsealings, decide, end)
