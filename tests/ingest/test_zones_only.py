"""Zones-only orders at the door: which messages stand under the key of a day."""

from tagwatch.core import ledger
from tagwatch.core.ids import OrderId, WearerId
from tagwatch.core.order import LegalBasis, Order, Programme
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.core.zones_only import ZonesOnly, zones_only
from tagwatch.ingest.door import Door
from tagwatch.store.journal.record import day_of
from tests.ingest.test_door import Memory, batch
from tests.ingest.world import BY, NOW, register


def order(name: str, starts: int, days_kept: int | None, **more) -> Order:
    return Order(
        order_id=OrderId(name),
        wearer_id=WearerId("wearer-1"),
        reference=name,
        legal_basis=LegalBasis.LICENCE,
        programme=Programme.STALKING,
        starts_at=Instant(starts),
        days_kept=days_kept,
        **more,
    )


def periods(door: Door, *ages_s: float) -> list[str | None]:
    journal = Memory()
    assert door.receive(batch(*ages_s), NOW, journal).status == 200
    return [
        each.period
        for each in journal.drafts
        if each.kind == ledger.number_of(ledger.FrameReceived)
    ]


def test_messages_of_that_time_alone_stand_under_the_key_of_their_day() -> None:
    known = register()
    door = Door(known)
    assert periods(door, 1) == [None]
    known.apply(ledger.OrderRecorded(order=order("o1", NOW - HOUR, 7), by=BY))
    assert periods(door, 2) == [day_of(NOW)]
    assert periods(door, 7200, 3) == [None], "it began before: it is kept whole"
    assert periods(door, 7300) == [None]
    known.apply(ledger.OrderRecorded(order=order("o2", NOW - DAY, None), by=BY))
    assert periods(door, 4) == [None], "one order in force keeps the trail"
    varied = order("o2", NOW - DAY, 3, version=2, valid_from=Instant(NOW - HOUR))
    known.apply(ledger.OrderRecorded(order=varied, by=BY))
    assert periods(door, 5) == [day_of(NOW)]


def test_from_when_to_when_and_for_how_many_days() -> None:
    first = order("o1", 0, 7, ends_at=Instant(10 * DAY))
    assert zones_only([[first]]) == (ZonesOnly(Instant(0), Instant(2**62), 7),)
    plain = order("o2", 4 * DAY, None, ends_at=Instant(6 * DAY))
    assert zones_only([[first], [plain]])[0] == (0, 4 * DAY, 7)
    assert zones_only([[first], [plain]])[1].start == 6 * DAY
    longer = order("o3", 2 * DAY, 9, ends_at=Instant(3 * DAY))
    spans = zones_only([[first], [longer]])
    assert [(span.start // DAY, span.days_kept) for span in spans] == [(0, 7), (2, 9), (3, 7)]
    assert zones_only([[plain]]) == ()
