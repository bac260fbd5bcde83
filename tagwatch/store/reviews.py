"""Reviews: by when what stands must be looked at, what took place, what was told to be overdue."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import AccountId, OrderId, WearerId
from tagwatch.core.ledger import LegalHoldEnded, LegalHoldSet
from tagwatch.core.person import Restriction
from tagwatch.core.review import (
    Review,
    ReviewOf,
    ToReview,
    hold_to_review,
    order_to_review,
    recorded_at,
    restriction_to_review,
)
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.units import Instant
from tagwatch.store import holds, schema
from tagwatch.store.deadlines import Deadlines
from tagwatch.store.register import Register
from tagwatch.store.writes import Writes

Key: TypeAlias = tuple[ReviewOf, str]
_ROW: Final = schema.review.c


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """That a review is overdue was told."""

    wearer_id: WearerId
    cause: str
    happened_at: Instant
    is_open: bool


class ReviewBook:
    """The last review of each thing, the holds in force, and the alarms; for the line."""

    def __init__(self, connection: Connection) -> None:
        """Load all of it through `connection`."""
        self._last = last_reviews(connection)
        self._held = holds.held_since(connection)
        self._alarms = _alarms(connection)
        self._dates = Deadlines[str]()

    def to_review(
        self, key: Key, register: Register, settings: SettingsHistory, now: Instant
    ) -> ToReview | None:
        """Return by when this must be reviewed, None if it need not be at `now`."""
        what, about = key
        last = self._last.get(key)
        match what:
            case ReviewOf.ORDER:
                versions = register.orders.versions(OrderId(about))
                if not versions:
                    return None
                days = settings.at(recorded_at(versions)).review
                return order_to_review(versions, last, days, now)
            case ReviewOf.RESTRICTION:
                wearer = register.wearers.get(WearerId(about))
                if wearer is None:
                    return None
                days = settings.at(wearer.restricted_at or Instant(0)).review
                return restriction_to_review(wearer, last, days)
            case ReviewOf.HOLD:
                since = self._held.get(WearerId(about))
                if since is None:
                    return None
                days = settings.at(since).review
                return hold_to_review(WearerId(about), since, last, days)

    def alarm(self, key: Key) -> Alarm | None:
        """Return the alarm that is open for it."""
        found = self._alarms.get(key)
        return found if found is not None and found.is_open else None

    def about(self, cause: str, wearer: WearerId | None) -> Key | None:
        """Return what the alert of this cause, of this wearer, says to be overdue."""
        for key, alarm in self._alarms.items():
            if alarm.cause == cause and alarm.wearer_id == wearer:
                return key
        return None

    def raise_alarm(self, found: ToReview, happened_at: Instant, writes: Writes) -> None:
        """Take note that it is told to be overdue."""
        alarm = Alarm(
            wearer_id=found.wearer_id, cause=found.cause, happened_at=happened_at, is_open=True
        )
        self._put((found.what, found.about), alarm, writes)

    def end_alarm(self, key: Key, writes: Writes) -> None:
        """Take note that it is not overdue any more."""
        self._put(key, msgspec.structs.replace(self._alarms[key], is_open=False), writes)

    def _put(self, key: Key, alarm: Alarm, writes: Writes) -> None:
        self._alarms[key] = alarm
        row = {"what": key[0].value, "about": key[1], "wearer_id": alarm.wearer_id}
        row |= {"cause": alarm.cause, "happened_at": alarm.happened_at}
        writes.put(schema.review_alarm, row | {"is_open": int(alarm.is_open)})

    def reviewed(self, review: Review, seq: int, writes: Writes) -> None:
        """Take a review in that took place."""
        self._last[review.what, review.about] = review
        row = msgspec.structs.asdict(review) | {"what": review.what.value, "seq": seq}
        writes.put(schema.review, row)

    def held(self, event: LegalHoldSet | LegalHoldEnded) -> None:
        """Take note that a hold was set, or ended."""
        if isinstance(event, LegalHoldSet):
            self._held[event.wearer_id] = event.at
        else:
            self._held.pop(event.wearer_id, None)

    def look_at(self, key: Key, at: Instant) -> None:
        """Look at it at `at`."""
        self._dates.plan(f"{key[0].value}:{key[1]}", at)

    def take_due(self, now: Instant) -> list[Key]:
        """Return what to look at by `now`; each must be planned again by the caller."""
        return [_key(name) for name in self._dates.take_due(now)]

    def plan_all(self, register: Register, settings: SettingsHistory, now: Instant) -> None:
        """Plan every look from nothing."""
        self._dates = Deadlines[str]()
        for key in self._everything(register):
            found = self.to_review(key, register, settings, now)
            if found is not None:
                self.plan(found)

    def plan(self, found: ToReview) -> None:
        """Look at it when it is due; once that was told, when it ends by itself."""
        key = (found.what, found.about)
        alarm = self.alarm(key)
        if alarm is None or alarm.cause != found.cause:
            self.look_at(key, found.due_at)
        elif found.ends_at is not None:
            self.look_at(key, found.ends_at)

    def _everything(self, register: Register) -> Sequence[Key]:
        hidden = [w for w in register.wearers.values() if w.restriction is Restriction.RESTRICTED]
        return [
            *((ReviewOf.ORDER, str(name)) for name in register.orders),
            *((ReviewOf.RESTRICTION, str(wearer.wearer_id)) for wearer in hidden),
            *((ReviewOf.HOLD, str(name)) for name in self._held),
        ]


def _key(name: str) -> Key:
    what, _, about = name.partition(":")
    return ReviewOf(what), about


def last_reviews(connection: Connection, wearers: Any = None) -> dict[Key, Review]:
    """Return the last review of each thing, without its words; `wearers` is a sub-select of whose
    they are, None is everybody's."""
    query: Any = select(*(column for column in _ROW if column is not _ROW.found))
    if wearers is not None:
        query = query.where(_ROW.wearer_id.in_(wearers))
    rows: Sequence[Any] = connection.execute(query.order_by(_ROW.seq)).all()
    return {(r.what, r.about): r for r in map(_review, rows)}


def reviews_of(connection: Connection, what: ReviewOf, about: str) -> tuple[Review, ...]:
    """Return all reviews of one thing, the latest first."""
    query = select(schema.review).where(_ROW.what == what.value, _ROW.about == about)
    return tuple(map(_review, connection.execute(query.order_by(_ROW.seq.desc()))))


def review_seq(connection: Connection, key: Key, since: Instant, number: int) -> int | None:
    """Return which journal record made a review; None: there is none of this number."""
    what, about = key
    return connection.scalar(
        select(_ROW.seq).where(
            _ROW.what == what.value,
            _ROW.about == about,
            _ROW.since == since,
            _ROW.number == number,
        )
    )


def _review(row: Any) -> Review:
    return Review(
        what=ReviewOf(row.what),
        about=row.about,
        wearer_id=WearerId(row.wearer_id),
        since=Instant(row.since),
        number=row.number,
        at=Instant(row.at),
        by=AccountId(row.by),
        due_at=Instant(row.due_at),
        next_at=Instant(row.next_at),
        found=getattr(row, "found", ""),
    )


def _alarms(connection: Connection) -> dict[Key, Alarm]:
    return {
        (ReviewOf(row.what), row.about): Alarm(
            wearer_id=WearerId(row.wearer_id),
            cause=row.cause,
            happened_at=Instant(row.happened_at),
            is_open=bool(row.is_open),
        )
        for row in connection.execute(select(schema.review_alarm))
    }
