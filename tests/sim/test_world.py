"""The simulated London: seeded, truthful, and out of harm's way unless a script says so."""

import numpy as np
import pytest

from tagwatch.core.fix import TagEventKind
from tagwatch.core.ledger import decode, encode, kind_of
from tagwatch.core.order import ExclusionZone, LegalBasis, Programme, ZoneKnowledge
from tagwatch.core.recorded_register import ConditionRecorded
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant, parse_iso
from tagwatch.ingest import protocol
from tagwatch.sim import script
from tagwatch.sim.borough import CENTRES
from tagwatch.sim.earlier import earlier_frames
from tagwatch.sim.world import SimWearer, World, build

NOW = parse_iso("2026-03-27T21:15:00Z")  # the clocks go forward in the second night after


@pytest.fixture
def world() -> World:
    return build(7, Instant(NOW - 2 * DAY), Instant(NOW + DAY))


def distance_to_zone_m(sim: SimWearer, at: int) -> float:
    here = sim.tag.course.standing(at)
    x, y = sim.zones[0]
    return float(np.hypot(here.x_m - x, here.y_m - y))


def test_the_same_seed_gives_the_same_world_byte_for_byte(world: World) -> None:
    again = build(7, Instant(NOW - 2 * DAY), Instant(NOW + DAY))
    first = [post for sim in world.wearers[:6] for post in sim.tag.posts_until(NOW)]
    second = [post for sim in again.wearers[:6] for post in sim.tag.posts_until(NOW)]
    assert first == second
    assert first != [
        post
        for sim in build(8, Instant(NOW - 2 * DAY), Instant(NOW + DAY)).wearers[:6]
        for post in sim.tag.posts_until(NOW)
    ]


def test_sixty_wearers_in_three_programmes_on_licence_and_sentence_over_all_boroughs(
    world: World,
) -> None:
    assert len(world.wearers) == 60
    assert {sim.wearer.borough for sim in world.wearers} == set(CENTRES)
    assert {sim.wearer.programme for sim in world.wearers} == {
        Programme.DOMESTIC_ABUSE,
        Programme.STALKING,
        Programme.KNIFE_CRIME,
    }
    bases = {sim.order.legal_basis for sim in world.wearers}
    assert bases >= {LegalBasis.LICENCE, LegalBasis.COMMUNITY_SENTENCE}
    assert all(sim.wearer.name.endswith("Fictional") for sim in world.wearers)


def test_some_zones_are_secret_and_every_secret_one_protects_somebody(world: World) -> None:
    secret = [
        version.terms
        for sim in world.wearers
        for version in sim.conditions
        if isinstance(version.terms, ExclusionZone)
        and version.terms.knowledge is ZoneKnowledge.SECRET
    ]
    assert secret
    assert all(zone.protects for zone in secret)


def test_the_register_survives_the_journal(world: World) -> None:
    events = list(world.register())
    assert [decode(kind_of(event), encode(event)) for event in events] == events
    assert sum(isinstance(event, ConditionRecorded) for event in events) >= 60


def test_nobody_comes_near_his_zone_without_a_script(world: World) -> None:
    for sim in world.wearers:
        nearest = min(
            distance_to_zone_m(sim, at) for at in range(NOW - 2 * DAY, NOW + DAY, 2 * MINUTE)
        )
        _, kept_clear_m = sim.life.away[0]
        assert nearest > kept_clear_m - 250, sim.wearer.wearer_id


@pytest.mark.parametrize(
    ("run", "least_m", "most_m"),
    [
        (script.walk_in, 0, 30),
        (script.drive_through, 0, 150),
        (script.approach, 300, 700),
    ],
)
def test_a_script_takes_the_wearer_where_it_says(
    world: World, run: script.Script, least_m: float, most_m: float
) -> None:
    sim = world.wearers[0]
    run(sim, NOW - 10 * HOUR)
    nearest = min(
        distance_to_zone_m(sim, at) for at in range(NOW - 11 * HOUR, NOW - 5 * HOUR, 10_000_000)
    )
    assert least_m <= nearest <= most_m


def test_out_at_night_is_away_from_home_for_two_hours(world: World) -> None:
    sim = world.wearers[17]
    at = parse_iso("2026-03-27T02:00:00Z")
    script.out_at_night(sim, at)
    halfway = sim.tag.course.standing(at + HOUR)
    assert np.hypot(halfway.x_m, halfway.y_m) > 500


def test_without_network_the_fixes_are_kept_and_come_together(world: World) -> None:
    sim = world.wearers[0]
    since = NOW - 5 * HOUR
    script.no_network(sim, since)
    posts = [post for post in sim.tag.posts_until(NOW) if post.sent_at >= since]
    assert posts[0].sent_at >= since + 50 * MINUTE
    assert posts[0].body.count(b'"time"') > 3


def test_a_cut_strap_is_reported_at_once(world: World) -> None:
    sim = world.wearers[12]
    script.cut_strap(sim, NOW - HOUR)
    posts = [post for post in sim.tag.posts_until(NOW) if TagEventKind.STRAP_CUT in str(post.body)]
    assert [post.sent_at for post in posts] == [NOW - HOUR + 2_000_000]


def test_a_dead_battery_ends_the_posts_after_warning_levels(world: World) -> None:
    sim = world.wearers[39]
    script.battery_dies(sim, NOW - 2 * HOUR)
    posts = sim.tag.posts_until(NOW)
    assert max(post.sent_at for post in posts) < NOW - 2 * HOUR + MINUTE
    assert b'"battery_pct":0.' in posts[-1].body
    assert any(b'"battery_pct":19.' in post.body for post in posts)


def test_the_week_before_is_coarser_and_has_no_gap_of_its_own() -> None:
    since = Instant(NOW - 9 * DAY)
    world = build(7, Instant(NOW - 2 * DAY), Instant(NOW + DAY), 2, since=since)
    frames = list(earlier_frames(world))
    assert frames == list(earlier_frames(world)), "the same seed makes the same week"
    assert {frame.wearer_id for frame in frames} == {"demo-000", "demo-001"}
    said = protocol.decode_all([(frame, k + 1, world.begins) for k, frame in enumerate(frames)])
    for sim in world.wearers:
        own = [said[k].fixes for k, f in enumerate(frames) if f.wearer_id == sim.wearer.wearer_id]
        times = np.concatenate([block["fixed_at"] for block in own])
        assert times[0] < since + HOUR
        assert world.begins - HOUR < times[-1] < world.begins
        pauses_s = np.diff(times) / SECOND
        assert pauses_s.min() > 0
        assert float((pauses_s > 2 * 300).mean()) < 0.1, "of longer ones there are few"
    assert not list(earlier_frames(build(7, since, Instant(NOW + DAY), 2)))
