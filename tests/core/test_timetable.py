"""London time: weekly rows over clock changes, boundaries, and the algebra of intervals."""

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.timetable import (
    TZDATA_VERSION,
    CurfewRow,
    Edge,
    OneOff,
    Weekday,
    WeeklySchedule,
    difference,
    from_london,
    intersection,
    london,
    next_boundary,
    schedule_windows,
    union,
    window_at,
    windows,
)
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, instant, iso, parse_iso

DAYS = list(Weekday)


def row(text: str, *except_on: str) -> CurfewRow:
    """Read `Fr 19:00 Sa 07:00`."""
    from_day, from_time, until_day, until_time = text.split()
    return CurfewRow(
        from_day=Weekday(from_day),
        from_time=time.fromisoformat(from_time),
        until_day=Weekday(until_day),
        until_time=time.fromisoformat(until_time),
        except_on=tuple(date.fromisoformat(day) for day in except_on),
    )


NIGHTLY = tuple(row(f"{a} 19:00 {b} 07:00") for a, b in pairwise([*DAYS, Weekday.MO]))


def between(rows, start: str, end: str) -> list[str]:
    found = windows(rows, parse_iso(start), parse_iso(end))
    return [f"{iso(a)}/{iso(b)}" for a, b in found]


def test_an_ordinary_week_of_nights():
    found = windows(NIGHTLY, parse_iso("2026-06-01T12:00:00Z"), parse_iso("2026-06-08T12:00:00Z"))
    assert len(found) == 7
    assert {end - start for start, end in found} == {12 * HOUR}
    assert iso(found[0][0]) == "2026-06-01T18:00:00Z"


@pytest.mark.parametrize(
    ("night", "hours"), [("2026-03-28", 11), ("2026-10-24", 13), ("2026-07-04", 12)]
)
def test_nights_of_eleven_and_thirteen_hours(night, hours):
    at = parse_iso(f"{night}T23:30:00Z")
    window = window_at(NIGHTLY, at)
    assert window is not None
    assert window[1] - window[0] == hours * HOUR
    assert (london(window[0]).hour, london(window[1]).hour) == (19, 7)


def test_rows_past_midnight_and_over_several_days():
    rows = (row("Fr 18:00 Mo 06:00"), row("Su 20:00 Mo 09:00"), row("We 10:00 We 11:30"))
    assert between(rows, "2026-01-05T00:00:00Z", "2026-01-19T00:00:00Z") == [
        "2026-01-05T00:00:00Z/2026-01-05T09:00:00Z",
        "2026-01-07T10:00:00Z/2026-01-07T11:30:00Z",
        "2026-01-09T18:00:00Z/2026-01-12T09:00:00Z",
        "2026-01-14T10:00:00Z/2026-01-14T11:30:00Z",
        "2026-01-16T18:00:00Z/2026-01-19T00:00:00Z",
    ]


def test_a_row_that_ends_before_it_starts_in_the_week_runs_into_the_next():
    assert between((row("Su 22:00 Tu 06:00"),), "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z") == [
        "2026-01-05T00:00:00Z/2026-01-06T06:00:00Z",
        "2026-01-11T22:00:00Z/2026-01-12T00:00:00Z",
    ]


@pytest.mark.parametrize(
    ("local", "edge", "expected"),
    [
        ("2026-03-29T00:59", Edge.FROM, "2026-03-29T00:59:00Z"),
        ("2026-03-29T01:00", Edge.FROM, "2026-03-29T01:00:00Z"),
        ("2026-03-29T01:30", Edge.FROM, "2026-03-29T01:00:00Z"),
        ("2026-03-29T01:30", Edge.UNTIL, "2026-03-29T01:00:00Z"),
        ("2026-03-29T01:59:59.999999", Edge.UNTIL, "2026-03-29T01:00:00Z"),
        ("2026-03-29T02:00", Edge.FROM, "2026-03-29T01:00:00Z"),
        ("2026-10-25T00:59", Edge.FROM, "2026-10-24T23:59:00Z"),
        ("2026-10-25T01:00", Edge.FROM, "2026-10-25T00:00:00Z"),
        ("2026-10-25T01:00", Edge.UNTIL, "2026-10-25T01:00:00Z"),
        ("2026-10-25T01:30", Edge.FROM, "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:30", Edge.UNTIL, "2026-10-25T01:30:00Z"),
        ("2026-10-25T02:00", Edge.FROM, "2026-10-25T02:00:00Z"),
    ],
)
def test_times_that_do_not_exist_and_times_that_come_twice(local, edge, expected):
    assert iso(from_london(datetime.fromisoformat(local), edge)) == expected


