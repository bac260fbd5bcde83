"""The circumstances card: true figures, what is not known, and what may be disclosed."""

from pathlib import Path

import msgspec
import pytest

import tagwatch.core.settings as settings_module
from tagwatch.core.alternatives import Alternative, Cause, OtherTags
from tagwatch.core.circumstance import (
    MOST_ROUTE,
    CardFacts,
    Circumstance,
    TagFacts,
    circumstance,
)
from tagwatch.core.derive import Prepared, TrailPart
from tagwatch.core.disclosure import DISCLOSED, disclosable, for_defence
from tagwatch.core.fix import FixBlock, Mark, Source
from tagwatch.core.how_computed import HOW
from tagwatch.core.ids import EpisodeId, OrderId
from tagwatch.core.order import (
    ConditionVersion,
    ExclusionZone,
    LegalBasis,
    Order,
    Programme,
    ZoneKnowledge,
)
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.passage import AROUND, Passage
from tagwatch.core.repetition import Found, SameHour
from tagwatch.core.settings import CardSettings
from tagwatch.core.settings_table import settings_table
from tagwatch.core.units import DAY, Instant
from tests.core.worlds import SETTINGS, SHARP, WEARER, at, curfew, fixes, found, part, zone

ORDER = Order(
    order_id=OrderId("order-1"),
    wearer_id=WEARER,
    reference="ORD 7",
    legal_basis=LegalBasis.LICENCE,
    programme=Programme.DOMESTIC_ABUSE,
    starts_at=at(-86400),
)
TAG = TagFacts(battery_pct=80.0, strap="closed", model="plain")
VISIT = fixes(
    *[(s, x, 0, SHARP) for s, x in
      [(0, 2000), (60, 900), (660, 100), (720, 0), (780, 50), (840, 2000), (900, 2000)]]
)  # fmt: skip


def card(
    block: FixBlock,
    condition: ConditionVersion,
    *,
    trail: list[TrailPart] | None = None,
    earlier: int = 0,
    tag: TagFacts = TAG,
    facts: CardFacts | None = None,
) -> Circumstance:
    episode = found(block, condition)[-1]
    history = [
        msgspec.structs.replace(
            episode,
            episode_id=EpisodeId(f"old-{k}"),
            entered_latest=Instant(episode.entered_latest - 20 * k * DAY),
            finding=Finding.WITHDRAWN if k % 2 else Finding.CONFIRMED,
        )
        for k in range(1, earlier + 1)
    ]
    return circumstance(
        episode,
        trail if trail is not None else [part(block)],
        condition,
        ORDER,
        [episode, *history],
        facts or CardFacts(tag=tag),
        SETTINGS,
        Prepared(),
    )


def full_card() -> Circumstance:
    """A card with every kind of item, of somebody who drove through."""
    drive = fixes(*[(20 * k, -1500 + 160 * k, 0, SHARP) for k in range(20)])
    others = OtherTags(window_s=600, model="plain", worn=40, of_model=2, at_place=0, radius_m=500.0)
    elsewhere = tuple(
        Found(wearer=f"w{k % 4}", finding=Finding.WITHDRAWN if k % 2 else Finding.CONFIRMED)
        for k in range(12)
    )
    weeks = ([part(fixes((0, 300, 0, SHARP)))], [], [part(fixes((0, 5000, 0, SHARP)))], [])
    facts = CardFacts(tag=TAG, others=others, elsewhere=elsewhere, weeks=weeks)
    return card(drive, zone(), earlier=2, facts=facts)


def test_the_card_of_a_drive_through_has_every_item() -> None:
    made = full_card()
    assert made.movement is not None
    assert made.movement.passage is Passage.THROUGH
    assert made.movement.inside[0].mode == "vehicle"
    assert made.steady_m > 20.0
    assert made.same_hour == SameHour(weeks=4, seen=2, near=1, inside=0, near_m=500.0)
    assert made.base_rate is not None
    assert (made.base_rate.found, made.base_rate.not_borne_out) == (12, 6)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Circumstance) == made


def test_the_card_of_a_visit() -> None:
    made = card(VISIT, zone(), earlier=6)
    assert (made.phase, made.finding) == (Phase.ENDED, Finding.CONFIRMED)
    assert (made.inside_s_least, made.inside_s_most) == (120, 780)
    assert made.deepest_fix == "1.3"
    assert made.deepest_m == pytest.approx(200.0, abs=0.2)
    assert (made.distance_m_least, made.deepest_m) == (0.0, 200.0)
    assert made.distance_m_most == made.accuracy_m_95_best == made.accuracy_m_95_worst
    assert [(g.start, g.end) for g in made.gaps] == [(at(60), at(660))]
    assert (made.earlier_30_days, made.earlier_90_days, made.earlier_confirmed) == (1, 4, 3)
    assert [f.fix_id for f in made.route] == [f"1.{k}" for k in range(7)]
    assert made.order_reference == "ORD 7"
    assert made.unknown[:2] == ("why he was there", "where he was between two fixes")
    assert len(made.unknown) == 3
    assert len(made.fixes_sha256) == 64
    assert made.would_not_have_fired_if[1].endswith("yield: undetermined") or (
        made.would_not_have_fired_if[1].endswith("yield: confirmed")
    )


