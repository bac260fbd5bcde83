"""One wearer: who, under which order, bound by what, wearing which tag; and his last hours."""

from itertools import pairwise
from typing import Any, Final

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Curfew, ExclusionZone, NoContact
from tagwatch.core.person import TagMode
from tagwatch.core.units import HOUR, SECOND, Instant
from tagwatch.query.attendance import appointments as ask_appointments
from tagwatch.query.coverage import coverage_of
from tagwatch.query.data_requests import requests_about
from tagwatch.query.enquiry import enquiries_about
from tagwatch.query.reviews import reviews_about
from tagwatch.query.trail import Trail, TrailFix
from tagwatch.query.trail_view import trail as ask_trail
from tagwatch.query.wearer import ConditionView, WearerView
from tagwatch.query.wearer import wearer as ask_wearer
from tagwatch.query.who_told import told_of_wearer
from tagwatch.web.coverage import coverage_words
from tagwatch.web.form import said
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.informed import became
from tagwatch.web.layout import show
from tagwatch.web.plan import seen_plan
from tagwatch.web.reviews import review_at
from tagwatch.web.route import page
from tagwatch.web.silence import silence_words
from tagwatch.web.to_draw import draw_at
from tagwatch.web.whole import whole
from tagwatch.web.words import word

HOURS: Final = (1, 6, 24, 72)
ROWS: Final = 100
"""Fixes on one page of the table; the map has them all."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Longer between two fixes than the tag's mode lets expect."""

    after: int
    """Number of the fix before."""
    span: int


