"""The screen: what may be skipped, and that a quiet frame says what stepping it says."""

import numpy as np
import pytest

from tagwatch.core.derive import EMPTY, Prepared, advance, due, quiet
from tagwatch.core.disc_table import TABLE_MARGIN, table_mass
from tagwatch.core.fix import FixBlock, Mark, Source
from tagwatch.core.gaussian import disc_mass
from tagwatch.core.geometry import Disc, LonLat, Plane
from tagwatch.core.ids import FixId
from tagwatch.core.memory import (
    ANSWER,
    EVERYTHING,
    LIKELY,
    NEAR_SHIFT,
    NEVER,
    SEEN,
    STEPPED,
    VAGUE,
)
from tagwatch.core.order import ConditionVersion
from tagwatch.core.rules.area import NEAR_LIMIT_M, bound
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.presence import answer as of_one_fix
from tagwatch.core.rules.zone import is_near
from tagwatch.core.screen import ROWS, bounds, by_arrays, note, screened, survives
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import ErrorSettings, TagModelErrors
from tests.core.worlds import (
    MONDAY,
    SETTINGS,
    SHARP,
    at,
    curfew,
    fixes,
    orders,
    part,
    place,
    row,
    zone,
)

RULES = Settings()


def kept(
    block: FixBlock,
    *conditions: ConditionVersion,
    before: FixBlock | None = None,
    tag_model: str = "plain",
    rules: Settings = RULES,
) -> list[bool]:
    """Which rows must be stepped for a wearer of whom `before` was taken in."""
    said = answers(block, *conditions, before=before, tag_model=tag_model, rules=rules)
    return survives(np.array(said, dtype=np.uint64)).tolist()


def answers(
    block: FixBlock,
    *conditions: ConditionVersion,
    before: FixBlock | None = None,
    tag_model: str = "plain",
    rules: Settings = RULES,
) -> list[int]:
    """What the screen says of each row."""
    prepared, of = Prepared(), orders(*conditions)
    tracks = prepared.tracks(of)
    known = bounds([tracks])
    memory = EMPTY
    if before is not None:
        memory = advance(EMPTY, part(before), of, SETTINGS, prepared).memory
    note(known, 0, tracks, memory, tag_model, rules)
    return screened(block, np.zeros(len(block), dtype=np.int64), known, rules).tolist()


FAR = fixes((-7200, 5000, 0, SHARP))


def test_far_fixes_are_skipped_and_near_ones_are_not() -> None:
    block = fixes((0, 5000, 0, SHARP), (60, 205, 0, SHARP), (120, 300, 0, 150))
    assert kept(block, zone(), before=FAR) == [False, True, True]
    assert kept(block, before=FAR) == [False, False, False]
    assert kept(block, zone(buffer_m=5000.0), before=FAR) == [True, True, True]


def test_nobody_is_at_rest_until_noted() -> None:
    of = orders(zone())
    known = bounds([Prepared().tracks(of)])
    block = fixes((0, 5000, 0, SHARP))
    assert (screened(block, np.zeros(1, dtype=np.int64), known, RULES) == EVERYTHING).all()


def test_zones_are_told_apart() -> None:
    """The bits follow the tracks: zones before rings, by the name of the condition."""
    several = [zone(name="a"), zone(name="b", x_m=9000.0), zone(name="c", x_m=500.0)]
    block = fixes((0, 5000, 0, SHARP), (60, 9000, 0, SHARP), (120, 250, 0, 150))
    assert [n >> NEAR_SHIFT for n in answers(block, *several, before=FAR)] == [0, 2, 5]
    many = [zone(name=f"{n:02d}", x_m=2000.0 * n) for n in range(34)]
    block = fixes((0, 58000, 0, SHARP), (60, 66000, 0, SHARP), (120, 56000, 0, SHARP))
    bits = [n >> NEAR_SHIFT for n in answers(block, *many, before=FAR)]
    assert bits == [1 << 29, 1 << 29, 1 << 28], "the last bit is shared"


