"""`tagwatch match` on files: against an oracle that knows nothing but shapely, and case by case."""

import csv
import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyproj
import pytest
from shapely import Point

from tagwatch.report.match_csv import MATCHES, OPEN
from tests.cli.program import done, run

CRIME = "Metropolitan,RB,Robbery,MPS20260601,{ref},{since},{until},,,{lat},{lon},WGS84,{text}\n"
POSITIONS = (
    "position_id", "device_id", "person_id", "position_latitude", "position_longitude",
    "position_precision", "position_gps_date", "position_recorded_date", "position_speed",
    "position_direction",
)  # fmt: skip
ACTIVATIONS = (
    "device_activation_id", "device_activation_date", "device_deactivation_date", "person_id",
    "device_id", "device_serial_number",
)  # fmt: skip
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAT, LON = 51.5, -0.1
GROUND = pyproj.Geod(ellps="WGS84")


class Fix(NamedTuple):
    device: str
    person: str
    at: datetime
    lat: float
    lon: float
    radius: float | None
    gps: bool = True


class Held(NamedTuple):
    device: str
    person: str
    start: datetime
    end: datetime | None = None


def stamp(at: datetime | None) -> str:
    return "2999-12-12 00:00:00.000" if at is None else f"{at:%Y-%m-%d %H:%M:%S}.000"


def moved(east_m: float, north_m: float = 0.0) -> tuple[float, float]:
    lon, lat, _ = GROUND.fwd(LON, LAT, 90.0, east_m)
    lon, lat, _ = GROUND.fwd(lon, lat, 0.0, north_m)
    return lat, lon


