"""One data request: what was asked, what has happened to it, and what can be done with it now."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.scope import may_see_secrets
from tagwatch.access.written import HANDS_OUT, HANDS_OUT_AROUND
from tagwatch.core.data_request import DataRequest, Minimum, RequestError, RequestRefusal
from tagwatch.core.ids import RequestId
from tagwatch.core.request_kinds import CITES, KIND_RULES, IdentityCheck, ReleaseForm, Wanted
from tagwatch.core.request_steps import OVER, RequestAct, can, persons_needed
from tagwatch.core.shape import Disc, Shape
from tagwatch.desk import data_request as desk
from tagwatch.desk.clerk import Conflict, Done, NotRecorded
from tagwatch.desk.data_request import Given, OnRequest
from tagwatch.query.data_requests import RequestView, request_view
from tagwatch.web.data_request_form import request_reader
from tagwatch.web.form import TOP, Problems, after, moment, moment_values, options, said
from tagwatch.web.foundation import Asked, foundation
from tagwatch.web.layout import show
from tagwatch.web.released import attachment, fetch, hand_over, release
from tagwatch.web.route import Form, act, field, fields, page
from tagwatch.web.shape_input import read_shape
from tagwatch.web.whole import whole
from tagwatch.web.words import word

_ONE: Final = "/requests/{request_id:str}"
OUTLINE_MOST: Final = 500_000
"""Characters of an outline."""


@page(_ONE, Verb.SEE_REQUESTS)
def data_request(request: Asked, request_id: FromPath[str]) -> Response[Any]:
    """Show one request."""
    return _page(request, request_id, {"said": said(request)}, 200)


@act(f"{_ONE}/authenticate", Verb.RELEASE_REQUEST)
def authenticate_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Record how it was made sure who asks."""
    how, words = field(data, "how", 40), field(data, "seen_words", 4000)
    kept = {"how": how, "seen_words": words}
    if how not in list(IdentityCheck):
        return _problem(request, request_id, "how", "Choose how you made sure", kept)
    check = IdentityCheck(how)
    names = {"words": "seen_words"}
    return _do(
        request, request_id, data, lambda on: desk.authenticate(on, check, words), kept, names
    )


@act(f"{_ONE}/approve", Verb.APPROVE_REQUEST)
def approve_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Approve the least that does."""
    kept: dict[str, Any] = {
        "approved": fields(data, "approved")[:20],
        "approval_words": field(data, "approval_words", 4000),
        "form": field(data, "form", 20),
        "release_days": field(data, "release_days", 4),
        "access_days": field(data, "access_days", 4),
    }
    kept |= {name: field(data, name, 20) for name in ("lat", "lon", "radius")}
    kept["shape"] = field(data, "shape", OUTLINE_MOST)
    for name in ("start", "end"):
        for part in ("day", "month", "year", "time"):
            kept[f"{name}-{part}"] = field(data, f"{name}-{part}", 20)
    asked = request_view(request_reader(request), RequestId(request_id)).request
    problems = Problems()
    given = _given(asked, kept, problems)
    if problems or given is None:
        place, words = next(iter(problems.by_field.items()))
        return _problem(request, request_id, place, words, kept)
    names = {"words": "approval_words"}
    return _do(request, request_id, data, lambda on: desk.approve(on, given), kept, names)


def _given(asked: DataRequest, kept: dict[str, Any], problems: Problems) -> Given | None:
    start = moment(kept, "start", problems, "Enter from when")
    end = moment(kept, "end", problems, "Enter until when")
    wanted = tuple(one for one in Wanted if one.value in kept["approved"])
    days = {name: str(kept[name]) for name in ("release_days", "access_days")}
    for name, given in days.items():
        if not (given.isascii() and given.isdigit()):
            problems.add(name, "Write how many days, as a whole number")
    if kept["form"] not in ("", *ReleaseForm):
        problems.add("form", "Choose how much goes out")
    minimum = _within(asked, kept, problems)
    if problems or start is None or end is None:
        return None
    return Given(
        minimum=msgspec.structs.replace(minimum, start=start, end=end, wanted=wanted),
        words=kept["approval_words"],
        form=ReleaseForm(kept["form"] or ReleaseForm.ORDINARY),
        release_days=int(days["release_days"]),
        access_days=int(days["access_days"]),
    )


def _within(asked: DataRequest, kept: dict[str, Any], problems: Problems) -> Minimum:
    """Return the minimum with the smaller area that was typed; without one that of the first
    person who approved it, else that which was asked for."""
    held = asked.approved.minimum if asked.approved else asked.minimum
    if not any(str(kept[name]).strip() for name in ("lat", "lon", "radius", "shape")):
        return held
    label = asked.minimum.area_label
    return msgspec.structs.replace(
        held,
        area=read_shape(kept, problems),
        area_label=f"a part of {label}" if label else "a part of the area asked for",
    )


@act(f"{_ONE}/refuse", Verb.APPROVE_REQUEST)
def refuse_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Refuse it, or take an approval back."""
    words, reason = field(data, "refusal_words", 4000), field(data, "refusal", 40)
    kept = {"refusal_words": words, "refusal": reason}
    if reason not in list(RequestRefusal):
        return _problem(request, request_id, "refusal", "Choose why it is refused", kept)
    chosen, names = RequestRefusal(reason), {"words": "refusal_words"}
    return _do(request, request_id, data, lambda on: desk.refuse(on, chosen, words), kept, names)


