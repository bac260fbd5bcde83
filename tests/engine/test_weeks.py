"""Weekly overviews of everybody: due on Monday at six in London, made once, gone on with."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert

from tagwatch.config import Config
from tagwatch.core.event import Event
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.order import Programme
from tagwatch.core.person import Activation, Tag, Wearer
from tagwatch.core.recorded_register import ActivationStarted, TagRecorded, WearerRecorded
from tagwatch.core.recorded_week import WeekOverviewsMade
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, parse_iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.clock import now
from tagwatch.engine.erased_overviews import forget_overviews
from tagwatch.engine.weeks import Weeks, due_weeks
from tagwatch.query.week_facts import worn_in
from tagwatch.report.week.facts import last_week, week_from
from tagwatch.report.week.overview import DigestRow
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.journal.record import Owner, OwnerKind
from tagwatch.store.overviews import Kind, Overviews
from tagwatch.store.trail import block_row
from tagwatch.store.weeks import week_made
from tests.core.worlds import SHARP, fixes

BY = "ac_test"
WEARERS = (WearerId("w_one"), WearerId("w_two"))


@pytest.mark.parametrize(
    ("at", "newest"),
    [
        ("2026-11-23T05:59:59Z", "2026-11-09"),
        ("2026-11-23T06:00:00Z", "2026-11-16"),
        ("2026-11-29T23:59:59Z", "2026-11-16"),
        ("2026-07-06T04:59:59Z", "2026-06-22"),
        ("2026-07-06T05:00:00Z", "2026-06-29"),  # summer time: six is five
        ("2026-03-30T04:59:59Z", "2026-03-16"),
        ("2026-03-30T05:00:00Z", "2026-03-23"),  # the day after clocks went forward
        ("2026-10-26T05:59:59Z", "2026-10-12"),
        ("2026-10-26T06:00:00Z", "2026-10-19"),  # the day after they went back
    ],
)
def test_a_week_is_due_on_monday_at_six_in_london(at: str, newest: str) -> None:
    due = due_weeks(parse_iso(at))
    assert due[-1].isoformat() == newest
    assert due == sorted(due), "the oldest that was missed comes first"
    assert [day.weekday() for day in due] == [0, 0, 0, 0]
    assert due[-1] - due[0] == timedelta(days=21)


@pytest.mark.parametrize(
    ("monday", "hours"), [("2026-03-23", 167), ("2026-10-19", 169), ("2026-11-16", 168)]
)
def test_a_week_has_the_hours_it_has(monday: str, hours: int) -> None:
    start, end = week_from(date.fromisoformat(monday))
    assert end - start == hours * HOUR


def installation(folder: Path, monday: date) -> Config:
    """Two wearers tagged before the week, at rest in it."""
    config = Config(data=folder / "data")
    start, _ = week_from(monday)
    begins = Instant(start - DAY)
    with InProcessCentre.open(config) as centre:
        events: list[Event] = []
        for name in WEARERS:
            wearer = Wearer(
                wearer_id=name,
                name=f"Demo {name}",
                programme=Programme.OTHER,
                borough="Camden",
                agency="probation-london",
            )
            activation = Activation(
                activation_id=ActivationId(f"act_{name}"),
                tag_id=f"t_{name}",
                wearer_id=name,
                started_at=begins,
            )
            events += [
                WearerRecorded(wearer=wearer, by=BY),
                TagRecorded(tag=Tag(tag_id=f"t_{name}", serial=name), by=BY),
                ActivationStarted(activation=activation, by=BY),
            ]
        centre.record(*events, at=begins)
        centre.apply()
    block = fixes(*[(300.0 * k, 0.0, 0.0, SHARP) for k in range(7 * 24 * 12)])
    block["fixed_at"] += start + 5 * MINUTE - block["fixed_at"][0]
    engine = open_tables(config, Access.WRITE)
    with engine.begin() as connection:
        for number, name in enumerate(WEARERS):
            row = block_row(10_000 + number, name, ActivationId(f"act_{name}"), block)
            connection.execute(insert(schema.trail_block), [row])
    engine.dispose()
    return config


def made(config: Config, monday: date) -> WeekOverviewsMade:
    """Make the week by the real worker processes, and return what went on record."""
    engine = open_tables(config, Access.READ)
    recorded: list[Event] = []

    async def record(events: list[Event]) -> None:
        recorded.extend(events)

    with reading(engine) as connection:
        names = worn_in(connection, week_from(monday))
    asyncio.run(Weeks(config, engine, record).make(monday, names, asyncio.Event()))
    engine.dispose()
    (event,) = recorded
    assert isinstance(event, WeekOverviewsMade)
    return event


def test_everybodys_week_is_made_once_kept_recorded_and_erased(tmp_path: Path) -> None:
    monday = last_week(now())
    config = installation(tmp_path, monday)
    kept, name = Overviews(config.overviews_folder), monday.isoformat()
    event = made(config, monday)
    assert (event.monday, event.made, event.failed) == (name, 2, 0)
    rows = [msgspec.json.decode(line, type=DigestRow) for line in kept.digest(name).splitlines()]
    assert [row.wearer_id for row in rows] == list(WEARERS)
    assert all(row.observed_s > 6 * 86_400 for row in rows)
    before = {kind: kept.get(WEARERS[0], name, kind) for kind in Kind}
    assert all(before.values())
    assert before[Kind.PDF].startswith(b"%PDF")

    # What a kill left is gone on with: the file that is there stays, the other is made again.
    (config.overviews_folder / "wearers" / WEARERS[1] / f"{name}.week").unlink()
    again = made(config, monday)
    assert again.made == 2
    assert {kind: kept.get(WEARERS[0], name, kind) for kind in Kind} == before
    assert kept.get(WEARERS[1], name, Kind.WEEK) is not None

    with InProcessCentre.open(config) as centre:
        centre.record(event, at=now())
        centre.apply()
        with reading(centre.projections) as connection:
            found = week_made(connection, name)
            assert found is not None
            assert found.sha256 == event.sha256
        waiting = Weeks(config, centre.projections, lambda _events: asyncio.sleep(0))._waiting
        assert waiting(monday) == [], "once"
        assert waiting(monday - timedelta(days=7)) == list(WEARERS), "a day of it was worn"
        assert waiting(monday - timedelta(days=14)) == []

    assert forget_overviews(config, Owner(OwnerKind.ACTIVATION, f"act_{WEARERS[0]}")) == 5
    assert forget_overviews(config, Owner(OwnerKind.WEARER, WEARERS[1])) > 0
    left = [p for p in config.overviews_folder.rglob("*") if p.is_file()]
    assert [path.suffix for path in left] == [".digest"]
    assert left[0].read_bytes() == b""