@pytest.mark.parametrize("square", [None, 300.0])
def test_what_a_fix_says_of_a_zone_is_what_the_rule_finds(square: float | None) -> None:
    rng = np.random.default_rng(11)
    sources = (Source.GNSS, Source.WIFI, Source.LBS)
    block = fixes(
        *[
            (
                60.0 + k,
                *rng.normal(0, 10 ** rng.uniform(2, 4), 2).tolist(),
                accuracy_m,
                sources[k % 3],
            )
            for k, accuracy_m in enumerate((10 ** rng.uniform(0.5, 3.3, 600)).tolist())
        ]
    )
    of = orders(zone(200, square=square, buffer_m=100.0))
    said = np.array(answers(block, *of.conditions, before=FAR), dtype=np.uint64)
    prepared, kinds = Prepared(), set[str]()
    for number, track in enumerate(prepared.tracks(of).zones):
        near = (said >> (NEAR_SHIFT + number) & 1).tolist()
        for fixed, must in zip(block, near, strict=True):
            told = (
                fixed["accuracy_m"],
                fixed["confidence"],
                fixed["hdop"],
                -1,
                int(fixed["source"]),
            )
            error = prepared.fix_error(*told, "plain", RULES)
            placed = PlacedFix(MONDAY, fixed["lon_deg"], fixed["lat_deg"], FixId("1.0"), error)
            kinds.add(bool(must))
            assert must or not is_near(track, placed)
    assert kinds == {True, False}


def test_a_fix_far_from_a_zone_still_ends_the_stay_in_it() -> None:
    stay, away = fixes((-7200, 0, 0, SHARP)), fixes((0, 5000, 0, SHARP), (90, 5000, 0, SHARP))
    of, prepared = orders(zone(), zone(name="other", x_m=9000.0)), Prepared()
    memory = advance(EMPTY, part(stay), of, SETTINGS, prepared).memory
    said = np.array(answers(away, *of.conditions, before=stay), dtype=np.uint64)
    assert not said.any()
    done = advance(memory, part(away), of, SETTINGS, prepared, said)
    every = advance(memory, part(away), of, SETTINGS, prepared)
    assert done.changed == every.changed != ()
    assert done.memory.stays == every.memory.stays


def test_undecidable_fixes_never_survive() -> None:
    block = fixes((0, 0, 0, SHARP), (60, 0, 0, SHARP))
    block["marks"][0] = int(Mark.BAD_POSITION)
    assert kept(block, zone(), before=FAR) == [False, True]


def test_a_tag_model_with_errors_of_its_own_is_always_stepped() -> None:
    own = TagModelErrors(tag_model="odd", source=Source.GNSS, errors=ErrorSettings().gnss)
    rules = Settings(errors=ErrorSettings(tag_models=(own,)))
    block = fixes((0, 5000, 0, SHARP))
    assert kept(block, zone(), before=FAR, tag_model="odd", rules=rules) == [True]
    assert kept(block, zone(), before=FAR, rules=rules) == [False]


def test_a_curfew_skips_what_shows_him_where_he_is_known_to_be() -> None:
    """Before the window; the first in it; inside after inside; out; in again (which is stepped
    all the same while an absence is open); after it."""
    rows = [(-60, 900), (60, 0), (120, 0), (180, 900), (240, 0), (300, 0), (7260, 900)]
    block = fixes(*[(s, x, 0, SHARP) for s, x in rows])
    known = [False, True, False, True, False, False, False]
    assert kept(block, curfew(), before=FAR) == known
    present = fixes((30, 0, 0, SHARP))
    assert kept(block[2:], curfew(), before=present) == [False, True, False, False, False]


