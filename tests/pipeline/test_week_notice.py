"""Who asked for it is told once that the week's overviews are ready; nobody else, and no name."""

from collections.abc import Iterator
from datetime import time
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import ContactRecorded, Event, WeekNoticeChosen, WeekOverviewsMade
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.notify.message import compose
from tagwatch.notify.reason import Reason
from tagwatch.notify.route import Notification
from tests.walk.content import content
from tests.walk.timeline import BY, at_time, register

MONDAY = at_time("00:00", "2026-11-16")
MADE_AT = Instant(MONDAY + 7 * DAY + 6 * HOUR)
QUIET = CurfewRow(
    from_day=Weekday.SU, from_time=time(22), until_day=Weekday.MO, until_time=time(8),
)  # fmt: skip


def contact(name: str, quiet: tuple[CurfewRow, ...] = ()) -> Contact:
    return Contact(
        contact_id=f"k_{name}", label=f"Demo {name}", duty=Duty.PROBATION, channel=Channel.IN_APP,
        account_id=AccountId(f"ac_{name}"), quiet=quiet,
    )  # fmt: skip


def chosen(name: str, *, wanted: bool = True) -> WeekNoticeChosen:
    return WeekNoticeChosen(account=AccountId(f"ac_{name}"), wanted=wanted, at=MONDAY)


def made(monday: str, start: int, at: int) -> WeekOverviewsMade:
    return WeekOverviewsMade(
        monday=monday, start=Instant(start), end=Instant(start + 7 * DAY), made=12, failed=1,
        sha256="", began_at=Instant(at), at=Instant(at),
    )  # fmt: skip


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        for each in (contact("her"), contact("him", (QUIET,)), contact("other"), contact("off")):
            record(found, ContactRecorded(contact=each, by=BY), MONDAY)
        for event in register("w1", MONDAY):
            record(found, event, MONDAY)
        yield found


def record(centre: InProcessCentre, event: Event, at: int) -> None:
    centre.record(event, at=Instant(at))
    centre.apply()


def told(centre: InProcessCentre) -> dict[str, Notification]:
    rows = content(centre.projections)["notification"]
    found = [msgspec.json.decode(row["body"], type=Notification) for row in rows]
    mine = [each for each in found if each.reason is Reason.WEEK_READY]
    by_contact = {each.contact_id: each for each in mine}
    assert len(by_contact) == len(mine), "once each"
    return by_contact


def test_who_asked_is_told_once_that_the_week_is_ready(centre: InProcessCentre) -> None:
    for event in (chosen("her"), chosen("him"), chosen("off"), chosen("off", wanted=False)):
        record(centre, event, MONDAY)
    # A week that is made up for later is no news.
    record(centre, made("2026-11-02", MONDAY - 14 * DAY, MADE_AT), MADE_AT)
    assert told(centre) == {}
    for _ in range(2):
        record(centre, made("2026-11-16", MONDAY, MADE_AT), MADE_AT)
    found = told(centre)
    assert set(found) == {"k_her", "k_him"}
    assert found["k_her"].not_before is None
    assert found["k_him"].not_before == MADE_AT + 2 * HOUR, "his quiet hours end at eight"
    message = compose(found["k_her"], "https://c.example")
    assert message.link == "https://c.example/weeks"
    assert message.code
    assert message.code in message.subject
    assert "16 November to 22 November are ready: 12 wearers" in message.text
    assert "1 could not be made" in message.text
    assert "Demo" not in message.text + message.subject


def test_a_rebuild_tells_the_same(centre: InProcessCentre) -> None:
    record(centre, chosen("her"), MONDAY)
    record(centre, made("2026-11-16", MONDAY, MADE_AT), MADE_AT)
    before = content(centre.projections, sent=False)
    centre.line.close()
    rebuild(centre.config, centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(centre.config, centre.writer)
    again = content(centre.projections, sent=False)
    assert again["week_notice"] == before["week_notice"] != []
    assert set(told(centre)) == {"k_her"}
