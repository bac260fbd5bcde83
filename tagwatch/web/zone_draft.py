"""Drawn secret zones: the list of those that wait, and the second person's answer."""

import json
from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import ZoneDraftId
from tagwatch.core.order import ExclusionZone
from tagwatch.core.routing import Verdict
from tagwatch.desk.zone import area_m2, centre
from tagwatch.desk.zone_draft import decide_zone
from tagwatch.query.zone_drafts import DraftView, zone_drafts
from tagwatch.web.form import Problems, after, attempt, choice, said
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page


@page("/zone-drafts", Verb.RECORD_CONDITION)
def show_drafts(request: Asked) -> Response[Any]:
    """Show the drawn zones that wait for a second person: none of them protects yet."""
    return _page(request, Problems())


@act("/zone-drafts/{draft_id:str}", Verb.RECORD_CONDITION)
def decide_draft(request: Asked, draft_id: FromPath[str], data: Form) -> Response[Any]:
    """Publish or refuse a drawn zone."""
    asking, clerk, problems = reader(request, Purpose.UPKEEP), foundation(request).clerk, Problems()
    values = {"verdict": field(data, "verdict", 20)}
    verdict = choice(values, "verdict", Verdict, problems, "Choose whether to publish or refuse")
    name, words = ZoneDraftId(draft_id), field(data, "words")
    if not problems:
        done = attempt(problems, lambda: decide_zone(clerk, asking, name, verdict, words))
        if done is not None:
            return after("/zone-drafts", done)
    return _page(request, problems)


def _page(request: Asked, problems: Problems) -> Response[Any]:
    drafts = zone_drafts(reader(request, Purpose.UPKEEP))
    context: dict[str, Any] = {
        "drafts": drafts,
        "names": foundation(request).sign_in.names({view.by for view in drafts}),
        "size_of": size_of,
        "outline": outline_of,
        "summary": problems.summary(),
        "said": said(request),
    }
    return show(request, "zone_drafts.html", context, 422 if problems else 200)


def size_of(view: DraftView) -> str:
    """Return how large the zone is and where its middle lies, empty where that is hidden."""
    terms = None if view.draft is None else view.draft.condition.terms
    if not isinstance(terms, ExclusionZone):
        return ""
    middle = centre(terms.shape)
    return (
        f"{area_m2(terms.shape) / 1e6:.3f} km², its middle at {middle.lat_deg:.5f}, "
        f"{middle.lon_deg:.5f}; approach warning within {terms.buffer_m:.0f} m"
    )


def outline_of(view: DraftView) -> str:
    """Return the zone as GeoJSON, empty where it is hidden."""
    return "" if view.shape is None else json.dumps(view.shape)


ROUTES = (show_drafts, decide_draft)
