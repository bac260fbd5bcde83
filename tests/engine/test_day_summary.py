"""What tags sent and what went out stands on the audit by wearer and day, once, whatever is cut."""

from pathlib import Path
from typing import Any

from tagwatch.access.audit import Act, AuditLine, audit_line, open_reader
from tagwatch.config import Config
from tagwatch.core.ledger import Tick
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.day_summary import RECEIVED, SENT, STREAM, DaySummary
from tagwatch.store import schema
from tests.walk.tables import lay_tables
from tests.walk.timeline import HOME, START, fix, frame, register
from tests.web.sample import put


def written(config: Config) -> list[AuditLine]:
    reader = open_reader(config, STREAM)
    lines = [audit_line(record) for record in reader.read(0, 10_000)]
    reader.close()
    return [line for line in lines if line is not None]


def look(centre: InProcessCentre, at: Instant) -> None:
    """As another process that has just begun."""
    summary = DaySummary(centre.config, centre.projections)
    try:
        summary.look(at)
    finally:
        summary.close()


def received(config: Config) -> list[tuple[tuple[str, ...], str]]:
    return [(line.ids, line.detail) for line in written(config) if line.question == RECEIVED]


def test_each_day_has_a_line_for_each_wearer_and_a_cut_writes_none_twice(tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    lay_tables(config)
    with InProcessCentre.open(config) as centre:
        centre.record(*register(), at=START)
        for minute in range(5):
            at = Instant(START + HOUR + minute * MINUTE)
            centre.record(frame([fix(HOME, at)]), at=at)
        centre.apply()
        look(centre, Instant(START + 5 * HOUR))
        assert received(config) == []  # the day is not over
        later = Instant(START + DAY + HOUR)
        centre.record(frame([fix(HOME, later)]), at=later)
        centre.apply()
        look(centre, later)
        first = (("w1", "t_w1"), "2026-11-18: 5 messages of the tag")
        assert received(config) == [first]
        state = config.run_folder / "day-summary.json"
        state.unlink()  # cut before it was kept how far it came
        look(centre, later)
        assert received(config) == [first]
        look(centre, Instant(START + 2 * DAY + 2 * HOUR))  # nothing more comes
        assert received(config) == [first, (("w1", "t_w1"), "2026-11-19: 1 messages of the tag")]
        assert {line.act for line in written(config)} == {Act.COLLECTION}


def tried(name: str) -> list[tuple[Any, dict[str, Any]]]:
    """A message of a report to an officer, and the try."""
    message = {
        "notification_id": name,
        "alert_id": "al_report",
        "stage": "raised",
        "contact_id": "k_officer",
        "channel": "email",
        "state": "accepted",
        "attempts": 1,
        "next_attempt_at": START,
        "created_at": START,
        "answered_at": None,
        "cause_seq": 1,
        "body": "{}",
    }
    went = {"notification_id": name, "attempt": 1, "at": START + HOUR, "result": "accepted"}
    went |= {"proof": "{}", "reference": ""}
    return [
        (schema.notification, message),
        (schema.attempt, {**went, "proof": "{}", "reference": ""}),
    ]


def test_what_went_out_stands_by_whom_it_is_about_and_to_whom(tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    lay_tables(config)
    with InProcessCentre.open(config) as centre:
        centre.record(*register(), at=START)
        centre.record(Tick(at=START, monotonic_us=START), at=START)
        centre.apply()
        for number in range(2):
            put(config, *tried(f"n_{number}"))
        look(centre, Instant(START + DAY + 2 * HOUR))
        (line,) = written(config)
    assert (line.act, line.question) == (Act.DISCLOSURE, SENT)
    assert line.ids == ("al_report", "k_officer")
    assert line.detail == "2026-11-18: tried 2 by email"
