"""Silence of one tag, of many, and of the installation itself."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.alert import AlertKind, alert_id
from tagwatch.core.fix import Motion
from tagwatch.core.geometry import Disc, LonLat
from tagwatch.core.ids import (
    ActivationId,
    AlertId,
    ConditionId,
    OrderId,
    PersonId,
    WearerId,
)
from tagwatch.core.ledger import HeartbeatMissed, Tick
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.person import TagMode
from tagwatch.core.recorded_service import PartState
from tagwatch.core.rules import installation
from tagwatch.core.rules.comms import (
    CommsMemory,
    at_deadline,
    heard,
    next_deadline,
    silent_after_s,
    started,
    tag_removed,
)
from tagwatch.core.rules.installation import (
    LastSeen,
    MassMemory,
    Silent,
    between_ticks,
    blind_fact,
    call_list,
    clock_fact,
    heard_again,
    mass_alert,
    mass_threshold,
    part_fact,
    silent_together,
)
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import CommsSettings
from tagwatch.core.units import MINUTE, SECOND, Instant

WORN = Worn(wearer_id=WearerId("w1"), activation_id=ActivationId("a1"))
SETTINGS = CommsSettings()
MODE = TagMode()
LONG = Instant(0)


def at(seconds: float) -> Instant:
    return Instant(round((1_700_000_000 + seconds) * SECOND))


# --- one tag --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "motion", "seconds"),
    [
        (MODE, Motion.UNKNOWN, 1200),
        (TagMode(resting_interval_s=900), Motion.STILL, 3600),
        (TagMode(resting_interval_s=900), Motion.UNKNOWN, 3600),
        (TagMode(resting_interval_s=900), Motion.MOVING, 1200),
        (TagMode(report_interval_s=3600), Motion.MOVING, 14400),
        (
            TagMode(moving_interval_s=1, resting_interval_s=1, report_interval_s=1),
            Motion.STILL,
            1200,
        ),
    ],
)
def test_the_expected_interval_follows_the_mode(mode, motion, seconds) -> None:
    assert silent_after_s(mode, motion, SETTINGS) == seconds


@pytest.mark.parametrize(("offset_us", "silent"), [(-1, False), (0, True), (1, True)])
def test_silence_boundary(offset_us: int, silent: bool) -> None:
    memory = started(at(0))
    due = next_deadline(memory, MODE, SETTINGS, LONG)
    assert due == at(1200)
    now = Instant(due + offset_us)
    memory, facts = at_deadline(memory, now, WORN, MODE, SETTINGS, LONG)
    assert [fact.kind for fact in facts] == [AlertKind.NO_COMMS] * silent
    if silent:
        assert facts[0].happened_at == at(0)
        assert facts[0].episode.finding is Finding.UNDETERMINED
        assert at_deadline(memory, at(9999), WORN, MODE, SETTINGS, LONG) == (memory, ())
        assert next_deadline(memory, MODE, SETTINGS, LONG) is None


@pytest.mark.parametrize(("offset_us", "lost"), [(-1, False), (0, True), (1, True)])
def test_no_location_boundary(offset_us: int, lost: bool) -> None:
    memory = started(at(0))
    memory, _ = heard(memory, WORN, at(3000))
    due = next_deadline(memory, MODE, SETTINGS, LONG)
    assert due == at(3600)
    memory, facts = at_deadline(memory, Instant(due + offset_us), WORN, MODE, SETTINGS, LONG)
    assert [fact.kind for fact in facts] == [AlertKind.NO_LOCATION] * lost
    if lost:
        assert next_deadline(memory, MODE, SETTINGS, LONG) == at(4200)  # silence still may come
        assert at_deadline(memory, at(3700), WORN, MODE, SETTINGS, LONG)[1] == ()


def test_a_tag_that_was_silent_has_time_to_find_its_place() -> None:
    memory, (silent,) = at_deadline(started(at(0)), at(1200), WORN, MODE, SETTINGS, LONG)
    assert silent.kind is AlertKind.NO_COMMS
    memory, _ = heard(memory, WORN, at(7200))
    memory, facts = at_deadline(memory, at(7200), WORN, MODE, SETTINGS, LONG)
    assert facts == ()
    memory, _ = heard(memory, WORN, at(10_700))
    assert next_deadline(memory, MODE, SETTINGS, LONG) == at(10_800)
    _, (lost,) = at_deadline(memory, at(10_800), WORN, MODE, SETTINGS, LONG)
    assert (lost.kind, lost.detail) == (AlertKind.NO_LOCATION, "for 180 min when it was noticed")


def test_heard_and_located_again() -> None:
    memory, (lost,) = at_deadline(
        heard(started(at(0)), WORN, at(3000))[0], at(3600), WORN, MODE, SETTINGS, LONG
    )
    memory, facts = heard(memory, WORN, at(3700), located_at=at(-5))
    assert facts == ()  # an old fix from the tag's store says nothing of now
    memory, (found,) = heard(memory, WORN, at(3800), located_at=at(3790), motion=Motion.MOVING)
    assert (found.cause, found.phase, found.ended_at) == (lost.cause, Phase.ENDED, at(3790))
    assert memory.motion is Motion.MOVING
    memory, (silent,) = at_deadline(memory, at(5000), WORN, MODE, SETTINGS, LONG)
    memory, (back,) = heard(memory, WORN, at(5100))
    assert (back.cause, back.phase) == (silent.cause, Phase.ENDED)
    assert memory.silence is None
    assert memory.motion is Motion.MOVING
    assert heard(memory, WORN, at(4000))[0].heard_at == at(5100)


def test_time_in_which_we_did_not_listen_counts_for_nobody() -> None:
    memory = started(at(0))
    assert next_deadline(memory, MODE, SETTINGS, at(3600)) == at(4800)
    assert at_deadline(memory, at(4799), WORN, MODE, SETTINGS, at(3600))[1] == ()
    assert len(at_deadline(memory, at(4800), WORN, MODE, SETTINGS, at(3600))[1]) == 1


def test_an_empty_battery_explains() -> None:
    flat = AlertId("al_flat")
    _, (fact,) = at_deadline(started(at(0)), at(1200), WORN, MODE, SETTINGS, LONG, flat)
    assert fact.explained_by == flat


def test_taking_the_tag_off_ends_silence() -> None:
    memory, _ = at_deadline(started(at(0)), at(1200), WORN, MODE, SETTINGS, LONG)
    (fact,) = tag_removed(memory, WORN, at(1300))
    assert (fact.phase, fact.ended_at) == (Phase.ENDED, at(1300))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=CommsMemory) == memory


@given(st.lists(st.integers(1, 4000), max_size=12))
def test_every_silence_is_noticed_at_its_deadline_and_ends(gaps: list[int]) -> None:
    """However messages come, a tick at each deadline and none between finds every silence."""
    memory, now, seen = started(at(0)), 0, 0
    for gap in gaps:
        due = next_deadline(memory, MODE, SETTINGS, LONG)
        if due is not None and due <= at(now + gap):
            memory, facts = at_deadline(memory, due, WORN, MODE, SETTINGS, LONG)
            assert len(facts) == 1
            seen += 1
        now += gap
        memory, facts = heard(memory, WORN, at(now), located_at=at(now))
        assert memory.silence is memory.no_location is None
    assert seen == sum(gap >= 1200 for gap in gaps)


# --- blind intervals and the clock ----------------------------------------------------------


def tick(wall_s: float, mono_s: float) -> Tick:
    return Tick(at=at(wall_s), monotonic_us=round(mono_s * SECOND))


@pytest.mark.parametrize(("gap_s", "blind"), [(29.999, False), (30, False), (30.001, True)])
def test_blind_boundary(gap_s: float, blind: bool) -> None:
    interval, step = between_ticks(tick(0, 100), tick(gap_s, 100 + gap_s), SETTINGS)
    assert (interval is not None) is blind
    assert step is None


@pytest.mark.parametrize(
    ("wall_s", "blind", "step_s"),
    [
        (1, False, None),
        (3, False, None),
        (3.001, False, 2.001),
        (3601, False, 3600),
        (-1, False, None),
        (-1.001, False, -2.001),
        (-3599, False, -3600),
    ],
)
def test_a_stepped_clock_is_no_gap(wall_s: float, blind: bool, step_s: float | None) -> None:
    interval, step = between_ticks(tick(0, 100), tick(wall_s, 101), SETTINGS)
    assert (interval is not None) is blind
    assert (None if step is None else step.by_s) == step_s
    if step is not None:
        fact = clock_fact(step)
        assert fact.kind is AlertKind.WATCH
        assert ("forward" if step_s > 0 else "back") in fact.detail


def test_a_gap_with_a_step_is_as_long_as_the_monotonic_clock_says() -> None:
    interval, step = between_ticks(tick(0, 100), tick(3660, 160), SETTINGS)
    assert interval.to_at - interval.from_at == 60 * SECOND
    assert step.by_s == 3600


def test_after_a_restart_of_the_machine_only_the_wall_clock_is_left() -> None:
    assert between_ticks(tick(0, 100), tick(20, 5), SETTINGS) == (None, None)
    interval, step = between_ticks(tick(0, 100), tick(3600, 5), SETTINGS)
    assert (interval.from_at, interval.to_at, step) == (at(0), at(3600), None)
    interval, step = between_ticks(tick(0, 100), tick(-60, 5), SETTINGS)
    assert "unknown" in interval.cause
    assert step.by_s == -60


HOME = LonLat(lon_deg=-0.1, lat_deg=51.5)


def zone(wearer: str, protects: tuple[str, ...] = ("p1",), **more: object) -> ConditionVersion:
    terms = ExclusionZone(
        label="x",
        shape=Disc(centre=HOME, radius_m=100.0),
        protects=tuple(PersonId(p) for p in protects),
    )
    return ConditionVersion(
        condition_id=ConditionId(f"c-{wearer}"),
        version=1,
        order_id=OrderId("o"),
        wearer_id=WearerId(wearer),
        terms=more.get("terms", terms),
        valid_from=Instant(0),
        recorded_at=Instant(0),
    )


def last_seen(wearer: str, north_m: float, second: float = 0) -> LastSeen:
    return LastSeen(
        wearer_id=WearerId(wearer),
        fixed_at=at(second),
        lon_deg=-0.1,
        lat_deg=51.5 + north_m / 111_249,
    )


def test_an_hour_down_is_one_blind_interval_with_its_call_list() -> None:
    blind, step = between_ticks(tick(0, 100), tick(3600, 3700), SETTINGS)
    assert step is None
    curfew = Curfew(label="home", address=HOME, rows=())
    conditions = [
        zone("near"),
        zone("far"),
        zone("inside"),
        zone("unprotected", ()),
        zone("other", terms=curfew),
        zone("edge"),
    ]
    calls = call_list(
        [
            last_seen("far", 1200),
            last_seen("near", 600),
            last_seen("inside", 20),
            last_seen("unprotected", 0),
            last_seen("other", 0),
            last_seen("nobody", 0),
            last_seen("edge", 1095),
        ],
        conditions,
        SETTINGS,
    )
    assert [call.wearer_id for call in calls] == ["inside", "near", "edge"]
    assert calls[0].distance_m == 0.0
    assert calls[1].distance_m == pytest.approx(500, abs=3)
    assert calls[0].protects == ("p1",)
    fact = blind_fact(blind, calls)
    assert (fact.kind, fact.phase) == (AlertKind.BLIND, Phase.ENDED)
    assert fact.affected == ("inside", "near", "edge")
    assert "(60 min" in fact.detail
    assert "3 wearer(s) were" in fact.detail
    assert blind_fact(blind, calls).cause == fact.cause
    assert "nobody was" in blind_fact(blind, ()).detail
    # and nobody is called silent on account of it
    memory = started(Instant(at(0) - 5 * MINUTE))
    assert next_deadline(memory, MODE, SETTINGS, blind.to_at) == at(3600 + 1200)


def test_parts_that_ail() -> None:
    ails = HeartbeatMissed(part="sender", at=at(0), state=PartState.AILING, words="late")
    well = HeartbeatMissed(part="sender", at=at(60), state=PartState.HEALTHY, words="well")
    begun = part_fact(ails, None)
    over = part_fact(well, at(0))
    assert (begun.phase, over.phase) == (Phase.OPEN, Phase.ENDED)
    assert begun.cause == over.cause
    assert part_fact(msgspec.structs.replace(ails, at=at(9)), at(0)).cause == begun.cause
    assert part_fact(well, None) is None


# --- mass silence ---------------------------------------------------------------------------


def silent(number: int, second: float) -> Silent:
    return Silent(wearer_id=WearerId(f"w{number}"), alert=AlertId(f"al_{number}"), at=at(second))


@pytest.mark.parametrize(
    ("monitored", "threshold"), [(60, 20), (2000, 20), (2001, 21), (12318, 124)]
)
def test_threshold(monitored: int, threshold: int) -> None:
    assert mass_threshold(monitored, SETTINGS) == threshold


@pytest.mark.parametrize("monitored", [400, 12318])
def test_four_hundred_tags_silent_at_once_are_one_incident(monitored: int) -> None:
    tags = [silent(number, 0) for number in range(400)]
    change = silent_together(MassMemory(), tags, at(0), monitored, SETTINGS)
    (fact,) = change.facts
    assert fact.kind is AlertKind.MASS_SILENCE
    assert len(fact.affected) == len(change.explained) == 400
    assert mass_alert(change.memory) == alert_id(AlertKind.MASS_SILENCE, fact.cause)


@pytest.mark.parametrize(("count", "outage"), [(19, False), (20, True), (21, True)])
def test_mass_boundary(count: int, outage: bool) -> None:
    change = silent_together(
        MassMemory(), [silent(n, 0) for n in range(count)], at(0), 60, SETTINGS
    )
    assert bool(change.facts) is outage


@pytest.mark.parametrize(("second", "outage"), [(299, True), (300, False), (301, False)])
def test_mass_window_boundary(second: float, outage: bool) -> None:
    first = silent_together(MassMemory(), [silent(n, 0) for n in range(10)], at(0), 60, SETTINGS)
    assert mass_alert(first.memory) is None
    rest = [silent(n, second) for n in range(10, 20)]
    change = silent_together(first.memory, rest, at(second), 60, SETTINGS)
    assert bool(change.facts) is outage
    if outage:
        assert len(change.explained) == 20  # the first ten are linked afterwards


def test_an_outage_grows_and_ends_and_the_rest_stand_by_themselves() -> None:
    change = silent_together(MassMemory(), [silent(n, 0) for n in range(40)], at(0), 400, SETTINGS)
    cause = change.facts[0].cause
    change = silent_together(change.memory, [silent(40, 200)], at(200), 400, SETTINGS)
    assert (change.facts[0].cause, change.explained) == (cause, ("al_40",))
    alone = silent_together(change.memory, [silent(41, 900)], at(900), 400, SETTINGS)
    assert (alone.facts, alone.explained) == ((), ())  # long after: its own silence
    again = [silent(n, 950) for n in range(42, 80)]
    change = silent_together(alone.memory, again, at(950), 400, SETTINGS)
    assert change.facts[0].cause == cause
    assert len(change.explained) == 39  # with the one that was alone
    back = [WearerId(f"w{n}") for n in range(72)]
    still = heard_again(change.memory, back, at(1000))
    assert still.facts == ()
    assert heard_again(still.memory, [WearerId("unknown")], at(1000)).memory == still.memory
    over = heard_again(still.memory, [WearerId("w72")], at(1001))
    assert over.facts[0].phase is Phase.ENDED
    assert over.released == over.facts[0].released == tuple(f"al_{n}" for n in range(73, 80))
    assert mass_alert(over.memory) is None


def test_nothing_silent_nothing_said() -> None:
    assert silent_together(MassMemory(), [], at(0), 60, SETTINGS).facts == ()
    one = silent_together(MassMemory(), [silent(1, 0)], at(0), 60, SETTINGS).memory
    assert heard_again(one, [WearerId("w1")], at(1)).memory == MassMemory()


def test_an_outage_needs_a_cause() -> None:
    with pytest.raises(ValueError, match="no outage"):
        installation._outage(MassMemory(), Phase.OPEN, at(0))


def test_mass_memory_survives_msgpack() -> None:
    memory = silent_together(
        MassMemory(), [silent(n, 0) for n in range(20)], at(0), 60, SETTINGS
    ).memory
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=MassMemory) == memory