def matching(
    folder: Path, crimes: list[tuple[str, datetime, datetime]], fixes: list[Fix], held: list[Held]
) -> Path:
    """Run the command in a folder, each crime at the one place; return where it wrote."""
    lines = [
        CRIME.format(ref=ref, since=f"{a:%Y%m%d%H%M%S}", until=f"{b:%Y%m%d%H%M%S}", text="said",
                     lat=LAT, lon=LON)
        for ref, a, b in crimes
    ]  # fmt: skip
    (folder / "crimes.csv").write_text("".join(lines))
    with (folder / "positions.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(POSITIONS)
        for number, fix in enumerate(fixes):
            gps = stamp(fix.at) if fix.gps else ""
            radius = "" if fix.radius is None else fix.radius
            later = stamp(fix.at + timedelta(hours=5)) if fix.gps else stamp(fix.at)
            table.writerow(
                [number, fix.device, fix.person, fix.lat, fix.lon, radius, gps, later, 36, 90]
            )
    with (folder / "activations.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(ACTIVATIONS)
        for number, one in enumerate(held):
            table.writerow(
                [number, stamp(one.start), stamp(one.end), one.person, one.device, f"S{one.device}"]
            )
    out = folder / "out"
    done("match", *words(folder), "--rule", "overlap-50", "--out", out)
    return out


def words(folder: Path) -> list[str | Path]:
    return [
        folder / "crimes.csv", "--positions", folder / "positions.csv",
        "--activations", folder / "activations.csv",
    ]  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def results(out: Path) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """By crime and device: when and under which label."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for one in json.loads((out / "results.json").read_bytes())["results"]:
        found[one["crimeVersionId"]] = {
            wearer["deviceId"]: [
                (fix["capturedDateTime"], fix["sequenceLabel"]) for fix in wearer["positions"]
            ]
            for wearer in one["deviceWearers"]
        }
    return found


def oracle(
    crimes: list[tuple[str, datetime, datetime]], fixes: list[Fix], held: list[Held]
) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """The rule once more, in the plainest way: polygons, loops, and the sheet's columns."""
    vicinity = Point(0, 0).buffer(100.0, quad_segs=96)
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for ref, since, until in crimes:
        found[ref] = {}
        by_person: dict[str, list[Fix]] = defaultdict(list)
        for fix in fixes:
            owned = any(
                (one.device, one.person) == (fix.device, fix.person)
                and one.start <= fix.at < (one.end or datetime.max.replace(tzinfo=UTC))
                for one in held
            )
            near = since - timedelta(minutes=10) <= fix.at <= until + timedelta(minutes=10)
            if owned and near:
                by_person[fix.person].append(fix)
        for trail in by_person.values():
            visit, number = -1, 0
            for fix in sorted(trail, key=lambda one: one.at):
                far = GROUND.inv(LON, LAT, fix.lon, fix.lat)[2]
                counts = False
                if fix.radius is not None and far < 100 + fix.radius:
                    circle = Point(far, 0).buffer(fix.radius, quad_segs=96)
                    counts = circle.intersection(vicinity).area / circle.area >= 0.5
                if not counts:
                    number = 0
                    continue
                visit, number = visit + (number == 0), number + 1
                first, second = divmod(visit, 26)
                label = ("" if first == 0 else chr(64 + first)) + chr(65 + second) + str(number)
                said = f"{fix.at:%Y-%m-%dT%H:%M:%SZ}"
                found[ref].setdefault(fix.device, []).append((said, label))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_pairs_fixes_and_labels_are_the_oracles(tmp_path: Path, seed: int) -> None:
    r = random.Random(seed)
    crimes = [
        (f"C{k}", begun := NOON + timedelta(minutes=r.randint(0, 600)),
         begun + timedelta(minutes=r.choice([0, 5, 90])))
        for k in range(5)
    ]  # fmt: skip
    held, fixes = [], []
    for person in range(5):
        swap = NOON + timedelta(minutes=r.randint(0, 600))
        first, second = str(10 + person), str(20 + (person + seed) % 5)
        held.append(Held(first, str(person), NOON - timedelta(days=3), swap))
        held.append(
            Held(second, str(person), swap, None if person % 2 else swap + timedelta(hours=3))
        )
        for minute in range(-60, 800, r.choice([1, 2, 7])):
            at = NOON + timedelta(minutes=minute)
            lat, lon = moved(r.gauss(0, 90), r.gauss(0, 90))
            radius = r.choice([None, 5.0, 30.0, 80.0, 130.0, 160.0, 900.0])
            device = first if at < swap else second
            fixes.append(Fix(device, str(person), at, lat, lon, radius, gps=r.random() < 0.8))
        # A device of somebody else: nobody's.
        fixes.append(Fix(first, "stranger", NOON, LAT, LON, 5.0))
    r.shuffle(fixes)
    out = matching(tmp_path, crimes, fixes, held)
    assert results(out) == oracle(crimes, fixes, held)
    pairs = {(row["CRIME REF"], row["DEVICE ID"]) for row in rows(out / "matches.csv")}
    said = oracle(crimes, fixes, held)
    assert pairs == {(ref, f"S{device}") for ref, each in said.items() for device in each}


def held_always(*devices: str) -> list[Held]:
    return [Held(device, f"P{device}", NOON - timedelta(days=9)) for device in devices]


def test_files_have_the_ministrys_headers_and_london_times(tmp_path: Path) -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    crime = ("R1", night, night + timedelta(hours=1))
    fixes = [Fix("1", "P1", night + timedelta(minutes=m), LAT, LON, 10.0) for m in (0, 60)]
    out = matching(tmp_path, [crime], fixes, held_always("1"))
    heads = (out / "matches.csv").read_text().splitlines()[0]
    assert heads == ",".join(MATCHES)
    (row,) = rows(out / "matches.csv")
    # Both are half past one in London: the hour that comes twice.
    assert (row["FROM DATE/TIME"], row["TO DATE/TIME"]) == ("25/10/2026 01:30",) * 2
    assert (row["DEVICE ID"], row["SUBJECT IDENTIFIER"]) == ("S1", "P1")
    assert row["OFFENDER MANAGER"] == ""
    assert results(out)["R1"]["1"] == [
        ("2026-10-25T00:30:00Z", "A1"),
        ("2026-10-25T01:30:00Z", "A2"),
    ]


def test_whoever_is_known_by_wide_circles_or_none_is_listed(tmp_path: Path) -> None:
    far = moved(8_000.0)
    fixes = [
        Fix("wide", "Pwide", NOON, LAT, LON, 142.0),
        Fix("none", "Pnone", NOON, LAT, LON, None),
        *(Fix("far", "Pfar", NOON + timedelta(minutes=m), *far, 10.0) for m in range(-10, 11)),
    ]
    held = held_always("wide", "none", "far", "silent")
    out = matching(tmp_path, [("R1", NOON, NOON)], fixes, held)
    listed = {row["device id"]: row for row in rows(out / "could-not-be-excluded.csv")}
    assert set(listed) == {"wide", "none", "silent"}
    assert tuple(listed["wide"]) == OPEN
    assert listed["wide"]["best radius"] == "142"
    assert [listed[k]["fixes in the window"] for k in ("wide", "none", "silent")] == list("110")
    assert rows(out / "matches.csv") == []
    # A result: nobody matched. Not matched at all would be no entry.
    assert results(out) == {"R1": {}}
    assert len(rows(out / "coverage.csv")) == 4


def test_a_crime_whose_row_is_not_good_is_not_matched(tmp_path: Path) -> None:
    matching(
        tmp_path, [("R1", NOON, NOON)], [Fix("1", "P1", NOON, LAT, LON, 5.0)], held_always("1")
    )
    with (tmp_path / "crimes.csv").open("a") as file:
        file.write("Metropolitan,RB,Robbery,MPS20260601,R2,x,y,,,51.5,-0.1,WGS84,\n")
    ended = run("match", *words(tmp_path), "--out", tmp_path / "out")
    assert "1 of 2 rows" in ended.stderr
    assert results(tmp_path / "out").keys() == {"R1"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("crimes.csv", "x\n", "ALL_RECORDS_FAILED"),
        ("positions.csv", "position_latitude,position_longitude\n", "no column"),
        ("activations.csv", "device_id\n", "no column"),
        ("activations.csv", ",".join(ACTIVATIONS) + "\n1,never,,P1,1,S1\n", "no activation date"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    matching(
        tmp_path, [("R1", NOON, NOON)], [Fix("1", "P1", NOON, LAT, LON, 5.0)], held_always("1")
    )
    (tmp_path / name).write_text(text)
    ended = run("match", *words(tmp_path), "--out", tmp_path / "new")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert not (tmp_path / "new").exists()


def test_the_ministrys_stub_without_devices_is_refused_in_words(
    tmp_path: Path, tagwatch_data: Path
) -> None:
    matching(
        tmp_path, [("R1", NOON, NOON)], [Fix("1", "P1", NOON, LAT, LON, 5.0)], held_always("1")
    )
    ended = run(
        "match", tmp_path / "crimes.csv", "--out", tmp_path / "new",
        "--positions", tagwatch_data / "crime/stub_positions_001.csv",
        "--activations", tmp_path / "activations.csv",
    )  # fmt: skip
    assert ended.returncode == 2
    assert "device_id" in ended.stderr


def test_by_probability_he_is_matched_by_what_the_other_rule_leaves_open(tmp_path: Path) -> None:
    def trail(person: str, east_m: float) -> list[Fix]:
        at = [NOON + timedelta(minutes=m) for m in range(-30, 31)]
        return [Fix(person, f"P{person}", each, *moved(east_m), 20.0) for each in at]

    fixes = [*trail("near", 20.0), *trail("far", 30_000.0)]
    matching(tmp_path, [("R1", NOON, NOON)], fixes, held_always("near", "far", "silent"))
    out = tmp_path / "likely"
    done("match", *words(tmp_path), "--rule", "probability", "--out", out)
    lists = {row["person id"]: row["list"] for row in rows(out / "coverage.csv")}
    assert lists == {"Pnear": "matched", "Pfar": "excluded", "Psilent": "not_excluded"}
    version = json.loads((out / "results.json").read_bytes())["algorithmVersion"]
    assert version == "probability/1"
