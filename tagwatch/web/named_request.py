"""Data requests about somebody who is named: asked by whoever does not know whether he is on the
register, and decided by whoever does."""

from collections.abc import Callable
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import FORM
from tagwatch.core.data_request import Minimum, RequestError, RequestRefusal, RequestUrgency
from tagwatch.core.ids import NamedRequestId, WearerId
from tagwatch.core.named_request import Named, NamedAnswer, NamedState
from tagwatch.core.request_kinds import CITES, KIND_RULES, LegalGround, RequestKind
from tagwatch.core.units import DAY, Instant
from tagwatch.desk import named_request as desk
from tagwatch.desk.clerk import Conflict, Done, NotRecorded
from tagwatch.desk.named_request import NAMING_KINDS, NamedAsk, OnNamed
from tagwatch.query.named_requests import named_list, named_view
from tagwatch.query.register import current_versions
from tagwatch.web.data_request import area_words
from tagwatch.web.data_request_form import (
    NO_NAMES,
    grounds_of,
    minimum_of,
    request_reader,
    urgency_input,
    what_inputs,
    why_inputs,
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
    moment_values,
    options,
    said,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, who
from tagwatch.web.layout import show
from tagwatch.web.render import static_address
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole
from tagwatch.web.words import word

AT: Final = "/requests/named"
_ONE: Final = f"{AT}/{{named_id:str}}"
ANSWERS: Final = {
    NamedAnswer.WAITING: "Somebody looks at it.",
    NamedAnswer.NOTHING: "Nothing is released. It is the same answer whether or not the person is "
    "on the register, and no reason is given.",
    NamedAnswer.RELEASED: "What was approved can be fetched.",
    NamedAnswer.WITHDRAWN: "It was taken back.",
}


@page(AT, Verb.SEE_REQUESTS)
def named_requests(request: Asked) -> Response[Any]:
    """List them: of the own agency, or those to be decided."""
    found = named_list(request_reader(request))
    may_ask = who(request).actor.may(Verb.NAME_REQUEST)
    context = {"found": found, "answers": ANSWERS, "may_ask": may_ask, "said": said(request)}
    return show(request, "named_requests.html", context)


@page(f"{AT}/new", Verb.NAME_REQUEST, FORM)
def new_named(request: Asked) -> Response[Any]:
    """Ask whom it is about, and what data is wanted on which law."""
    now = request_reader(request).now()
    kinds = NAMING_KINDS[who(request).actor.role]
    values: dict[str, Any] = {
        "kind": kinds[0].value if len(kinds) == 1 else "",
        "urgency": RequestUrgency.ROUTINE.value,
        "wanted": [],
        **moment_values("start", Instant(now - DAY)),
        **moment_values("end", now),
    }
    return _sheet_shown(request, values)


@act(f"{AT}/new", Verb.NAME_REQUEST)
def ask_named(request: Asked, data: Form) -> Response[Any]:
    """Record the request; whether the person is on the register is not looked up."""
    base, asking, problems = foundation(request), request_reader(request), Problems()
    values = typed(data, _sheet(request))
    ask = _ask(values, minimum_of(request, values, problems), problems)
    if not problems:
        done = None
        try:
            done = attempt(problems, lambda: desk.name_request(base.clerk, asking, ask))
        except RequestError as error:
            problems.add(error.field, str(error))
        if done is not None:
            return after(f"{AT}/{done.made_id}", done)
    return _sheet_shown(request, values, problems)


@page(_ONE, Verb.SEE_REQUESTS)
def named_request(request: Asked, named_id: FromPath[str]) -> Response[Any]:
    """Show one of them."""
    return _page(request, named_id, {"said": said(request)}, 200)


@act(f"{_ONE}/match", Verb.RELEASE_REQUEST)
def match_named(request: Asked, named_id: FromPath[str], data: Form) -> Response[Any]:
    """Say which wearer it is about."""
    wearer = field(data, "wearer", 80)
    if not wearer:
        return _problem(request, named_id, "wearer", "Choose whom it is about")
    return _do(request, named_id, data, lambda on: desk.match_named(on, WearerId(wearer)))


@act(f"{_ONE}/nothing", Verb.RELEASE_REQUEST)
def answer_named(request: Asked, named_id: FromPath[str], data: Form) -> Response[Any]:
    """Say that nothing is released."""
    reason, words = field(data, "reason", 40), field(data, "words", 4000)
    if reason not in list(RequestRefusal):
        return _problem(request, named_id, "reason", "Choose why nothing is released")
    chosen = RequestRefusal(reason)
    return _do(request, named_id, data, lambda on: desk.answer_nothing(on, chosen, words), AT)


@act(f"{_ONE}/withdraw", Verb.NAME_REQUEST)
def withdraw_named(request: Asked, named_id: FromPath[str], data: Form) -> Response[Any]:
    """Take it back."""
    words = field(data, "words", 4000)
    return _do(request, named_id, data, lambda on: desk.withdraw_named(on, words), AT)


def _do(
    request: Asked, named_id: str, data: Form, work: Callable[[OnNamed], Done], to: str = ""
) -> Response[Any]:
    """Do an act and lead to `to`, or to the data request that was made."""
    on = OnNamed(
        foundation(request).clerk,
        request_reader(request),
        NamedRequestId(named_id[:80]),
        whole(field(data, "seen", 9), digits=9),
    )
    try:
        done = work(on)
    except RequestError as error:
        return _problem(request, named_id, error.field, str(error))
    except (Conflict, NotRecorded) as error:
        return _problem(request, named_id, TOP, str(error))
    return after(to or f"/requests/{done.made_id}", done)


def _problem(request: Asked, named_id: str, place: str, words: str) -> Response[Any]:
    return _page(request, named_id, {"problem": words, "problem_at": place}, 422)


def _page(request: Asked, named_id: str, more: dict[str, Any], status: int) -> Response[Any]:
    asking = request_reader(request)
    row = named_view(asking, NamedRequestId(named_id[:80]))
    one, decides = row.request, asking.actor.may(Verb.RELEASE_REQUEST)
    naming = asking.actor.may(Verb.NAME_REQUEST)
    reasons = [{"value": value, "text": words} for value, words in options(RequestRefusal)]
    context = {
        "row": row,
        "one": one,
        "answer": ANSWERS[row.answer],
        "area": area_words(one.asked.minimum),
        "decides": decides,
        "may_match": decides and one.state in (NamedState.WAITING, NamedState.NOTHING),
        "may_answer": decides and one.state is NamedState.WAITING,
        "may_withdraw": naming and row.answer is NamedAnswer.WAITING,
        "reasons": [{"value": "", "text": "Choose"}, *reasons],
        "problem": "",
        "problem_at": "",
        "said": "",
        **more,
    }
    return show(request, "named_request.html", context, status)


def _ask(values: dict[str, Any], minimum: Minimum, problems: Problems) -> NamedAsk:
    ground = choice(values, "ground", LegalGround, problems, "Choose on which law it rests")
    return NamedAsk(
        named=Named(
            name=text(values, "person", problems, "Write the name of the person you ask about"),
            born=str(values.get("born", "")).strip()[:20],
            number=str(values.get("number", "")).strip()[:60],
            words=str(values.get("told_by", ""))[:1000],
        ),
        kind=choice(values, "kind", RequestKind, problems, "Choose on whose side you ask"),
        role=text(values, "role", problems, "Write your role"),
        purpose=text(values, "purpose", problems, "Write what the data is needed for", 4000),
        ground=ground,
        cited=text(values, "cited", problems, f"Write {CITES[ground]}"),
        minimum=minimum,
        reference=str(values.get("reference", "")),
        urgency=choice(values, "urgency", RequestUrgency, problems, "Choose how soon"),
    )


def _sheet_shown(
    request: Asked, values: dict[str, Any], problems: Problems | None = None
) -> Response[Any]:
    kinds = NAMING_KINDS[who(request).actor.role]
    more = {
        "boroughs": static_address("map/boroughs.geojson"),
        "rules": [(kind, KIND_RULES[kind]) for kind in kinds],
        "cites": CITES,
        "day": DAY,
        "is_own": True,
    }
    return show_sheet(request, _sheet(request), values, problems, "named_form.html", more)


def _sheet(request: Asked) -> Sheet:
    kinds = NAMING_KINDS[who(request).actor.role]
    settings = current_versions(foundation(request).projections)[0].settings.request
    return Sheet(
        title="Ask for data about a person you name",
        caption="Data request",
        back=AT,
        button="Ask",
        inputs=(
            *_whom(),
            _kind(kinds),
            Input(name="role", label="Your role", hint="For example consultant, caseworker"),
            Input(name="reference", label="Your reference"),
            *why_inputs(grounds_of(kinds)),
            *what_inputs(request),
            urgency_input(settings),
        ),
    )


def _kind(kinds: tuple[RequestKind, ...]) -> Input:
    if len(kinds) == 1:
        return Input(name="kind", kind=Kind.HIDDEN)
    sides = tuple((kind.value, word(kind)) for kind in kinds)
    offered = (("", "Choose"), *sides)
    return Input(name="kind", label="On whose side you ask", kind=Kind.SELECT, options=offered)


def _whom() -> tuple[Input, ...]:
    narrow = "govuk-input--width-10"
    return (
        Input(name="person", label="Full name"),
        Input(
            name="born",
            label="Date of birth",
            hint="As 1989-04-27. Without it give a number",
            classes=narrow,
        ),
        Input(name="number", label="CRN, NOMIS id or PNC reference (optional)", classes=narrow),
        Input(
            name="told_by",
            label="How else he can be told from others (optional)",
            hint=NO_NAMES,
            kind=Kind.AREA,
        ),
    )


ROUTES = (
    named_requests,
    new_named,
    ask_named,
    named_request,
    match_named,
    answer_named,
    withdraw_named,
)
