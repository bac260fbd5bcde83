"""Where the line cuts its batches, and whether it was cut short, makes no difference."""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from tagwatch.config import Config, Limits
from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind
from tagwatch.core.ledger import AlertAcknowledged, Tick
from tagwatch.core.recorded_act import Release
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Draft, Lane
from tests.walk.content import content
from tests.walk.timeline import (
    BY,
    HERS,
    HOME,
    at_time,
    contacts,
    fix,
    frame,
    metres_from,
    register,
)


def evening(seed: int) -> list[Draft]:
    """Return the drafts of three wearers' evening: a zone entered, a curfew missed, late fixes."""
    rng = random.Random(seed)
    start = at_time("18:00")
    since = at_time("12:00")
    events = [*contacts(), *register("w1", since), *register("w2", since), *register("w3", since)]
    drafts = [draft_of(event, start) for event in events]
    held: list[tuple[int, Draft]] = []
    for minute in range(150):
        at = Instant(start + minute * MINUTE)
        for second in (0, 20, 40):
            now = Instant(at + second * SECOND)
            drafts.append(draft_of(Tick(at=now, monotonic_us=now), now))
        for wearer in ("w1", "w2", "w3"):
            place = where(wearer, minute, rng)
            if place is None:
                continue
            east, north = rng.uniform(-8, 8), rng.uniform(-8, 8)
            sent = frame([fix(metres_from(place, east, north), at)], wearer)
            if rng.random() < 0.1:
                late = Instant(at + rng.randrange(3, 40) * MINUTE)
                held.append((late, draft_of(sent, late, lane=Lane.BACKFILL)))
            else:
                drafts.append(draft_of(sent, at))
                if rng.random() < 0.05:
                    drafts.append(draft_of(sent, at))
        drafts += [draft for due, draft in held if due <= at]
        held = [(due, draft) for due, draft in held if due > at]
        if minute == 60:
            said = frame([], "w2", [{"kind": "strap_cut", "time": at / SECOND}])
            drafts.append(draft_of(said, at))
        if minute == 80:
            corrected = next(
                e for e in register("w1", since) if isinstance(e, ledger.ConditionRecorded)
            )
            version = msgspec.structs.replace(
                corrected.condition, version=2, valid_from=at_time("18:30"), recorded_at=at
            )
            drafts.append(draft_of(msgspec.structs.replace(corrected, condition=version), at))
    return drafts


def where(wearer: str, minute: int, rng: random.Random) -> object:
    if wearer == "w1":
        return metres_from(HERS, 50, 0) if 30 <= minute < 40 else metres_from(HERS, 2500, 0)
    if wearer == "w2":
        return HOME if minute < 45 else metres_from(HOME, 800, 0)
    return None if 70 <= minute < 130 else HOME


@pytest.fixture
def undisturbed(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "undisturbed")) as centre:
        centre.append(evening(1))
        centre.apply()
        yield centre


def test_the_evening_has_what_it_should(undisturbed: InProcessCentre) -> None:
    kinds = {row["kind"] for row in content(undisturbed.projections)["alert"]}
    assert {AlertKind.ZONE_ENTRY, AlertKind.CURFEW_ABSENCE, AlertKind.STRAP} <= kinds
    assert {AlertKind.NO_COMMS, AlertKind.CURFEW_UNSEEN} <= kinds
    assert AlertKind.WATCH not in kinds


@pytest.mark.parametrize("most", [1, 7, 64])
def test_batches_of_any_size_decide_the_same(
    tmp_path: Path, undisturbed: InProcessCentre, most: int
) -> None:
    """Late data is taken in the turns that the first run journaled."""
    config = Config(data=tmp_path / "undisturbed", limits=Limits(batch_records=most))
    before = content(undisturbed.projections, sent=False)
    head = undisturbed.writer.head().seq
    undisturbed.line.close()
    rebuild(config, undisturbed.writer, head)
    undisturbed.line = type(undisturbed.line).open(config, undisturbed.writer)
    assert undisturbed.writer.head().seq == head
    after = content(undisturbed.projections, sent=False)
    for table, rows in before.items():
        assert after[table] == rows, table


def test_a_rebuild_goes_on_behind_the_last_late_turn(undisturbed: InProcessCentre) -> None:
    later = [Instant(at_time("20:30") + minute * MINUTE) for minute in range(60)]
    undisturbed.append([draft_of(Tick(at=at, monotonic_us=at), at) for at in later])
    undisturbed.apply()
    before = content(undisturbed.projections, sent=False)
    reached = undisturbed.line.cursor(Lane.FRESH)
    undisturbed.line.close()
    rebuild(undisturbed.config, undisturbed.writer, undisturbed.writer.head().seq)
    undisturbed.line = type(undisturbed.line).open(undisturbed.config, undisturbed.writer)
    assert undisturbed.line.cursor(Lane.FRESH) == reached
    assert content(undisturbed.projections, sent=False) == before


def test_a_rebuild_sends_nothing(undisturbed: InProcessCentre) -> None:
    head = undisturbed.writer.head().seq
    undisturbed.line.close()
    rebuild(undisturbed.config, undisturbed.writer, head)
    undisturbed.line = type(undisturbed.line).open(undisturbed.config, undisturbed.writer)
    states = {row["state"] for row in content(undisturbed.projections)["notification"]}
    assert states == {"held"}
    undisturbed.record(
        ledger.OutboxReleased(at=at_time("21:00"), by=BY, release=Release.SEND),
        at=at_time("21:00"),
    )
    undisturbed.apply()
    states = {row["state"] for row in content(undisturbed.projections)["notification"]}
    assert states == {"pending"}


def test_nobody_else_on_the_machine_reads_what_is_decided(undisturbed: InProcessCentre) -> None:
    files = list(undisturbed.config.projections_file.parent.glob("projections.db*"))
    assert files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_a_record_nobody_can_take_in_stops_nothing(tmp_path: Path) -> None:
    with InProcessCentre.open(Config(data=tmp_path)) as centre:
        drafts = evening(1)
        unknown = draft_of(drafts_act(), at_time("18:01"))
        newer = drafts[0]._replace(kind=999)
        centre.append([*drafts[:40], unknown, newer, *drafts[40:]])
        with capture_logs() as logs:
            centre.apply()
        said = {entry["event"]: entry for entry in logs}
        assert said["batch taken again in parts"]["error"] == "ValueError"
        assert said["record set aside"]["kind"] == 999
        found = content(centre.projections)
        assert [row["kind"] for row in found["set_aside"]] == [999]
        assert sum(row["kind"] == AlertKind.WATCH for row in found["alert"]) == 1
        kinds = {row["kind"] for row in found["alert"]}
        assert {AlertKind.ZONE_ENTRY, AlertKind.CURFEW_ABSENCE, AlertKind.STRAP} <= kinds


def drafts_act() -> AlertAcknowledged:
    return AlertAcknowledged(alert_id="al_nobody", at=at_time("18:01"), by=BY)
