"""Legal holds: the list, and of one wearer the page on which one is set, and its lift decided."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb, may
from tagwatch.core.ids import WearerId
from tagwatch.desk.clerk import Done
from tagwatch.desk.hold import WHY_MOST, LiftDecision, ask_lift, decide_lift, set_hold
from tagwatch.query.holds import HoldStand, hold_list, hold_of
from tagwatch.web.form import TOP, Problems, after, attempt, said
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page


@page("/holds", Verb.SEE_HOLDS)
def holds(request: Asked) -> Response[Any]:
    """List the legal holds within scope, those whose lift is to be decided first."""
    found = hold_list(_reader(request))
    context = {
        "found": found,
        "names": _names(request, (*found.on_hold, *found.ended)),
        "said": said(request),
    }
    return show(request, "holds.html", context)


@page("/wearers/{wearer_id:str}/hold", Verb.SEE_HOLDS)
def hold(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show whether a wearer is on hold, and all that was done about it."""
    return _page(request, WearerId(wearer_id), "", 200)


@act("/wearers/{wearer_id:str}/hold", Verb.SET_HOLD)
def enter_hold(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Set a hold."""
    clerk, asking, name = foundation(request).clerk, _reader(request), WearerId(wearer_id)
    why = field(data, "why", WHY_MOST + 1)
    return _done(request, name, lambda: set_hold(clerk, asking, name, why))


@act("/wearers/{wearer_id:str}/hold/ask-lift", Verb.SET_HOLD)
def enter_lift(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Ask that a hold be lifted."""
    clerk, asking, name = foundation(request).clerk, _reader(request), WearerId(wearer_id)
    why = field(data, "why", WHY_MOST + 1)
    return _done(request, name, lambda: ask_lift(clerk, asking, name, why))


@act("/wearers/{wearer_id:str}/hold/decide", Verb.LIFT_HOLD)
def enter_decision(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Lift a hold that somebody else asked to lift, or let it stand."""
    clerk, asking, name = foundation(request).clerk, _reader(request), WearerId(wearer_id)
    chosen = LiftDecision.LIFT if field(data, "decision") == "lift" else LiftDecision.KEEP
    why = field(data, "why", WHY_MOST + 1)
    return _done(request, name, lambda: decide_lift(clerk, asking, name, chosen, why))


def _done(request: Asked, name: WearerId, act: Any) -> Response[Any]:
    problems = Problems()
    done: Done | None = attempt(problems, act)
    if done is None:
        return _page(request, name, problems.by_field[TOP], 422)
    return after(f"/wearers/{name}/hold", done)


def _page(request: Asked, name: WearerId, problem: str, status: int) -> Response[Any]:
    asking = _reader(request)
    found = hold_of(asking, name)
    actor = asking.actor
    context = {
        "found": found,
        "names": _names(request, (found,)),
        "may_set": may(actor.role, Verb.SET_HOLD),
        "may_lift": may(actor.role, Verb.LIFT_HOLD),
        "is_own": found.lift is not None and found.lift.by == actor.account_id,
        "said": said(request),
        "problem": problem,
    }
    return show(request, "hold.html", context, status)


def _names(request: Asked, stands: tuple[HoldStand, ...]) -> dict[Any, str]:
    ids = {act.by for stand in stands for act in stand.acts}
    return dict(foundation(request).sign_in.names(ids))


def _reader(request: Asked) -> Reader:
    return reader(request, Purpose.UPKEEP)


ROUTES = (holds, hold, enter_hold, enter_lift, enter_decision)
