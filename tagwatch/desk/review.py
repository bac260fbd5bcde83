"""A review of an order, a restricted case or a legal hold is recorded: it stays, until a date."""

from tagwatch.access.reader import Reader
from tagwatch.access.refusal import Refused, not_his_review
from tagwatch.access.review import may_record_review
from tagwatch.access.role import Verb
from tagwatch.core.ids import OrderId
from tagwatch.core.order import LegalBasis, Order
from tagwatch.core.recorded_review import ReviewRecorded
from tagwatch.core.review import ReviewOf, check_review
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need, stored
from tagwatch.store import schema
from tagwatch.store.reviews import review_seq
from tagwatch.store.reviews_standing import standing_one, wearer_of
from tagwatch.store.routes import load_routes

_NOTHING = "Nothing is to be reviewed here, and nothing was recorded: it may have ended meanwhile."
_MEANWHILE = (
    "Somebody reviewed it after your page was made, or it was set anew, and nothing of yours was "
    "recorded. Load the page again: it says what was found."
)


def record_review(
    clerk: Clerk,
    reader: Reader,
    what: ReviewOf,
    about: str,
    seen: tuple[Instant, int],
    next_at: Instant,
    found: str,
) -> Done:
    """Record that it was looked at and stays, until `next_at`.

    `seen` is since when it stood and how many reviews it had had. Raises ReviewError for a date
    or words that cannot be, NotFound outside the scope or where nothing is to be reviewed, Refused,
    Conflict if somebody else reviewed it meanwhile, NotRecorded.
    """
    need(reader, Verb.RECORD_REVIEW)
    now = reader.now()
    with reader.connection() as connection:
        wearer_id = wearer_of(connection, what, about)
        if wearer_id is None:
            reader.refuse("record_review", [about], "outside scope, or unknown")
        reader.wearer(connection, wearer_id, "record_review")
        stands = standing_one(connection, what, about, reader.scope.condition(), now)
        routes = load_routes(connection).current
    if not may_record_review(reader.actor, what, _basis(reader, what, about), routes):
        reader.refused("record_review", [wearer_id, about], "not his to review")
        raise Refused(not_his_review())
    if stands is None:
        raise Conflict(_NOTHING)
    words = check_review(next_at, found, now)
    if (stands.since, stands.done) != seen:
        raise Conflict(_MEANWHILE)
    reader.about_to_alter("record_review", [stands.wearer_id, about], f"{what}, {words[:200]}")
    event = ReviewRecorded(
        what=what,
        about=about,
        wearer_id=stands.wearer_id,
        since=stands.since,
        seen=stands.done,
        next_at=next_at,
        found=words,
        at=now,
        by=reader.actor.account_id,
    )
    done = clerk.record(event)
    if done.applied is Applied.APPLIED:
        with reader.connection() as connection:
            made = review_seq(connection, (what, about), stands.since, stands.done + 1)
        if made != done.seq:
            raise Conflict(_MEANWHILE)
    return done


def _basis(reader: Reader, what: ReviewOf, about: str) -> LegalBasis | None:
    if what is not ReviewOf.ORDER:
        return None
    order: Order | None = stored(reader, schema.order, OrderId(about), Order)
    return None if order is None else order.legal_basis
