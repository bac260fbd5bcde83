"""What the API can do about reviews of orders, restricted cases and legal holds."""

from collections.abc import Callable
from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.review import ReviewError, ReviewOf
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Done
from tagwatch.desk.review import record_review
from tagwatch.query.reviews import ReviewList, ReviewView, review_list, review_view
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong

_AT: Final = {
    ReviewOf.ORDER: ("order", "/orders/{name:str}/review", Verb.SEE_REVIEWS, Verb.RECORD_REVIEW),
    ReviewOf.RESTRICTION: (
        "restriction",
        "/wearers/{name:str}/restriction/review",
        Verb.SEE_REVIEWS,
        Verb.RECORD_REVIEW,
    ),
    ReviewOf.HOLD: ("hold", "/wearers/{name:str}/hold/review", Verb.SEE_HOLDS, Verb.SET_HOLD),
}


class ReviewRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found, and by when it is to be looked at again. `since` and `done` are those of what
    was read: if they are others by now, somebody else reviewed it first."""

    since: Instant
    done: int
    next_at: Instant
    found: str


def _list(call: Call) -> ReviewList:
    return review_list(call.reader)


def _get(what: ReviewOf) -> Callable[[Call], ReviewView]:
    return lambda call: review_view(call.reader, what, call.path["name"])


def _record(what: ReviewOf) -> Callable[[Call], Done]:
    def record(call: Call) -> Done:
        body: ReviewRecord = call.body
        seen = (body.since, body.done)
        name = call.path["name"]
        try:
            return record_review(
                call.clerk, call.reader, what, name, seen, body.next_at, body.found
            )
        except ReviewError as error:
            raise Wrong(f"{error.field}: {error}") from error

    return record


REVIEWS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_reviews",
        "/reviews",
        Verb.SEE_REVIEWS,
        "What is overdue for review, or due within thirty days, within scope",
        _list,
        ReviewList,
        purpose=Purpose.UPKEEP,
    ),
    *(
        read(
            f"get_{name}_review",
            path,
            sees,
            f"By when this {name} is to be reviewed, with the facts and the reviews before",
            _get(what),
            ReviewView,
            purpose=Purpose.UPKEEP,
        )
        for what, (name, path, sees, _) in _AT.items()
    ),
    *(
        do(
            f"record_{name}_review",
            path,
            records,
            f"Record that this {name} was looked at and stays, until the next date",
            _record(what),
            ReviewRecord,
        )
        for what, (name, path, _, records) in _AT.items()
    ),
)