def at_rest(x_m: float, minutes: range) -> list[tuple[float, ...]]:
    return [(60.0 * k, x_m, 0, SHARP) for k in minutes]


LEAVES = (2500, 3000, 3500)


@pytest.mark.parametrize("gap_min", [1, 180, 1440])
def test_a_gap_adds_no_more_than_the_way_to_the_border_and_back(gap_min: int) -> None:
    before, after = at_rest(0, range(3)), at_rest(0, range(2 + gap_min, 5 + gap_min))
    gone = [(60.0 * (6 + gap_min + k), x, 0, SHARP) for k, x in enumerate(LEAVES)]
    made = card(fixes((-60, 3000, 0, SHARP), *before, *after, *gone), zone())
    assert made.finding is Finding.CONFIRMED
    assert made.inside_s_least <= 60 * min(gap_min + 4, 4) + 400
    assert made.inside_s_least >= 60 * 4
    assert made.inside_s_most is not None
    assert made.inside_s_most >= 60 * (gap_min + 4)


def test_who_was_beside_the_zone_for_long_was_in_it_for_no_time() -> None:
    gone = [(60.0 * (21 + k), x, 0, SHARP) for k, x in enumerate(LEAVES)]
    made = card(fixes((-60, 3000, 0, SHARP), *at_rest(212, range(20)), *gone), zone())
    assert made.finding is Finding.WITHDRAWN
    assert made.inside_s_least == 0
    drift = made.alternatives[0]
    assert drift.speaks_for == ("one steady error could explain all fixes",)
    assert drift.speaks_against == ()


def test_the_deepest_of_a_long_stay_is_that_of_all_its_fixes() -> None:
    there = [(60.0 * k, 0 if k == 100 else 120, 0, SHARP) for k in range(200)]
    gone = [(60.0 * (200 + k), x, 0, SHARP) for k, x in enumerate(LEAVES)]
    made = card(fixes((-60, 3000, 0, SHARP), *there, *gone), zone())
    assert len(made.fixes) == 100
    assert made.deepest_m == pytest.approx(200.0, abs=0.2)


def test_a_jump_is_an_error_and_no_ride() -> None:
    rest = at_rest(600, range(-10, 10))
    rest[10] = (0.0, 0, 0, SHARP)
    made = card(fixes(*rest), zone())
    (jump,) = made.jumps
    assert jump.fix_id == "1.10"
    said = next(a for a in made.alternatives if a.cause is Cause.JUMP)
    assert said.speaks_for[0].startswith("a fix used lies at least")
    assert said.speaks_against == ()
    assert made.movement is not None
    assert all(share.mode == "still" for share in made.movement.inside if share.share > 0.5)
    calm = next(a for a in full_card().alternatives if a.cause is Cause.JUMP)
    assert (calm.speaks_for, len(calm.speaks_against)) == ((), 1)


def test_a_router_that_moved_is_one_witness_and_shows_no_depth() -> None:
    there = [(60.0 * k, 0, 0, 20.0, Source.WIFI) for k in range(20)]
    gone = [(60.0 * (21 + k), x, 0, SHARP) for k, x in enumerate(LEAVES)]
    made = card(fixes((-60, 3000, 0, SHARP), *there, *gone), zone())
    assert made.finding is Finding.UNDETERMINED
    assert made.by_network == 20
    assert made.witnesses <= 1 + len(made.fixes) - made.by_network
    assert made.steady_m == 0.0
    said = made.alternatives[0]
    assert any("register" in words for words in said.speaks_for)
    assert said.speaks_against == ()


def test_other_explanations_are_weighed() -> None:
    made = {a.cause: a for a in card(VISIT, zone(), earlier=3).alternatives}
    assert list(made) == list(Cause)
    assert "not borne out" in made[Cause.DRIFT].speaks_for[0]
    assert made[Cause.DRIFT].speaks_against
    assert made[Cause.NEIGHBOUR].speaks_against
    assert "600 s" in made[Cause.GAP].speaks_for[0]
    one = card(fixes((0, 2000, 0, SHARP), (60, 201, 0, SHARP)), zone(), tag=TagFacts())
    kinds = {a.cause: a for a in one.alternatives}
    assert kinds[Cause.DRIFT].speaks_for[0] == "only one fix"
    assert kinds[Cause.NEIGHBOUR].speaks_for
    assert kinds[Cause.GAP].speaks_against
    assert one.deepest_fix is None
    assert one.inside_s_most is None
    assert "the tag's battery at the time" in one.unknown
    assert one.would_not_have_fired_if[1].endswith("yield: nothing")


def test_clocks_speak_for_and_against() -> None:
    block = fixes((0, 0, 0, SHARP), (60, 0, 0, SHARP), (120, 0, 0, SHARP))
    block["sent_at"][0] = block["fixed_at"][0]
    block["sent_at"][1] = block["fixed_at"][1] + 300_000_000
    block["marks"][2] = int(Mark.CLOCK_AHEAD)
    clock = next(a for a in card(block, zone()).alternatives if a.cause is Cause.CLOCK)
    assert len(clock.speaks_for) == 2
    assert len(clock.speaks_against) == 1


