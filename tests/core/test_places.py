"""Frequented places, routine, change and meetings: what weeks say together, and what not."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from tagwatch.core.change import Change, ChangeKind, changes
from tagwatch.core.coverage import Coverage
from tagwatch.core.meeting import Answer, Followed, Meetings, meetings
from tagwatch.core.movements import Movements
from tagwatch.core.person import TagMode
from tagwatch.core.place import Places, places
from tagwatch.core.plane import LonLat
from tagwatch.core.routine import routine
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import Weekday
from tagwatch.core.trip import Gap, Trip, TripMode
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant, parse_iso
from tests.core.worlds import SETTINGS, at, fixes, part, place

FIRST = parse_iso("2026-01-05T00:00:00Z")
"""A Monday in winter."""
HOME, WORK, SHOP, CLUB = (0.0, 0.0), (3000.0, 500.0), (400.0, 0.0), (0.0, 5000.0)
Row = tuple[float, float, tuple[float, float]]


def week(number: int, rows: Sequence[Row], gaps: Sequence[tuple[float, float]] = ()) -> Movements:
    """Stops as (hour of the week it began, it ended, where), with trips of half an hour between."""
    start = Instant(FIRST + number * 7 * DAY)
    end = Instant(start + 7 * DAY)
    when = [
        (Instant(start + round(a * HOUR)), Instant(start + round(b * HOUR))) for a, b, _ in rows
    ]
    made: list[Stop] = []
    for k, ((since, until), (_, _, where)) in enumerate(zip(when, rows, strict=True)):
        x_m, y_m = where[0] + 6.0 * (-1) ** (number + k), where[1] + 5.0 * (-1) ** k
        spot = place(x_m, y_m)
        early = None if since <= start else since
        late = None if until >= end else until
        made.append(
            Stop(
                number=k + 1, lon_deg=spot.lon_deg, lat_deg=spot.lat_deg, radius_m_95=27.0,
                arrived_earliest=early and Instant(early - MINUTE), arrived_latest=early,
                left_earliest=late, left_latest=late and Instant(late + MINUTE),
                first_seen=max(since, start), last_seen=min(until, Instant(end - SECOND)), fixes=9,
                seen_s=(until - since) // SECOND,
            )
        )  # fmt: skip
    trips = [
        Trip(
            number=k + 1, started_at=made[k].last_seen, ended_at=made[k + 1].first_seen,
            mode=TripMode.VEHICLE, mode_probability=0.9, distance_m_least=4000,
            distance_m_most=5000, fixes=9, seen_s=1800, from_stop=k + 1, to_stop=k + 2,
        )
        for k in range(len(made) - 1)
    ]  # fmt: skip
    dark = [
        Gap(start=Instant(start + round(a * HOUR)), end=Instant(start + round(b * HOUR)), off_s=0,
            moved_m_least=0)
        for a, b in gaps
    ]  # fmt: skip
    seen = Coverage(start=start, end=end, hours=(), not_excluded=())
    return Movements(
        start=start, end=end, stops=tuple(made), trips=tuple(trips), gaps=tuple(dark),
        coverage=seen, fixes=900, vague=0,
    )  # fmt: skip


def usual(number: int, *more: Row, but: Sequence[int] = ()) -> Movements:
    """At work from 9 to 17 on five days, else at home; `more` in the evening; `but` days off."""
    rows: list[Row] = []
    free = 0.0
    outs = [(24.0 * d + 9, 24.0 * d + 17, WORK) for d in range(5) if d not in but]
    for since, until, where in sorted([*outs, *more]):
        rows += [(free, since - 0.5, HOME), (since, until, where)]
        free = until + 0.5
    return week(number, [*rows, (free, 168.0, HOME)])


def found(*weeks: Movements, address: LonLat | None = None) -> Places:
    return places(weeks, address)


def test_home_and_work_are_two_places_and_home_is_where_the_nights_are() -> None:
    got = found(usual(0), usual(1), usual(2))
    home, work = got.places
    assert (home.place, work.place) == (1, 2)
    assert got.of_stop == (1, *(2, 1) * 5) * 3
    assert (home.nights, work.nights, got.nights_seen) == (21, 0, 21)
    assert home.home_probability > 0.99
    assert got.home is not None
    assert got.home.place == 1
    assert (work.visits, work.days) == (15, 15)
    assert home.visits == 16  # of which none at the weeks' ends counts twice
    assert home.days == 21
    assert work.dwell_s_least == 15 * 8 * 3600
    assert work.dwell_s_most == 15 * (8 * 3600 + 120)
    assert 10.0 < home.radius_m < 27.0
    assert home.confidence > 0.95
    assert home.at_curfew_address == 0.0
    assert got.numbered(2) is work
    assert got.numbered(3) is None
    assert (home.centre.lon_deg, home.centre.lat_deg) == (home.lon_deg, home.lat_deg)


def test_numbers_stay_when_weeks_are_added_and_known_ones_are_kept() -> None:
    early, late = found(usual(0)), found(usual(0), usual(1, (44.0, 47.0, CLUB)))
    assert [each.place for each in late.places] == [1, 2, 3]
    assert [late.numbered(n) is not None for n in (1, 2)] == [True, True]
    alone = places([usual(1, (44.0, 47.0, CLUB))], None, late.places)
    assert alone.of_stop == late.of_stop[len(usual(0).stops) :]
    only = places([week(3, [(0.0, 168.0, CLUB)])], None, late.places)
    assert [each.place for each in only.places] == [3]
    assert len(early.places) == 2
    assert found() == Places(places=(), of_stop=(), nights_seen=0)
    assert found().home is None


def test_a_gap_is_no_night_at_home() -> None:
    dark = [(24.0 * d - 2.0, 24.0 * d + 8.0) for d in range(1, 4)]
    blind = msgspec.structs.replace(usual(0), gaps=week(0, [], dark).gaps)
    got = found(blind)
    assert got.nights_seen == 4
    assert got.places[0].nights == 4
    assert got.places[0].dwell_s_least < found(usual(0)).places[0].dwell_s_least
    whole = found(week(0, [(0.0, 168.0, HOME)], [(0.0, 168.0)]))
    assert (whole.nights_seen, whole.places[0].nights) == (0, 0)
    assert whole.places[0].dwell_s_least == 0


def test_a_stop_cut_by_a_gap_is_one_visit() -> None:
    cut = week(0, [(0.0, 50.0, HOME), (60.0, 168.0, HOME)], [(50.0, 60.0)])
    assert found(msgspec.structs.replace(cut, trips=())).places[0].visits == 1
    assert found(cut).places[0].visits == 2


def test_the_curfew_address_speaks_for_the_home_and_nights_against_it() -> None:
    days = week(0, [(0.0, 30.0, HOME), (31.0, 60.0, CLUB), (61.0, 168.0, CLUB)])
    address = place(*HOME)
    assert found(days).places[0].home_probability < 0.5
    given = found(days, address=address)
    assert given.places[0].at_curfew_address > 0.95
    assert given.places[0].home_probability > found(days).places[0].home_probability
    assert given.places[1].home_probability > 0.5
    few = week(0, [(10.0, 12.0, HOME), (13.0, 16.0, CLUB)], [(16.0, 168.0), (0.0, 10.0)])
    assert found(few, address=address).places[0].home_probability > 0.8


def test_routine_counts_weeks_and_says_how_sure() -> None:
    weeks = [usual(n, but=(1,) if n == 3 else ()) for n in range(4)]
    weeks.append(week(4, [(0.0, 168.0, HOME)], [(24.0, 48.0)]))
    got = routine(weeks, found(*weeks))
    tuesday = got.at(Weekday.TU, 10)
    assert (tuesday.weeks, tuesday.seen) == (5, 4)
    at_work, at_home = tuesday.shares
    assert (at_work.place, at_work.share, at_work.times) == (2, 0.75, 3)
    assert (at_home.place, at_home.share, at_home.times) == (1, 0.25, 1)
    assert at_work.low < 0.4 < 0.75 < at_work.high
    assert tuesday.observed_s == 4 * 3600
    assert tuesday.unobserved_s == 3600
    moving = got.at(Weekday.MO, 8)
    assert any(each.place is None and 0.3 < each.share < 0.5 for each in moving.shares)
    assert len(got.hours) == 168
    with pytest.raises(ValueError, match="at least one week"):
        routine([], found())


def by_kind(got: Sequence[Change]) -> dict[tuple[ChangeKind, int | None], Change]:
    return {(each.kind, each.place): each for each in got}


def test_nights_away_and_a_new_place_are_said_with_their_base_rate() -> None:
    past = [usual(n, (44.0, 47.0, CLUB)) if n == 2 else usual(n) for n in range(6)]
    away = (137.0, 160.0, (8000.0, 0.0))
    this = usual(6, away, but=(4,))
    got = changes(this, past, found(*past, this))
    assert got.enough
    assert got.of_weeks == 6
    told = by_kind(got.changes)
    night = told[ChangeKind.NIGHTS_AWAY, None]
    assert (night.this, night.usual, night.as_large, night.of_weeks) == (1.0, 0.0, 0, 6)
    new = told[ChangeKind.NEW_PLACE, 4]
    assert (new.this, new.as_large, new.of_weeks) == (23.0, 1, 5)
    work = told[ChangeKind.HOURS_AT_PLACE, 2]
    assert (work.this, work.usual, work.possible) == (32.0, 40.0, False)
    assert (ChangeKind.HOURS_AT_PLACE, 3) not in told


def test_what_was_not_seen_may_account_for_it() -> None:
    past = [usual(n) for n in range(5)]
    whole = usual(5)
    dark = msgspec.structs.replace(
        week(5, [(0.0, 100.0, HOME)], [(100.0, 168.0)]), start=whole.start, end=whole.end
    )
    told = by_kind(changes(dark, past, found(*past, dark)).changes)
    gone = told[ChangeKind.PLACE_LEFT_OUT, 2]
    assert (gone.this, gone.usual, gone.possible) == (0.0, 40.0, True)
    assert told[ChangeKind.NIGHTS_HOME, None].possible
    assert told[ChangeKind.OBSERVED, None].this == 100.0


def test_with_too_little_past_only_new_places_are_said() -> None:
    this = usual(2, (44.0, 47.0, CLUB))
    got = changes(this, [usual(1)], found(usual(1), this))
    assert not got.enough
    assert [each.kind for each in got.changes] == [ChangeKind.NEW_PLACE]
    assert got.changes[0].of_weeks == 0
    assert changes(this, [], found(this)).changes == ()
    blind = week(1, [(0.0, 168.0, HOME)], [(10.0, 168.0)])
    assert changes(this, [blind, usual(0)], found(blind, usual(0), this)).of_weeks == 1


def test_what_is_usual_or_small_is_no_change() -> None:
    past = [usual(n, (44.0, 47.0, CLUB)) if n % 2 else usual(n) for n in range(6)]
    this = usual(6, (44.0, 47.5, CLUB))
    assert changes(this, past, found(*past, this)).changes == ()


def test_what_came_in_every_other_week_is_no_change() -> None:
    past = [usual(n, (42.0, 50.0, CLUB)) if n % 2 else usual(n) for n in range(6)]
    this = usual(6, (42.0, 50.0, CLUB))
    told = by_kind(changes(this, past, found(*past, this)).changes)
    assert (ChangeKind.HOURS_AT_PLACE, 3) not in told


def test_next_door_is_a_place_of_its_own_from_so_far_on() -> None:
    near = week(0, [(0.0, 60.0, HOME), (61.0, 168.0, (60.0, 0.0))])
    assert len(found(near).places) == 1
    apart = week(0, [(0.0, 60.0, HOME), (61.0, 168.0, (130.0, 0.0))])
    assert len(found(apart).places) == 2


def test_a_stop_whose_bounds_leave_no_time_counts_for_none() -> None:
    whole = week(0, [(0.0, 50.0, HOME), (60.0, 60.01, CLUB), (61.0, 168.0, HOME)])
    short = msgspec.structs.replace(
        whole.stops[1], arrived_latest=Instant(whole.stops[1].last_seen + MINUTE)
    )
    cut = msgspec.structs.replace(whole, stops=(whole.stops[0], short, whole.stops[2]))
    assert found(cut).places[1].dwell_s_least == 0


def test_without_a_home_nothing_is_said_of_nights() -> None:
    past = [week(n, [(9.0, 17.0, WORK)], [(0.0, 9.0), (100.0, 168.0)]) for n in range(4)]
    this = week(4, [(9.0, 12.0, WORK), (20.0, 30.0, CLUB)], [(0.0, 9.0), (100.0, 168.0)])
    kinds = {each.kind for each in changes(this, past, found(*past, this)).changes}
    assert ChangeKind.NIGHTS_AWAY not in kinds
    assert ChangeKind.NEW_PLACE in kinds


# --- meetings --------------------------------------------------------------------------------

WINDOW = (at(0), at(7200))


def follow(rows: Sequence[tuple[float, ...]], *, seq: int, mode: TagMode | None = None) -> Followed:
    worn = [(at(-86400), at(86400))]
    return Followed([part(fixes(*rows, seq=seq), f"tag-{seq}")], worn, mode or TagMode())


def stays_at(x_m: float, *, since: float = -10, until: float = 130) -> list[tuple[float, ...]]:
    minutes = np.arange(since, until)
    return [(60.0 * m, x_m + 3.0 * (-1) ** round(m), 0.0, 6.0) for m in minutes.tolist()]


def met(one: Followed, other: Followed, within_m: float = 100.0) -> Meetings:
    return meetings(one, other, within_m, WINDOW, SETTINGS, Prepared())


def test_two_at_one_place_meet() -> None:
    got = met(follow(stays_at(0.0), seq=1), follow(stays_at(10.0), seq=2))
    assert got.answer is Answer.YES
    (meeting,) = got.meetings
    assert meeting.answer is Answer.YES
    assert meeting.witnesses >= 3
    assert meeting.p_near > 0.95
    assert len(meeting.fixes) == 10
    assert got.days == 1
    assert got.both_seen_s == 7200
    turned = met(follow(stays_at(10.0), seq=2), follow(stays_at(0.0), seq=1))
    assert [(m.start, m.end, m.witnesses) for m in turned.meetings] == [
        (m.start, m.end, m.witnesses) for m in got.meetings
    ]


def test_two_far_apart_never_met() -> None:
    got = met(follow(stays_at(0.0), seq=1), follow(stays_at(20000.0), seq=2))
    assert got.answer is Answer.NO
    assert got.meetings == ()
    assert got.apart_s == got.both_seen_s == 7200


def test_silence_is_never_no() -> None:
    seen = stays_at(20000.0, until=30) + stays_at(20000.0, since=100)
    got = met(follow(stays_at(0.0), seq=1), follow(seen, seq=2))
    assert got.answer is Answer.CANNOT_SAY
    assert got.both_seen_s < 7200
    assert got.apart_s == got.both_seen_s
    late = met(follow(stays_at(0.0), seq=1), follow(stays_at(20000.0, since=60), seq=2))
    assert late.answer is Answer.CANNOT_SAY
    ended = met(follow(stays_at(0.0), seq=1), follow(stays_at(20000.0, until=60), seq=2))
    assert ended.answer is Answer.CANNOT_SAY
    none = Followed([], [], TagMode())
    assert met(follow(stays_at(0.0), seq=1), none).answer is Answer.CANNOT_SAY


def test_a_single_pair_is_no_meeting() -> None:
    alone = [(3600.0, 0.0, 0.0, 6.0)]
    got = met(follow(stays_at(0.0), seq=1), follow(alone, seq=2))
    assert got.answer is Answer.CANNOT_SAY
    assert [m.answer for m in got.meetings] == [Answer.CANNOT_SAY]
    assert got.days == 0


def test_two_meetings_are_told_apart() -> None:
    rows = stays_at(0.0, until=20) + stays_at(20000.0, since=50, until=70)
    rows += stays_at(0.0, since=100)
    got = met(follow(stays_at(0.0), seq=1), follow(rows, seq=2))
    assert [m.answer for m in got.meetings] == [Answer.YES, Answer.YES]
    apart = stays_at(0.0, until=20) + stays_at(0.0, since=100)
    assert len(met(follow(stays_at(0.0), seq=1), follow(apart, seq=2)).meetings) == 2


def test_a_distance_must_be_one() -> None:
    one = follow(stays_at(0.0), seq=1)
    with pytest.raises(ValueError, match="above 0"):
        met(one, one, 0.0)
    empty = meetings(one, one, 50.0, (at(0), at(0)), SETTINGS, Prepared())
    assert empty.answer is Answer.CANNOT_SAY
