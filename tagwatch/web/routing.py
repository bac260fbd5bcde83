"""The routes by legal basis: the table, a proposal to change it, and the second person's answer."""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import ProposalId
from tagwatch.core.order import LegalBasis
from tagwatch.core.person import Duty
from tagwatch.core.routing import ACTING, Route, RouteProposal, Routes, Verdict
from tagwatch.desk.routes import decide_routes, propose_routes
from tagwatch.query.routes import RoutesView, routes_view
from tagwatch.web.form import (
    TOP,
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    choice,
    said,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.on_call import colleague
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.wearer_form import new_id
from tagwatch.web.words import word

_DUTIES = tuple((duty.value, word(duty)) for duty in Duty if duty in ACTING)


@page("/routing", Verb.SEE_ON_CALL)
def show_routing(request: Asked) -> Response[Any]:
    """Show who acts by legal basis, what waits for a second person, and what was decided."""
    return _page(request, Problems())


def _page(request: Asked, problems: Problems) -> Response[Any]:
    view = routes_view(colleague(request))
    actor = who(request).actor
    people = {p.by for p in (*view.waiting, *view.decided)}
    people |= {p.decided_by for p in view.decided if p.decided_by}
    context: dict[str, Any] = {
        "view": view,
        "names": foundation(request).sign_in.names(people),
        "changes": partial(changes, view),
        "me": actor.account_id,
        "may_propose": actor.may(Verb.PROPOSE_ROUTES),
        "may_decide": actor.may(Verb.DECIDE_ROUTES),
        "summary": problems.summary(),
        "said": said(request),
    }
    return show(request, "routing.html", context, 422 if problems else 200)


def changes(view: RoutesView, proposal: RouteProposal) -> list[tuple[Route, Route]]:
    """Return what a proposal changes: each route as it is in force, and as proposed."""
    pairs = ((view.current.of(new.basis), new) for new in proposal.routes.routes)
    return [(old, new) for old, new in pairs if old != new]


def _sheet() -> Sheet:
    inputs: list[Input] = []
    for basis in LegalBasis:
        inputs += (
            Input(
                name=f"acts-{basis.value}",
                label=f"{word(basis)}: who acts",
                kind=Kind.RADIOS,
                options=_DUTIES,
            ),
            Input(
                name=f"informed-{basis.value}",
                label=f"{word(basis)}: also told, for information",
                kind=Kind.BOXES,
                options=_DUTIES,
            ),
        )
    return Sheet(
        title="Propose other routes",
        back="/routing",
        button="Propose",
        intro="Nothing changes until a second person approves. A wrong route has led to wrongful "
        "arrests: change only what the law or an agreement of the agencies changes, and name it.",
        inputs=(
            *inputs,
            Input(name="reason", label="Why, and on whose agreement"),
            Input(name="record_id", kind=Kind.HIDDEN),
            Input(name="seen_version", kind=Kind.HIDDEN),
        ),
    )


@page("/routing/propose", Verb.PROPOSE_ROUTES)
def ask_routes(request: Asked) -> Response[Any]:
    """Show the routes in force, to be changed."""
    current = routes_view(reader(request, Purpose.UPKEEP)).current
    values: dict[str, Any] = {
        "record_id": f"rp_{secrets.token_hex(8)}",
        "seen_version": str(current.version),
    }
    for route in current.routes:
        values[f"acts-{route.basis.value}"] = route.acts.value
        values[f"informed-{route.basis.value}"] = [duty.value for duty in route.informed]
    return show_sheet(request, _sheet(), values)


@act("/routing/propose", Verb.PROPOSE_ROUTES)
def propose(request: Asked, data: Form) -> Response[Any]:
    """Record a proposal."""
    sheet = _sheet()
    values, problems = typed(data, sheet), Problems()
    routes = _routes(values, problems)
    reason = text(values, "reason", problems, "Say why, and on whose agreement")
    name = ProposalId(new_id(values, "rp_", problems))
    if not problems and routes is not None:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(problems, lambda: propose_routes(clerk, asking, name, routes, reason))
        if done is not None:
            return after("/routing", done)
    return show_sheet(request, sheet, values, problems)


def _routes(values: Mapping[str, Any], problems: Problems) -> Routes | None:
    seen = str(values["seen_version"])
    if not seen.isdigit() or len(seen) > 9:
        problems.add(TOP, "This form is incomplete. Load the page again.")
        return None
    found: list[Route] = []
    for basis in LegalBasis:
        missing = f"{word(basis)}: choose who acts"
        acts = choice(values, f"acts-{basis.value}", Duty, problems, missing)
        given = values[f"informed-{basis.value}"]
        informed = tuple(duty for duty in Duty if duty.value in given)
        try:
            found.append(Route(basis=basis, acts=acts, informed=informed))
        except ValueError:
            problems.add(
                f"informed-{basis.value}",
                f"{word(basis)}: who acts is told anyhow; do not tick that duty as well",
            )
    return None if problems else Routes(routes=tuple(found), version=int(seen))


@act("/routing/{proposal_id:str}", Verb.DECIDE_ROUTES)
def decide(request: Asked, proposal_id: FromPath[str], data: Form) -> Response[Any]:
    """Approve or refuse a proposal of somebody else."""
    asking, clerk, problems = reader(request, Purpose.UPKEEP), foundation(request).clerk, Problems()
    values = {"verdict": field(data, "verdict", 20)}
    verdict = choice(values, "verdict", Verdict, problems, "Choose whether to approve or refuse")
    name, words = ProposalId(proposal_id), field(data, "words")
    if not problems:
        done = attempt(problems, lambda: decide_routes(clerk, asking, name, verdict, words))
        if done is not None:
            return after("/routing", done)
    return _page(request, problems)


ROUTES = (show_routing, ask_routes, propose, decide)