def test_a_card_without_its_fixes_says_so() -> None:
    made = card(VISIT, zone(), trail=[])
    assert made.accuracy_m_95_best is None
    assert made.deepest_m is None
    assert "5 of the fixes used are not in the trail" in made.unknown
    assert made.route == ()


def test_a_long_route_keeps_the_nearest() -> None:
    block = fixes(*[(10 * k, 0, 0, SHARP) for k in range(2 * MOST_ROUTE)])
    made = card(block, zone())
    assert len(made.route) == MOST_ROUTE
    assert made.route[0].fixed_at == at(0)


def test_the_card_of_an_absence() -> None:
    block = fixes((60, 0, 0, SHARP), (600, 1000, 0, SHARP), (1000, 1500, 0, SHARP))
    made = card(block, curfew(told=None))
    assert made.deepest_m == pytest.approx(1400.0, abs=1.0)
    assert made.before_told
    assert "when he was told of the condition" in made.unknown
    assert "outside with a probability of 0.8 or more" in made.would_not_have_fired_if[0]
    assert "nothing" in made.would_not_have_fired_if[1]


@pytest.mark.parametrize("name", Circumstance.__struct_fields__)
def test_each_field_of_a_secret_zone_is_disclosed_or_withheld(name: str) -> None:
    told = zone()
    terms = told.terms
    assert isinstance(terms, ExclusionZone)
    secret = msgspec.structs.replace(
        told, terms=msgspec.structs.replace(terms, knowledge=ZoneKnowledge.SECRET)
    )
    full = card(VISIT, secret)
    view = disclosable(full)
    if name == "withheld":
        assert set(view.withheld) == set(Circumstance.__struct_fields__) - DISCLOSED
    elif name in DISCLOSED:
        assert getattr(view, name) == getattr(full, name)
    else:
        assert not getattr(view, name)
    assert disclosable(card(VISIT, told)) == card(VISIT, told)
    assert set(HOW) <= set(Circumstance.__struct_fields__)


def test_the_defence_learns_no_place_and_no_time_of_a_secret_zone() -> None:
    told = zone()
    terms = told.terms
    assert isinstance(terms, ExclusionZone)
    hidden = msgspec.structs.replace(terms, knowledge=ZoneKnowledge.SECRET)
    full = card(VISIT, msgspec.structs.replace(told, terms=hidden))
    view = for_defence(full)
    shown = {name for name in Circumstance.__struct_fields__ if getattr(view, name)}
    assert shown == {
        "episode_id", "episode_version", "rule", "phase", "finding", "tag", "order_reference",
        "legal_basis", "condition_id", "condition_version", "knowledge", "rule_version",
        "settings_version", "withheld",
    }  # fmt: skip
    assert view.tag == TagFacts()
    said = msgspec.json.encode(view).decode()
    for telling in (str(full.entered_latest), full.fixes[0], str(full.route[0].lon_deg)):
        assert f'"{telling}"' not in said
        assert f":{telling}," not in said
    own = card(VISIT, told)
    others = Alternative(cause=Cause.BATCH, speaks_for=("1 within 500 m of this place",))
    own = msgspec.structs.replace(own, alternatives=(*own.alternatives[:-1], others))
    batch = Alternative(cause=Cause.BATCH, is_withheld=True)
    alternatives = (*own.alternatives[:-1], batch)
    assert for_defence(own) == msgspec.structs.replace(own, alternatives=alternatives)


def test_every_figure_says_how_it_was_computed() -> None:
    named = {
        "episode_id", "episode_version", "rule", "phase", "finding", "deepest_fix", "route", "tag",
        "earlier_confirmed", "order_reference", "legal_basis", "condition_id", "condition_version",
        "condition_valid_from", "knowledge", "told_at", "before_told", "unknown", "rule_version",
        "settings_version", "fixes", "withheld", "reason",
    }  # fmt: skip
    assert set(Circumstance.__struct_fields__) == named | set(HOW)


def test_a_card_of_an_earlier_version_can_still_be_read() -> None:
    made = msgspec.to_builtins(card(VISIT, zone()))
    for name in ("steady_m", "movement", "same_hour", "base_rate", "jumps", "by_network", "reason"):
        del made[name]
    assert msgspec.convert(made, Circumstance).movement is None


def test_the_page_is_what_the_code_does() -> None:
    root = Path(settings_module.__file__).parents[2]
    source = Path(settings_module.__file__).read_text(encoding="utf-8")
    page = (root / "docs/circumstances.md").read_text(encoding="utf-8")
    assert settings_table(CardSettings, source) in page
    assert f"from {AROUND} before the first one used to {AROUND} after" in page


def test_the_card_survives_json() -> None:
    made = card(VISIT, zone(buffer_m=0.0))
    assert msgspec.json.decode(msgspec.json.encode(made), type=Circumstance) == made