@pytest.mark.parametrize("square", [0.0, 400.0])
def test_what_a_fix_says_of_a_curfew_is_what_the_rule_finds(square: float) -> None:
    """Of a disc nearly every fix is answered for; what is not surely one of them is stepped."""
    rng = np.random.default_rng(7)
    shape = zone(square=square).terms.shape if square else None  # type: ignore[union-attr]  # a zone's terms
    home, tag = curfew(shape=shape), "plain"
    rows = [
        (
            60.0 + k,
            *rng.normal(0, 70, 2).tolist(),
            10 ** rng.uniform(0.5, 2.5),
            (Source.GNSS, Source.WIFI)[k % 2],
        )
        for k in range(500)
    ]
    block = fixes(*rows)
    prepared, said = Prepared(), answers(block, home, before=fixes((30, 0, 0, SHARP)))
    (piece,) = prepared.tracks(orders(home)).curfews[0].pieces
    for fixed, answer in zip(block, said, strict=True):
        told = (fixed["accuracy_m"], fixed["confidence"], fixed["hdop"], -1, int(fixed["source"]))
        error = prepared.fix_error(*told, tag, RULES)
        placed = PlacedFix(0, fixed["lon_deg"], fixed["lat_deg"], FixId("1.0"), error)
        inside, outside, _ = of_one_fix(piece, placed, RULES)
        rules = RULES.curfew
        if answer == SEEN:
            assert inside >= rules.present
        elif answer == LIKELY:
            assert rules.seen <= inside < rules.present
            assert outside < rules.thresholds.protect
        elif answer == VAGUE:
            assert inside < rules.seen
            assert outside < rules.thresholds.protect
    assert {SEEN, LIKELY, VAGUE, STEPPED} == set(said)
    assert square or said.count(STEPPED) < 150
    assert answers(fixes((60, 900, 0, SHARP)), home, before=fixes((30, 0, 0, SHARP))) == [STEPPED]


def test_the_table_of_masses_errs_by_less_than_half_its_margin() -> None:
    rng = np.random.default_rng(3)
    sigma = 10 ** rng.uniform(-1, 3.5, 20_000)
    offset = np.abs(rng.normal(100.0, sigma * rng.uniform(0.1, 4, len(sigma))))
    offset[::4] = rng.uniform(0, 150, len(offset[::4]))
    radius, one = np.full(len(sigma), 100.0), np.ones((len(sigma), 1))
    said = table_mass(radius, offset, sigma[:, None], one).tolist()
    exact = [disc_mass(100.0, d, s) for d, s in zip(offset.tolist(), sigma.tolist(), strict=True)]
    assert max(abs(a - b) for a, b in zip(said, exact, strict=True)) < TABLE_MARGIN / 2


def test_beyond_the_windows_known_every_fix_is_stepped() -> None:
    week = 7 * 86400
    block = fixes((60, 5000, 0, SHARP), (2 * week, 5000, 0, SHARP))
    morning = row("Mo", "07:00", "Mo", "07:30")
    assert kept(block, curfew(morning), before=FAR) == [False, True]
    once = curfew(morning, until=week + 0.0)
    assert kept(block, once, before=FAR) == [False, True]
    assert kept(block, curfew(morning, until=80000.0), before=FAR) == [False, False]
    assert kept(block, curfew(until=-7300.0), before=FAR) == [False, False]
    moved = curfew(x_m=900.0, since=3600.0, version=2)
    inside = fixes((60, 0, 0, SHARP), (120, 0, 0, SHARP), (3700, 0, 0, SHARP), (3760, 0, 0, SHARP))
    assert kept(inside, curfew(until=3600.0), moved, before=FAR) == [True, False, True, True]


def test_a_drawn_place_has_an_inner_disc() -> None:
    drawn = zone(square=400.0).terms.shape  # type: ignore[union-attr]  # a zone's terms
    home = curfew(shape=drawn)
    present = fixes((30, 0, 0, SHARP))
    assert kept(fixes((60, 0, 0, SHARP), (90, 190, 0, SHARP)), home, before=present) == [
        False,
        True,
    ]


