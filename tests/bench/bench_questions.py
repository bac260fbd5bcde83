"""How long questions about the past take: `-m tests.bench.bench_questions`.

Workload: an installation with 1,000 wearers (`--quick`: 100), each with a day and a half of fixes:
one a minute on the move and one in five at rest, sent every five minutes; one of them with 92 days.
Two in a hundred are missing. His home is at the place asked about, which costs most, or a few
kilometres off. Each question is asked as its page asks it: scope, trail, judgement, sentence and
audit line, in this process; the middle and the worst of five. `--wearers 12000 --only-area` asks
only who was in an area, of so many with seven hours of fixes each.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
from sqlalchemy import insert

from tagwatch.access.audit import AuditTrail
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader, open_projections
from tagwatch.access.scope import scope
from tagwatch.config import Config
from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, FixBlock, Motion, Source
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.person import Activation, Restriction, Tag
from tagwatch.core.plane import Plane
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, iso
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables
from tagwatch.store.trail import block_row
from tagwatch.web.question_answer import (
    answer_area,
    answer_companions,
    answer_near,
    answer_visits,
    answer_worn,
)
from tests.access.test_scope import actor
from tests.web import sample

ONE = WearerId("w_q0000")
LONG_DAYS = 93
PLANE = Plane.at(sample.HOME)
END = Instant(now() // HOUR * HOUR - HOUR)


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--wearers", type=int)
    parser.add_argument("--only-area", action="store_true")
    asked = parser.parse_args()
    wearers = asked.wearers or (100 if asked.quick else 1_000)
    with tempfile.TemporaryDirectory(prefix="tagwatch-questions-") as folder:
        config = sample.build(Path(folder))
        began = time.perf_counter()
        fixes = fill(config, wearers, 0.3 if asked.only_area else 1.5)
        print(f"{wearers:,} wearers, {fixes:,} fixes, made in {time.perf_counter() - began:.0f} s")
        ask(config, 5, asked.only_area)


def fill(config: Config, wearers: int, days: float = 1.5) -> int:
    """Put the wearers and their trails where the line would have; return how many fixes."""
    engine = open_tables(config, Access.WRITE)
    total = 0
    with engine.begin() as connection:
        for table, rows in people(wearers):
            connection.execute(insert(table), rows)
        seq = 1_000_000
        for number in range(wearers):
            block = trail(number, LONG_DAYS if number == 0 else days)
            total += len(block)
            rows, seq = messages(block, number, seq)
            connection.execute(insert(schema.trail_block), rows)
    engine.dispose()
    return total


def people(wearers: int) -> Iterator[tuple[object, list[dict[str, object]]]]:
    """The rows of wearers, tags and activations."""
    ids = [WearerId(f"w_q{n:04}") for n in range(wearers)]
    started = Instant(END - 100 * DAY)
    sample.WEARERS.update(
        {one: (f"Demo {one}", "officer", "probation-london", "Camden", Restriction.ORDINARY)
         for one in ids}
    )  # fmt: skip
    whom = [sample.wearer(one, 1000 + n) for n, one in enumerate(ids)]
    yield schema.wearer, [
        {"wearer_id": w.wearer_id, "name": w.name, "crn": w.crn, "programme": w.programme.value,
         "borough": w.borough, "agency": w.agency, "officer": w.officer,
         "restriction": w.restriction.value, "body": sample.body(w)}
        for w in whom
    ]  # fmt: skip
    tags = [Tag(tag_id=f"t_{one}", serial=f"TW-{one}") for one in ids]
    yield (
        schema.tag,
        [{"tag_id": t.tag_id, "serial": t.serial, "body": sample.body(t)} for t in tags],
    )
    worn = [
        Activation(activation_id=f"act_{one}", tag_id=f"t_{one}", wearer_id=one, started_at=started)
        for one in ids
    ]
    yield schema.activation, [
        {"activation_id": a.activation_id, "tag_id": a.tag_id, "wearer_id": a.wearer_id,
         "started_at": a.started_at, "ended_at": None, "body": sample.body(a)}
        for a in worn
    ]  # fmt: skip


def trail(number: int, days: float) -> FixBlock:
    """Home at night, elsewhere by day, an hour on the way between."""
    rng = np.random.default_rng([7, number])
    every = np.arange(END - round(days * DAY), END, MINUTE)
    hour = every // HOUR % 24
    home = np.zeros(2) if number == 0 else rng.normal(0, 8_000, 2)
    work = home + rng.normal(0, 4_000, 2)
    share = np.where((hour > 8) & (hour < 17), 1.0, 0.0)
    share = np.where(hour == 8, every % HOUR / HOUR, share)
    share = np.where(hour == 17, 1 - every % HOUR / HOUR, share)
    moving = (hour == 8) | (hour == 17)
    due = moving | (np.arange(len(every)) % 5 == 0)
    due &= rng.random(len(every)) > 0.02
    count = int(due.sum())
    xy = home + share[due, None] * (work - home) + rng.normal(0, 8, (count, 2))
    block = np.zeros(count, FIX_DTYPE)
    for name in ("hdop", "altitude_m", "speed_mps", "bearing_deg", "battery_pct"):
        block[name] = np.nan
    block["lon_deg"], block["lat_deg"] = PLANE.lonlat_arrays(xy[:, 0], xy[:, 1])
    block["fixed_at"], block["sent_at"] = every[due], NO_INSTANT
    block["received_at"] = (every[due] // (5 * MINUTE) + 1) * 5 * MINUTE
    block["accuracy_m"], block["confidence"] = rng.choice([6.0, 9.0, 14.0], count), 0.68
    block["satellites"], block["charging"], block["source"] = -1, -1, int(Source.GNSS)
    block["motion"] = np.where(moving[due], int(Motion.MOVING), int(Motion.STILL))
    return block


def messages(block: FixBlock, number: int, seq: int) -> tuple[list[dict[str, object]], int]:
    """The trail as it came: a message every five minutes."""
    wearer, worn = WearerId(f"w_q{number:04}"), ActivationId(f"act_w_q{number:04}")
    cuts = np.flatnonzero(np.diff(block["received_at"])) + 1
    rows: list[dict[str, object]] = []
    for part in np.split(block, cuts):
        part["seq"], part["index"] = seq, np.arange(len(part))
        rows.append(block_row(seq, wearer, worn, part))
        seq += 1
    return rows, seq


def ask(config: Config, repeats: int, only_area: bool) -> None:
    """Ask each question and print how long it took."""
    engine, audit = open_projections(config), AuditTrail.open(config, "web")
    reader = Reader(engine, scope(actor("officer"), Purpose.SUPERVISION), audit, now)
    far = PLANE.lonlat(3_000.0, 3_000.0)
    near_by = {"within": "50"}
    here = {"lat": str(sample.HOME.lat_deg), "lon": str(sample.HOME.lon_deg), "radius": "200"}
    off = {"lat": str(far.lat_deg), "lon": str(far.lon_deg), "radius": "200"}

    def over(days: float, place: dict[str, str]) -> dict[str, str]:
        until = END - 3 * HOUR
        return {**place, "start": iso(Instant(until - round(days * DAY))), "end": iso(until)}

    kinds: list[tuple[str, Callable[[], object]]] = [
        ("near, his home, a day", lambda: answer_near(reader, ONE, over(1, here))),
        ("near, his home, 7 days", lambda: answer_near(reader, ONE, over(7, here))),
        ("near, his home, 31 days", lambda: answer_near(reader, ONE, over(31, here))),
        ("near, 4 km off, 31 days", lambda: answer_near(reader, ONE, over(31, off))),
        ("first and last, his home, 92 days", lambda: answer_visits(reader, ONE, over(92, here))),
        ("first and last, 4 km off, 92 days", lambda: answer_visits(reader, ONE, over(92, off))),
        ("worn and seen, 31 days", lambda: answer_worn(reader, ONE, over(31, {}))),
        ("who was there, 2 hours", lambda: answer_area(reader, over(2 / 24, here))),
        ("who was there, 3 hours", lambda: answer_area(reader, over(3 / 24, here))),
        ("who was with him, a day", lambda: answer_companions(reader, ONE, over(1, near_by))),
    ]
    if only_area:
        kinds = [each for each in kinds if each[0] == "who was there, 2 hours"]
    print(f"\n{'question':38}{'middle':>9}{'worst':>9}  answer")
    for name, question in kinds:
        took: list[float] = []
        said = ""
        for _ in range(repeats):
            began = time.perf_counter()
            said = question().sentence  # type: ignore[attr-defined]  # each answer has one
            took.append(time.perf_counter() - began)
        print(f"{name:38}{median(took):8.3f}s{max(took):8.3f}s  {said[:90]}")
    audit.close()
    engine.dispose()


if __name__ == "__main__":
    main()