def test_a_row_wholly_within_the_missing_hour_is_left_out_that_night():
    rows = (row("Su 01:10 Su 01:50"),)
    assert between(rows, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z") == []
    assert window_at(rows, parse_iso("2026-03-29T01:00:00Z")) is None
    assert between(rows, "2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z") == [
        "2026-10-25T00:10:00Z/2026-10-25T01:50:00Z"
    ]


def test_every_clock_change_on_record(tagwatch_data):
    with (tagwatch_data / "calendar" / "europe_london_clock_changes_2015_2037.csv").open() as text:
        changes = list(csv.DictReader(text))
    assert len(changes) == 46
    for change in changes:
        at = parse_iso(change["utc_instant"])
        spring = "starts" in change["change"]
        before, after = london(Instant(at - 1)).utcoffset(), london(at).utcoffset()
        assert (before, after) == ((timedelta(0), timedelta(hours=1))[:: 1 if spring else -1])
        window = window_at(NIGHTLY, at)
        assert window is not None
        assert window[1] - window[0] == (11 if spring else 13) * HOUR


@given(st.integers(parse_iso("2015-01-01T00:00:00Z"), parse_iso("2037-12-31T00:00:00Z")))
def test_london_there_and_back(at):
    local = london(Instant(at))
    naive = local.replace(tzinfo=None, fold=0)
    both = {from_london(naive, edge) for edge in Edge}
    assert at in both
    assert len(both) in (1, 2)
    assert local == datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at)


rows_of_the_week = st.lists(
    st.builds(
        CurfewRow,
        from_day=st.sampled_from(DAYS),
        from_time=st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])),
        until_day=st.sampled_from(DAYS),
        until_time=st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])),
    ),
    max_size=4,
).map(tuple)
around_changes = st.sampled_from(["2026-03-26T00:00:00Z", "2026-10-22T00:00:00Z"]).map(parse_iso)


@given(rows=rows_of_the_week, start=around_changes, hours=st.integers(0, 200))
def test_window_at_and_boundaries_agree_with_windows(rows, start, hours):
    at = Instant(start + hours * 30 * MINUTE)
    found = windows(rows, Instant(at - 40 * DAY), Instant(at + 40 * DAY))
    containing = [span for span in found if span[0] <= at < span[1]]
    window = window_at(rows, at)
    assert (window is not None) == bool(containing)
    pauses = len(found) > 1
    if window is not None and pauses and window[1] - window[0] < 7 * DAY:
        assert [window] == containing
    edges = [edge for span in found for edge in span if edge > at]
    expected = min(edges) if edges and pauses else None
    assert next_boundary(rows, at) == expected or (expected or 0) > at + 13 * DAY


@given(rows=rows_of_the_week, start=around_changes, cut=st.integers(1, 500))
def test_windows_do_not_depend_on_where_one_cuts(rows, start, cut):
    end = Instant(start + 14 * DAY)
    middle = Instant(start + cut * 30 * MINUTE)
    parts = windows(rows, start, middle) + windows(rows, middle, end)
    assert union(parts, ()) == windows(rows, start, end)


def test_nothing_without_rows_or_time():
    at = parse_iso("2026-06-01T12:00:00Z")
    assert windows((), at, Instant(at + DAY)) == []
    assert windows(NIGHTLY, at, at) == []
    assert window_at((), at) is None
    assert next_boundary((), at) is None


def test_rows_that_never_pause_have_no_boundary():
    always = (row("Mo 00:00 Mo 00:00"),)
    at = parse_iso("2026-03-29T12:00:00Z")
    window = window_at(always, at)
    assert window is not None
    assert window[0] < at < window[1]
    assert next_boundary(always, at) is None


def test_boundaries_are_later_than_asked():
    start = parse_iso("2026-06-01T18:00:00Z")
    assert next_boundary(NIGHTLY, Instant(start - 1)) == start
    assert next_boundary(NIGHTLY, start) == start + 12 * HOUR
    assert window_at(NIGHTLY, Instant(start - 1)) is None
    assert window_at(NIGHTLY, start) == (start, start + 12 * HOUR)
    assert window_at(NIGHTLY, Instant(start + 12 * HOUR)) is None


def test_a_row_does_not_apply_on_its_exceptions():
    rows = (row("Fr 19:00 Sa 07:00", "2026-12-25"),)
    assert between(rows, "2026-12-17T00:00:00Z", "2027-01-03T00:00:00Z") == [
        "2026-12-18T19:00:00Z/2026-12-19T07:00:00Z",
        "2027-01-01T19:00:00Z/2027-01-02T07:00:00Z",
    ]


