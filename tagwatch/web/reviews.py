"""Reviews: what is due and overdue, and the form of one with the facts beside it."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.review import FOUND_MOST, ReviewError, ReviewOf
from tagwatch.core.units import Instant
from tagwatch.desk.review import record_review
from tagwatch.query.reviews import ReviewView, review_list, review_view
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    moment,
    moment_values,
    said,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, role_reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, page
from tagwatch.web.whole import whole

_TITLES: Final = {
    ReviewOf.ORDER: "Review an order",
    ReviewOf.RESTRICTION: "Review a restricted case",
    ReviewOf.HOLD: "Review a legal hold",
}
_INSTEAD: Final = {
    ReviewOf.ORDER: "record on the wearer’s page how it ended, and leave this form",
    ReviewOf.RESTRICTION: "change on the wearer’s page who may see the case, and leave this form",
    ReviewOf.HOLD: "ask on the page of the hold that it be lifted, and leave this form",
}


def review_at(what: ReviewOf, about: str) -> str:
    """Return the address of the form by which this is reviewed."""
    match what:
        case ReviewOf.ORDER:
            return f"/orders/{about}/review"
        case ReviewOf.RESTRICTION:
            return f"/wearers/{about}/restriction/review"
        case ReviewOf.HOLD:
            return f"/wearers/{about}/hold/review"


@page("/reviews", Verb.SEE_REVIEWS)
def reviews(request: Asked) -> Response[Any]:
    """List what is overdue or due soon within scope, the most overdue first."""
    found = review_list(role_reader(request))
    context = {"found": found, "review_at": review_at, "said": said(request)}
    return show(request, "reviews.html", context)


@page("/orders/{order_id:str}/review", Verb.SEE_REVIEWS)
def order_review(request: Asked, order_id: FromPath[str]) -> Response[Any]:
    """Show an order to be reviewed."""
    return _page(request, ReviewOf.ORDER, order_id)


@act("/orders/{order_id:str}/review", Verb.RECORD_REVIEW)
def review_order(request: Asked, order_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the review of an order."""
    return _record(request, ReviewOf.ORDER, order_id, data)


@page("/wearers/{wearer_id:str}/restriction/review", Verb.SEE_REVIEWS)
def restriction_review(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show why a case is restricted, to be reviewed."""
    return _page(request, ReviewOf.RESTRICTION, wearer_id)


@act("/wearers/{wearer_id:str}/restriction/review", Verb.RECORD_REVIEW)
def review_restriction(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the review of a restricted case."""
    return _record(request, ReviewOf.RESTRICTION, wearer_id, data)


@page("/wearers/{wearer_id:str}/hold/review", Verb.SEE_HOLDS)
def hold_review(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show a legal hold to be reviewed."""
    return _page(request, ReviewOf.HOLD, wearer_id)


@act("/wearers/{wearer_id:str}/hold/review", Verb.SET_HOLD)
def review_hold(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the review of a legal hold."""
    return _record(request, ReviewOf.HOLD, wearer_id, data)


def _sheet(what: ReviewOf, view: ReviewView) -> Sheet:
    inputs = (
        Input(
            name="found",
            label="What you found, and why it stays",
            kind=Kind.AREA,
            hint=f"It is recorded with your name. If it is no longer needed, {_INSTEAD[what]}",
        ),
        Input(
            name="next",
            label="To be reviewed next",
            kind=Kind.MOMENT,
            hint="Within a year. Day, month, year, and London time",
        ),
    )
    return Sheet(
        title=_TITLES[what],
        caption=view.wearer.name,
        back="/reviews",
        button="Record the review",
        inputs=(*inputs, *(Input(name=name, kind=Kind.HIDDEN) for name in ("since", "done"))),
    )


def _record(request: Asked, what: ReviewOf, about: str, data: Form) -> Response[Any]:
    clerk, asking = foundation(request).clerk, role_reader(request)
    view = review_view(asking, what, about)
    sheet = _sheet(what, view)
    values, problems = typed(data, sheet), Problems()
    next_at = moment(values, "next", problems, "Enter when it is to be reviewed next")
    found = text(values, "found", problems, "Write in a sentence what you found", FOUND_MOST)
    seen = Instant(whole(values["since"], digits=20)), whole(values["done"])
    if next_at is not None and not problems:
        try:
            done = attempt(
                problems,
                lambda: record_review(clerk, asking, what, about, seen, next_at, found),
            )
        except ReviewError as error:
            problems.add(error.field, str(error))
        else:
            if done is not None:
                return after("/reviews", done)
    return _show(request, view, sheet, values, problems)


def _page(request: Asked, what: ReviewOf, about: str) -> Response[Any]:
    asking = role_reader(request)
    view = review_view(asking, what, about)
    stands = None if view.row is None else view.row.stands
    values = {
        "found": "",
        "since": "" if stands is None else str(stands.since),
        "done": "" if stands is None else str(stands.done),
        **moment_values("next", view.next_at),
    }
    return _show(request, view, _sheet(what, view), values, None)


def _show(
    request: Asked,
    view: ReviewView,
    sheet: Sheet,
    values: dict[str, Any],
    problems: Problems | None,
) -> Response[Any]:
    stands = None if view.row is None else view.row.stands
    more = {"view": view, "stands": stands, "names": _names(request, view)}
    return show_sheet(request, sheet, values, problems, "review.html", more)


def _names(request: Asked, view: ReviewView) -> dict[Any, str]:
    ids = {one.by for one in view.reviews} | {one.by for one in view.glasses}
    ids |= {view.wearer.restricted_by or "", view.wearer.officer or ""}
    ids |= {view.hold.by} if view.hold else set()
    return dict(foundation(request).sign_in.names(ids - {""}))


ROUTES = (
    reviews,
    order_review,
    review_order,
    restriction_review,
    review_restriction,
    hold_review,
    review_hold,
)
