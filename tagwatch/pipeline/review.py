"""Reviews of orders, restricted cases and legal holds: taken in; those that are overdue alarm."""

from typing import Final

from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind, ServiceFact
from tagwatch.core.outcome import Phase
from tagwatch.core.review import Review, ReviewOf
from tagwatch.core.units import Instant
from tagwatch.pipeline.step import Step
from tagwatch.store.reviews import Alarm, Key
from tagwatch.store.state import LineState

OF_WORDS: Final = {
    ReviewOf.ORDER: "of an order",
    ReviewOf.RESTRICTION: "of a restricted case",
    ReviewOf.HOLD: "of a legal hold",
}


def review(step: Step, state: LineState) -> None:
    """Take reviews in, and what begins and ends that must be reviewed; at a tick, find what is
    overdue."""
    event = step.event
    match event:
        case ledger.ReviewRecorded():
            _recorded(step, event, state)
        case ledger.OrderRecorded():
            _changed(step, (ReviewOf.ORDER, event.order.order_id), state)
        case ledger.WearerRecorded():
            _changed(step, (ReviewOf.RESTRICTION, event.wearer.wearer_id), state)
        case ledger.LegalHoldSet() | ledger.LegalHoldEnded():
            state.reviews.held(event)
            _changed(step, (ReviewOf.HOLD, event.wearer_id), state)
        case ledger.Tick():
            for key in state.reviews.take_due(event.at):
                _look(step, key, event.at, state)
        case _:
            pass


def _recorded(step: Step, event: ledger.ReviewRecorded, state: LineState) -> None:
    key = (event.what, event.about)
    stands = state.reviews.to_review(key, state.register, state.settings, step.received_at)
    if stands is None or (stands.since, stands.done) != (event.since, event.seen):
        # Two officers at once, or it ended meanwhile: it is in the journal, and he was told so.
        step.writes.count("reviews_not_next")
        return
    done = Review(
        what=event.what,
        about=event.about,
        wearer_id=stands.wearer_id,
        since=stands.since,
        number=stands.done + 1,
        at=event.at,
        by=event.by,
        due_at=stands.due_at,
        next_at=event.next_at,
        found=event.found,
    )
    state.reviews.reviewed(done, step.seq, step.writes)
    _changed(step, key, state)


def _changed(step: Step, key: Key, state: LineState) -> None:
    """End the alarm that does not hold any more, and plan the next look."""
    book, now = state.reviews, step.received_at
    stands = book.to_review(key, state.register, state.settings, now)
    alarm = book.alarm(key)
    if alarm is not None and (stands is None or stands.cause != alarm.cause):
        over = "which needs none any more" if stands is None else "which has another date now"
        if isinstance(step.event, ledger.ReviewRecorded):
            over = "which has been reviewed"
        book.end_alarm(key, step.writes)
        step.facts.append(_ended(key, alarm, over, now))
    if stands is not None:
        book.plan(stands)


def _look(step: Step, key: Key, now: Instant, state: LineState) -> None:
    book = state.reviews
    stands = book.to_review(key, state.register, state.settings, now)
    if stands is not None and stands.due_at <= now and book.alarm(key) is None:
        # Of what began before that was recorded nobody knows since when it is overdue.
        happened_at = stands.due_at if stands.since else now
        book.raise_alarm(stands, happened_at, step.writes)
        step.facts.append(
            ServiceFact(
                cause=stands.cause,
                kind=AlertKind.REVIEW_DUE,
                phase=Phase.OPEN,
                happened_at=happened_at,
                wearer_id=stands.wearer_id,
                detail=OF_WORDS[stands.what],
            )
        )
    _changed(step, key, state)


def _ended(key: Key, alarm: Alarm, over: str, at: Instant) -> ServiceFact:
    return ServiceFact(
        cause=alarm.cause,
        kind=AlertKind.REVIEW_DUE,
        phase=Phase.ENDED,
        happened_at=alarm.happened_at,
        ended_at=at,
        wearer_id=alarm.wearer_id,
        detail=f"{OF_WORDS[key[0]]}, {over}",
    )