@page("/wearers/{wearer_id:str}", Verb.SEE_WEARER)
def wearer(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the wearer; with the trail of the last hours for those who may see movements."""
    asking = reader(request)
    view = ask_wearer(asking, WearerId(wearer_id))
    actor = who(request).actor
    context: dict[str, Any] = {
        "view": view,
        "wearer": view.wearer,
        "may": {verb.value: actor.may(verb) for verb in Verb},
        "officer": _officers(request, view),
        "terms_of": terms_of,
        "form_of": form_of,
        "draw_at": draw_at,
        "review_at": review_at,
        "photo": view.photo,
        "requests": requests_about(asking, view.wearer.wearer_id),
        "enquiries": enquiries_about(asking, view.wearer.wearer_id),
        "silence_words": silence_words(view.unseen.card if view.unseen else None),
        "said": said(request),
        **seen_plan(request, asking, view.wearer.wearer_id),
    }
    if actor.may(Verb.SEE_REVIEWS):
        context |= {"to_review": reviews_about(asking, view.wearer.wearer_id)}
    if actor.may(Verb.SEE_INFORMED):
        context |= {"told": told_of_wearer(asking, view.wearer.wearer_id), "became": became}
    if actor.may(Verb.SEE_TRAIL):
        hours = _asked(request, "hours", 24)
        hours = hours if hours in HOURS else 24
        end = Instant(asking.now() + SECOND)
        found = ask_trail(asking, WearerId(wearer_id), Instant(end - hours * HOUR), end)
        context |= _trail_context(request, view, found, hours)
        seen = coverage_of(asking, WearerId(wearer_id), Instant(end - hours * HOUR), end)
        context |= {"appointments": ask_appointments(asking, WearerId(wearer_id))}
        context |= {"coverage": seen, "coverage_words": coverage_words(seen)}
    return show(request, "wearer.html", context)


def _officers(request: Asked, view: WearerView) -> dict[str, str]:
    """Return the names of the responsible officer and of those who cover or hand over."""
    ids = {view.wearer.officer or ""} | {leave.deputy for leave, _ in view.handed_over}
    return foundation(request).sign_in.names(ids - {""})


def form_of(condition: ConditionView) -> str:
    """Return the first part of the address where the condition is changed; empty if this reader
    cannot change it."""
    terms = condition.newest.terms
    if isinstance(terms, NoContact):
        return "" if condition.other is None else "no-contact"
    return "zones" if isinstance(terms, ExclusionZone) else "curfews"


def terms_of(condition: ConditionView) -> str:
    """Return in a line what the newest version demands, without saying where."""
    terms = condition.newest.terms
    if isinstance(terms, Curfew):
        where = "at either of the addresses" if terms.also else "at the address"
        where = "in the area" if terms.shape is not None else where
        when = f"in {len(terms.rows)} weekly periods" if terms.rows else ""
        if terms.appointments:
            visits = len(terms.appointments)
            when += f"{' and ' if when else ''}for {visits} appointment{'s' * (visits > 1)}"
        grace = f"{terms.grace_s // 60} min grace"
        return f"{word(terms.demand)}: to be {where} {when or 'always'}, {grace}"
    when = f"in {len(terms.schedule)} weekly periods" if terms.schedule else "always"
    if isinstance(terms, NoContact):
        who = "another person" if condition.other is None else condition.other.name
        return f"Not to come within {terms.distance_m:.0f} m of {who}, {when}"
    ring = f", approach warning within {terms.buffer_m:.0f} m" if terms.buffer_m else ""
    return f"Not to enter, {when}{ring}; {word(terms.knowledge).lower()}"


def _trail_context(request: Asked, view: WearerView, found: Trail, hours: int) -> dict[str, Any]:
    worn = view.now_worn
    mode = worn.tag.mode if worn is not None and worn.tag is not None else TagMode()
    gaps = gaps_of(found.fixes, mode)
    pages = max(1, -(-len(found.fixes) // ROWS))
    number = min(max(1, _asked(request, "page", 1)), pages)
    newest_first = found.fixes[::-1]
    return {
        "trail": found,
        "hours": hours,
        "choices": HOURS,
        "gaps": {gap.after: gap.span for gap in gaps},
        "rows": newest_first[(number - 1) * ROWS : number * ROWS],
        "page": number,
        "pages": pages,
        "map": {
            "fixes": [_drawn(fix) for fix in found.fixes if fix.accuracy_m_95 is not None],
            "gaps": [gap.after for gap in gaps],
            "zones": _zones(view, found.end),
        },
        "withheld": any(condition.withheld for condition in view.conditions),
    }


def gaps_of(fixes: tuple[TrailFix, ...], mode: TagMode) -> list[Gap]:
    """Return where more than twice the longest expected interval lies between two fixes."""
    expected = 2 * max(mode.moving_interval_s, mode.resting_interval_s) * SECOND
    placed = [fix for fix in fixes if fix.accuracy_m_95 is not None]
    return [
        Gap(after=before.number, span=later.fixed_at - before.fixed_at)
        for before, later in pairwise(placed)
        if later.fixed_at - before.fixed_at > expected
    ]


def _drawn(fix: TrailFix) -> dict[str, Any]:
    return {
        "number": fix.number,
        "at": fix.fixed_at // 1000,
        "lon": fix.lon_deg,
        "lat": fix.lat_deg,
        "radius_m": fix.accuracy_m_95,
        "decides": fix.decides,
    }


def _zones(view: WearerView, at: Instant) -> list[dict[str, Any]]:
    """Return the places in force that may be shown, as GeoJSON Features with their label."""
    zones: list[dict[str, Any]] = []
    for condition in view.conditions:
        found = condition.shape_at(at)
        if found is None:
            continue
        version, shape = found
        terms = version.terms
        label = f"{terms.label}, version {version.version}"
        kind = "curfew" if isinstance(terms, Curfew) else "zone"
        properties = {**shape["properties"], "label": label, "kind": kind}
        if isinstance(terms, ExclusionZone):
            properties["buffer_m"] = terms.buffer_m
        zones.append({**shape, "properties": properties})
    return zones


def _asked(request: Asked, name: str, otherwise: int) -> int:
    given = request.query_params.get(name, "")
    return whole(given, otherwise, 5)


ROUTES = (wearer,)