@act(f"{_ONE}/return", Verb.APPROVE_REQUEST)
def return_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Ask back what is missing."""
    return _words(request, request_id, data, "return_words", desk.return_for_more)


@act(f"{_ONE}/amend", Verb.ASK_REQUEST)
def amend_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Answer what was asked back."""
    return _words(request, request_id, data, "amend_words", desk.amend)


@act(f"{_ONE}/withdraw", Verb.ASK_REQUEST)
def withdraw_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Take it back."""
    return _words(request, request_id, data, "withdraw_words", desk.withdraw)


@act(f"{_ONE}/close", Verb.RELEASE_REQUEST)
def close_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """End access to what was released."""
    return _words(request, request_id, data, "close_words", desk.close)


@act(f"{_ONE}/release", Verb.RELEASE_REQUEST, HANDS_OUT_AROUND)
def release_request(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Make what was approved, and release it."""
    base = foundation(request)
    return _do(request, request_id, data, lambda on: release(base, on), {}, {})


@act(f"{_ONE}/fetch", Verb.SEE_REQUESTS, HANDS_OUT)
def fetch_released(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Give a released file to the account that asked for it."""
    name = field(data, "file", 80)
    try:
        file = fetch(foundation(request), request_reader(request), request_id, name)
    except (RequestError, NotRecorded) as error:
        return _problem(request, request_id, TOP, str(error), {})
    return attachment(file)


@act(f"{_ONE}/hand-over", Verb.RELEASE_REQUEST, HANDS_OUT)
def hand_over_released(request: Asked, request_id: FromPath[str], data: Form) -> Response[Any]:
    """Give a released file to an officer who hands it over, with a receipt."""
    name = field(data, "file", 80)
    kept = {each: field(data, each, 200) for each in ("to", "receipt")}
    base, asking = foundation(request), request_reader(request)
    try:
        file = hand_over(base, asking, request_id, name, (kept["to"], kept["receipt"]))
    except RequestError as error:
        return _problem(request, request_id, error.field, str(error), kept)
    except NotRecorded as error:
        return _problem(request, request_id, TOP, str(error), kept)
    return attachment(file)


def _words(
    request: Asked,
    request_id: str,
    data: Form,
    name: str,
    work: Callable[[OnRequest, str], Done],
) -> Response[Any]:
    words = field(data, name, 4000)
    names = {"words": name}
    return _do(request, request_id, data, lambda on: work(on, words), {name: words}, names)


def _do(
    request: Asked,
    request_id: str,
    data: Form,
    work: Callable[[OnRequest], Done],
    kept: dict[str, Any],
    names: dict[str, str],
) -> Response[Any]:
    """Do an act; `names` says which field of the page a field of the desk is."""
    seen = field(data, "seen", 9)
    on = OnRequest(
        foundation(request).clerk,
        request_reader(request),
        RequestId(request_id),
        whole(seen, digits=9),
    )
    try:
        done = work(on)
    except RequestError as error:
        place = names.get(error.field, error.field)
        return _problem(request, request_id, place, str(error), kept)
    except (Conflict, NotRecorded) as error:
        return _problem(request, request_id, TOP, str(error), kept)
    return after(f"/requests/{request_id}", done)


def _problem(
    request: Asked, request_id: str, place: str, words: str, kept: dict[str, Any]
) -> Response[Any]:
    return _page(request, request_id, {"problem": words, "problem_at": place, **kept}, 422)


def _page(request: Asked, request_id: str, more: dict[str, Any], status: int) -> Response[Any]:
    asking = request_reader(request)
    view = request_view(asking, RequestId(request_id))
    one = view.request
    base = one.approved.minimum if one.approved else one.minimum
    context = {
        "view": view,
        "one": one,
        "names": foundation(request).sign_in.names(_people(view)),
        "may_do": _may_do(asking, one),
        "is_over": one.state in OVER,
        "is_his": one.requester.account_id == asking.actor.account_id,
        "may_open": asking.actor.may(Verb.SEE_WEARER),
        "may_be_expert": ReleaseForm.EXPERT in KIND_RULES[one.kind].forms
        and may_see_secrets(asking.actor, view.wearer),
        "cites": CITES,
        "checks": [
            (how.value, word(how))
            for how in KIND_RULES[one.kind].checks
            if how is not IdentityCheck.OWN_ACCOUNT
        ],
        "refusals": options(RequestRefusal),
        "persons": persons_needed(one),
        "asked_data": [(each.value, word(each)) for each in one.minimum.wanted],
        "area": area_words(one.minimum),
        "area_words": area_words,
        "lat": "",
        "lon": "",
        "radius": "",
        "shape": "",
        "problem": "",
        "problem_at": "",
        "approved": [each.value for each in base.wanted],
        "form": one.approved.form.value if one.approved else "",
        "release_days": "7",
        "access_days": "14",
        **moment_values("start", base.start),
        **moment_values("end", base.end),
        **more,
    }
    context["moments"] = {
        name: value for name, value in context.items() if name.startswith(("start-", "end-"))
    }
    return show(request, "request.html", context, status)


def _may_do(asking: Reader, one: DataRequest) -> dict[str, bool]:
    """Return which steps are open to this reader now, by the act."""
    actor = asking.actor
    verbs = {
        RequestAct.AUTHENTICATE: Verb.RELEASE_REQUEST,
        RequestAct.APPROVE: Verb.APPROVE_REQUEST,
        RequestAct.REFUSE: Verb.APPROVE_REQUEST,
        RequestAct.RETURN: Verb.APPROVE_REQUEST,
        RequestAct.RELEASE: Verb.RELEASE_REQUEST,
        RequestAct.CLOSE: Verb.RELEASE_REQUEST,
        RequestAct.AMEND: Verb.ASK_REQUEST,
        RequestAct.WITHDRAW: Verb.ASK_REQUEST,
    }
    found = {step.value: can(one, step) and actor.may(verb) for step, verb in verbs.items()}
    own = (one.requester.account_id, one.recorded_by)
    approvers = {each.by for each in one.approvals}
    found["approve"] &= actor.account_id not in own and actor.account_id not in approvers
    for name in ("amend", "withdraw"):
        found[name] &= desk.is_theirs(asking, one)
    return found


def area_words(minimum: Minimum) -> str:
    """Return what the area is, in words."""
    area: Shape | None = minimum.area
    if area is None:
        return f"not bound to a place: {minimum.no_area}"
    label = f"{minimum.area_label}: " if minimum.area_label else ""
    if isinstance(area, Disc):
        place = f"{area.centre.lat_deg:.5f}, {area.centre.lon_deg:.5f}"
        return f"{label}within {area.radius_m:g} m of {place}"
    return f"{label or 'An outline: '}as drawn, digest {minimum.area_digest}"


def _people(view: RequestView) -> set[str]:
    named = {step.by for step in view.steps} | {each.by for each in view.fetched}
    one = view.request
    named |= {each.by for each in one.approvals}
    if one.identified is not None:
        named.add(one.identified.by)
    return {str(name) for name in named | {one.recorded_by}} - {""}


ROUTES = (
    data_request,
    authenticate_request,
    approve_request,
    refuse_request,
    return_request,
    amend_request,
    withdraw_request,
    close_request,
    release_request,
    fetch_released,
    hand_over_released,
)