def one_off(start: str, end: str) -> OneOff:
    return OneOff(start=parse_iso(start), end=parse_iso(end))


def test_a_schedule_with_release_night_absence_and_validity():
    schedule = WeeklySchedule(
        rows=NIGHTLY,
        instead_of_rows=(one_off("2026-01-05T15:00:00Z", "2026-01-06T12:00:00Z"),),
        also=(one_off("2026-01-07T10:00:00Z", "2026-01-07T11:00:00Z"),),
        never=(one_off("2026-01-07T20:00:00Z", "2026-01-07T21:00:00Z"),),
        valid_from=parse_iso("2026-01-05T14:00:00Z"),
        valid_until=parse_iso("2026-01-07T23:00:00Z"),
    )
    start, end = parse_iso("2026-01-01T00:00:00Z"), parse_iso("2026-02-01T00:00:00Z")
    assert [f"{iso(a)}/{iso(b)}" for a, b in schedule_windows(schedule, start, end)] == [
        "2026-01-05T15:00:00Z/2026-01-06T12:00:00Z",
        "2026-01-06T19:00:00Z/2026-01-07T07:00:00Z",
        "2026-01-07T10:00:00Z/2026-01-07T11:00:00Z",
        "2026-01-07T19:00:00Z/2026-01-07T20:00:00Z",
        "2026-01-07T21:00:00Z/2026-01-07T23:00:00Z",
    ]
    assert schedule_windows(schedule, start, parse_iso("2026-01-05T14:00:00Z")) == []
    open_ended = WeeklySchedule(rows=NIGHTLY)
    assert schedule_windows(open_ended, start, end) == windows(NIGHTLY, start, end)


instants = st.integers(0, 40).map(Instant)
spans = st.lists(st.tuples(instants, instants), max_size=8)


def _points(some) -> set[int]:
    return {t for a, b in some for t in range(a, b)}


def _tidy(some) -> bool:
    return all(a < b for a, b in some) and all(x[1] < y[0] for x, y in pairwise(some))


@given(one=spans, other=spans)
def test_interval_algebra_is_that_of_sets(one, other):
    a, b = union(one, ()), union(other, ())
    assert _tidy(a)
    assert _points(a) == _points(one)
    assert _tidy(union(one, other))
    assert _points(union(one, other)) == _points(one) | _points(other)
    assert _points(intersection(a, b)) == _points(a) & _points(b)
    assert _points(difference(a, b)) == _points(a) - _points(b)
    assert _tidy(difference(a, b))
    assert intersection(a, b) == intersection(b, a)
    assert union(difference(a, b), intersection(a, b)) == a


def test_rows_travel_and_check_themselves():
    assert msgspec.json.decode(msgspec.json.encode(NIGHTLY), type=tuple[CurfewRow, ...]) == NIGHTLY
    with pytest.raises(ValueError, match="whole minutes"):
        row("Mo 19:00:30 Tu 07:00")
    with pytest.raises(ValueError, match="whole minutes"):
        row("Mo 19:00 Tu 07:00+01:00")
    with pytest.raises(ValueError, match="not after its start"):
        OneOff(start=Instant(5), end=Instant(5))
    with pytest.raises(ValueError, match="must not carry a zone"):
        from_london(datetime(2026, 1, 1, tzinfo=UTC), Edge.FROM)


ASK = """
import json, zoneinfo
before = zoneinfo.TZPATH
from tagwatch.core.timetable import TZDATA_VERSION, london
from tagwatch.core.units import parse_iso
assert zoneinfo.TZPATH == before
at = parse_iso("2026-07-01T12:00:00Z")
print(json.dumps([TZDATA_VERSION, london(at).isoformat()]))
"""


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", ""])
def test_the_machines_zone_and_zone_files_have_no_say(zone, tmp_path):
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "London").write_bytes(b"not a zone file")
    environment = {**os.environ, "TZ": zone, "PYTHONTZPATH": str(tmp_path)}
    command = [sys.executable, "-c", ASK]
    said = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(said.stdout) == [TZDATA_VERSION, "2026-07-01T13:00:00+01:00"]


def test_the_version_of_the_zone_data_is_known():
    assert TZDATA_VERSION[:2] == "20"
    assert london(instant(datetime(2026, 7, 1, 12, tzinfo=UTC))).tzinfo is not ZoneInfo("UTC")