def test_one_compiled_pass_says_what_the_arrays_say() -> None:
    rng = np.random.default_rng(11)
    sources = [Source.GNSS, Source.UNKNOWN, Source.WIFI, Source.LBS]
    block = fixes(
        *[
            (
                40.0 + 10.0 * k + 15.0 * (k % 7 == 0),
                *rng.normal(0, 10 ** rng.uniform(1.0, 3.2), 2).tolist(),
                10 ** rng.uniform(0.0, 4.0),
                sources[k % 4],
            )
            for k in range(3_000)
        ]
    )
    block["accuracy_m"][::9], block["hdop"][::3], block["confidence"][::5] = np.nan, 2.5, np.nan
    block["accuracy_m"][1::50], block["hdop"][2::31] = 0.0, np.inf
    block["marks"][::13] = int(Mark.DUPLICATE)
    conditions = (zone(120.0, buffer_m=80.0), zone(x_m=900.0, square=300.0, name="zone-2"))
    curfews = (curfew(), curfew(x_m=40.0, name="curfew-2"))
    prepared, of = Prepared(), orders(*conditions, *curfews)
    tracks = prepared.tracks(of)
    known = bounds([tracks, tracks, tracks])
    memory = advance(EMPTY, part(fixes((30, 0, 0, SHARP))), of, SETTINGS, prepared).memory
    note(known, 0, tracks, memory, "plain", RULES)
    note(known, 1, tracks, EMPTY, "plain", RULES, at(0))
    known.rest[1] = True
    wearer = np.repeat(np.arange(3), 1_000)
    said = screened(block, wearer, known, RULES)
    assert np.array_equal(said, by_arrays(block, wearer, known, RULES))
    assert {SEEN, LIKELY, VAGUE, STEPPED} == set((said & np.uint64(ANSWER)).tolist())


def test_batches_larger_than_the_cache_are_cut() -> None:
    block = np.repeat(fixes((0, 5000, 0, SHARP)), ROWS + 5)
    block["fixed_at"] += np.arange(len(block))
    assert not any(kept(block, zone(), before=FAR))


def test_of_somebody_not_heard_of_before_windows_are_known_from_the_first_fix_on() -> None:
    prepared, of = Prepared(), orders(curfew())
    known = bounds([prepared.tracks(of)])
    frame = fixes((-600, 5000, 0, SHARP), (-60, 5000, 0, SHARP), (60, 0, 0, SHARP))
    note(known, 0, prepared.tracks(of), EMPTY, "plain", RULES, at(-300))
    said = screened(frame, np.zeros(len(frame), dtype=np.int64), known, RULES) & np.uint64(ANSWER)
    assert said.tolist() == [STEPPED, SEEN, STEPPED], "too early; no window; not yet shown there"


def test_a_quiet_frame_is_what_stepping_says() -> None:
    prepared, of = Prepared(), orders(zone(), curfew())
    frame = fixes(*[(60 * k, 1.0 * k % 9, 5000, SHARP) for k in range(-20, -1)])
    known = bounds([prepared.tracks(of)])
    memory = advance(EMPTY, part(FAR), of, SETTINGS, prepared).memory
    note(known, 0, prepared.tracks(of), memory, "plain", RULES)
    assert not screened(frame, np.zeros(len(frame), dtype=np.int64), known, RULES).any()
    first, last = at(60 * -20), at(-120)
    calm = quiet(memory, part(frame), SETTINGS, prepared, last, NEVER)
    stepped = advance(memory, part(frame), of, SETTINGS, prepared).memory
    assert calm.upto == stepped.upto
    assert calm.first_at == stepped.first_at
    assert calm.last == stepped.last
    fresh = quiet(EMPTY, part(frame), SETTINGS, prepared, last, NEVER)
    assert fresh.first_at == first
    swapped = quiet(memory, part(frame, "activation-2"), SETTINGS, prepared, last, NEVER)
    assert swapped.activation_id == "activation-2"


