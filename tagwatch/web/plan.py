"""A wearer's risk management plan: as it stands, the officers' notes, and who changed what."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.query.plan import PlanView
from tagwatch.query.plan import risk_plan as ask_plan
from tagwatch.web.form import said
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import page

PLAN_PURPOSE: Final = Purpose.VICTIM_SAFETY
"""Why the plan's own pages are opened; every role that sees a plan may state it."""


@page("/wearers/{wearer_id:str}/plan", Verb.SEE_PLAN)
def plan(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the plan, and for the practitioner its notes, its history and what to do with it."""
    return show_plan(request, WearerId(wearer_id), {}, 200)


def show_plan(
    request: Asked, wearer_id: WearerId, more: dict[str, Any], status: int
) -> Response[Any]:
    """Return the plan's page; `more` has the problem of a form that was sent, and its fields."""
    view = ask_plan(reader(request, PLAN_PURPOSE), wearer_id)
    may_record = who(request).actor.may(Verb.RECORD_PLAN)
    context: dict[str, Any] = {"said": said(request), "may_record": may_record, "kept": {}}
    return show(request, "plan_page.html", context | plan_context(request, view) | more, status)


def plan_context(request: Asked, view: PlanView) -> dict[str, Any]:
    """Return what the plan's part of a page is made from."""
    by = {one.by for one in view.notes} | {one.by for one in view.versions}
    return {"risk": view, "risk_names": foundation(request).sign_in.names(by)}


def seen_plan(request: Asked, asking: Reader, wearer_id: WearerId | None) -> dict[str, Any]:
    """Return the same for a page of another subject; empty where the reader may see no plan."""
    if wearer_id is None or not who(request).actor.may(Verb.SEE_PLAN):
        return {}
    return plan_context(request, ask_plan(asking, wearer_id))


ROUTES = (plan,)