@pytest.mark.parametrize("lat_deg", [-33.0, 10.0, 51.5, 58.0])
def test_the_quick_bound_never_exceeds_the_distance_the_rules_see(lat_deg: float) -> None:
    centre = LonLat(lon_deg=-0.1, lat_deg=lat_deg)
    ready = bound(Disc(centre=centre, radius_m=100.0))
    plane = Plane.at(centre)
    spread = np.concatenate([10.0 ** np.linspace(-3, 1.5, 60)])
    for d_lon in (*spread, *-spread, 0.0):
        for d_lat in (*spread, *-spread, 0.0):
            lon, lat = centre.lon_deg + d_lon, centre.lat_deg + d_lat
            if not -75 < lat < 75:
                continue
            x_m, y_m = plane.xy(lon, lat)
            real_m = float(np.hypot(x_m, y_m)) - 100.0
            assert not ready.is_beyond(lon, lat, min(real_m, NEAR_LIMIT_M))
    assert ready.is_beyond(place(9000.0).lon_deg + 1, lat_deg, 100.0)


def test_a_vague_fix_at_home_likely_shows_him_who_was_shown_there() -> None:
    block = fixes(
        (60, 0, 0, 30, Source.WIFI), (120, 0, 0, SHARP), (180, 10, 0, 30, Source.WIFI),
        (240, 190, 0, 80, Source.WIFI), (300, 60, 0, 15),
    )  # fmt: skip
    home = curfew()
    assert answers(block, home, before=FAR) == [STEPPED, STEPPED, LIKELY, VAGUE, LIKELY]
    present = fixes((30, 0, 0, SHARP))
    assert answers(block, home, before=present) == [LIKELY, SEEN, LIKELY, VAGUE, LIKELY]
    back = fixes((60, 0, 0, SHARP), (50, 0, 0, 30, Source.WIFI))
    assert answers(back, home, before=FAR) == [STEPPED, STEPPED], "times must rise"
    wide = curfew(radius_m=600.0, name="wide")
    assert answers(block[:1], home, wide, before=present) == [STEPPED], "one hears, one does not"


def test_a_likely_frame_is_what_stepping_says() -> None:
    prepared, of = Prepared(), orders(zone(), curfew(x_m=2000.0))
    home = fixes((30, 2000, 0, SHARP))
    memory = advance(EMPTY, part(home), of, SETTINGS, prepared).memory
    frame = fixes((60, 2000, 0, SHARP), (120, 2010, 0, 30, Source.WIFI))
    calm = quiet(memory, part(frame), SETTINGS, prepared, at(60), at(120))
    assert (calm.skipped_at, calm.likely_at, calm.upto) == (at(60), at(120), at(120))
    code = np.array([SEEN, LIKELY], dtype=np.uint64)
    assert advance(memory, part(frame), of, SETTINGS, prepared, code).memory == calm
    stepped = advance(memory, part(frame), of, SETTINGS, prepared).memory
    for then in (calm, stepped):
        into = advance(then, part(fixes((180, 0, 0, SHARP))), of, SETTINGS, prepared)
        assert into.changed[0].entered_earliest == at(120)
        assert due(then, at(180), of, SETTINGS, prepared) == at(120 + 1800)


def test_fixes_that_were_skipped_bound_what_follows() -> None:
    prepared, of = Prepared(), orders(zone(), curfew(x_m=900.0))
    block = fixes((60, 900, 0, SHARP), (120, 900, 0, SHARP), (600, 0, 0, SHARP))
    skipping = np.array([EVERYTHING, SEEN, EVERYTHING], dtype=np.uint64)
    done = advance(EMPTY, part(block), of, SETTINGS, prepared, skipping)
    every = advance(EMPTY, part(block), of, SETTINGS, prepared)
    assert done.memory.skipped_at == at(120)
    assert done.changed == every.changed
    assert {e.entered_earliest for e in done.changed} == {at(120)}
    none = advance(EMPTY, part(block[:1]), orders(), SETTINGS, prepared, skipping[1:2])
    assert none.memory.first_at == none.memory.skipped_at == at(60)
