"""History is amended and never lost: merges, splits, withdrawals, and corrected orders."""

import msgspec
import numpy as np
import pytest

from tagwatch.core.derive import (
    EMPTY,
    Prepared,
    advance,
    at_deadline,
    changed_from,
    duplicates,
    is_unseen,
    rederive,
)
from tagwatch.core.episode import Episode
from tagwatch.core.ids import EpisodeId
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.reconcile import GONE, as_begun, is_gone, reconcile, set_apart
from tests.core.worlds import SETTINGS, SHARP, at, curfew, fixes, found, live, orders, part, zone

IN, OUT = 0.0, 2000.0


def base() -> Episode:
    (episode,) = found(fixes((0, IN, 0, SHARP), (60, OUT, 0, SHARP), (120, OUT, 0, SHARP)), zone())
    return episode


def lasting(name: str, start: int, end: int | None, **more: object) -> Episode:
    return msgspec.structs.replace(
        base(),
        episode_id=EpisodeId(name),
        entered_earliest=at(start),
        entered_latest=at(start),
        left_earliest=None if end is None else at(end),
        left_latest=None if end is None else at(end),
        **more,
    )


def test_the_same_interval_is_the_same_episode_with_a_new_version() -> None:
    old, new = lasting("old", 0, 100, version=4), lasting("new", 50, 150)
    (amended,) = reconcile([old], [new], "a late fix").changed
    assert (amended.episode_id, amended.version, amended.left_latest) == ("old", 5, at(150))
    assert "a late fix" in amended.reason


def test_what_says_the_same_is_not_amended() -> None:
    old, new = lasting("old", 0, 100, reason="x"), lasting("new", 0, 100)
    outcome = reconcile([old], [new], "a late fix")
    assert not outcome.changed
    assert outcome.final == {"new": old}


def test_several_that_became_one_point_to_the_oldest() -> None:
    olds = [lasting("b", 200, None, phase=Phase.OPEN), lasting("a", 0, 100)]
    amended, merged = reconcile(olds, [lasting("new", 0, 300)], "a late fix").changed
    assert amended.episode_id == "a"
    assert (merged.episode_id, merged.merged_into, merged.phase) == ("b", "a", Phase.ENDED)
    assert is_gone(merged)


def test_what_had_begun_goes_on_as_itself_and_what_is_gone_does_not_claim_it() -> None:
    """Whatever lies beside it in time: a memory of it is stored under that id."""
    olds = [lasting("a", 0, 100), lasting("b", 0, 100, phase=Phase.OPEN)]
    amended, merged = reconcile(olds, [lasting(as_begun("b"), 0, 300)], "a late fix").changed
    assert (amended.episode_id, merged.episode_id, merged.merged_into) == ("b", "a", "b")
    gone = lasting("a", 0, 100, reason=f"{GONE}: a late fix")
    (amended,) = reconcile([gone, olds[1]], [lasting("new", 0, 300)], "a late fix").changed
    assert amended.episode_id == "b"
    (found_again,) = reconcile([gone], [lasting("new", 0, 300)], "a late fix").changed
    assert (found_again.episode_id, is_gone(found_again)) == ("a", False)


def test_a_memory_of_what_became_part_of_another_goes_on_as_that_other() -> None:
    one, two = lasting("a", 0, None, merged_into="b"), lasting("b", 0, None, merged_into="c")
    named = set_apart([one, two, lasting("c", 0, None)])
    assert [named(e).episode_id for e in (one, two, base())] == [
        *(as_begun("c"),) * 2,
        as_begun(base().episode_id),
    ]


def test_one_that_became_several_is_split() -> None:
    new = [lasting("old", 200, 300), lasting("y", 0, 100)]
    first, second = reconcile([lasting("old", 0, 300)], new, "a late fix").changed
    assert (first.episode_id, first.left_latest) == ("old", at(100))
    assert second.split_from == "old"
    assert second.episode_id not in ("old", "y")
    assert second.version == 1


def test_what_is_not_found_again_is_withdrawn_once() -> None:
    other = lasting("b", 0, 50, condition_id="zone-2")
    (gone,) = reconcile([lasting("a", 0, None, phase=Phase.OPEN)], [], "a corrected zone").changed
    assert (gone.finding, gone.phase, gone.version) == (Finding.WITHDRAWN, Phase.ENDED, 3)
    assert gone.reason.startswith(GONE)
    assert not reconcile([gone], [], "a late fix").changed
    again = reconcile([other], [lasting("c", 0, 50)], "x").changed
    assert {e.episode_id for e in again} == {"b", "c"}


def test_one_that_was_gone_and_is_found_withdrawn_is_found_again() -> None:
    old = lasting("old", 0, 100, finding=Finding.WITHDRAWN, reason=f"{GONE}: a late fix")
    new = msgspec.structs.replace(old, episode_id=EpisodeId("new"), reason="no fix said as much")
    (back,) = reconcile([old], [new], "a later fix").changed
    assert (back.episode_id, back.version) == ("old", old.version + 1)
    assert not is_gone(back)


def test_ids_of_other_episodes_are_not_given_again() -> None:
    (fresh,) = reconcile([], [lasting("a", 0, 50)], "x", frozenset({EpisodeId("a")})).changed
    assert fresh.episode_id != "a"


# --- derived anew ---------------------------------------------------------------------------


def test_a_corrected_zone_withdraws_what_it_no_longer_finds() -> None:
    block = fixes((0, IN, 0, SHARP), (60, IN, 0, SHARP))
    before, after = orders(zone()), orders(zone(), zone(x_m=5000.0, version=2))
    done = live(block, zone())
    again = rederive(
        EMPTY,
        [part(block)],
        after,
        SETTINGS,
        Prepared(),
        [done.changed[-1]],
        done.memory,
        "the zone was corrected",
    )
    (gone,) = again.changed
    assert gone.finding is Finding.WITHDRAWN
    assert not again.memory.stays
    assert changed_from(before, after) == at(-86400)
    assert changed_from(before, before) is None


def test_told_later_confirms_later() -> None:
    block = fixes(*[(60 * k, IN, 0, SHARP) for k in range(6)])
    unknown = live(block, zone(told=None))
    again = rederive(
        EMPTY,
        [part(block)],
        orders(zone(told=100.0)),
        SETTINGS,
        Prepared(),
        [*unknown.changed],
        unknown.memory,
        "told",
    )
    (amended,) = again.changed
    assert (amended.finding, amended.confirmed_at) == (Finding.CONFIRMED, at(180))
    assert amended.version == 2


def test_service_facts_go_through_a_derivation() -> None:
    of, prepared = orders(curfew()), Prepared()
    blind = at_deadline(EMPTY, at(1800), of, SETTINGS, prepared)
    late = fixes((600, 0, 0, SHARP))
    again = rederive(
        EMPTY, [part(late)], of, SETTINGS, prepared, [*blind.changed], blind.memory, "a late fix"
    )
    (ended,) = again.changed
    assert is_unseen(ended)
    assert ended.phase is Phase.ENDED


def test_what_had_ended_stands_where_another_begins_at_that_instant() -> None:
    rows = [(600, OUT), (1000, OUT), (1100, IN), (1100, OUT), (1500, OUT)]
    done = live(fixes(*[(s, x, 0, SHARP) for s, x in rows]), curfew())
    known = {episode.episode_id: episode for episode in done.changed}
    first, second = known.values()
    assert first.left_latest == second.entered_earliest == second.entered_latest
    more = [part(fixes((1600, OUT, 0, SHARP), seq=2))]
    of, stored = orders(curfew()), [*known.values()]
    again = rederive(done.memory, more, of, SETTINGS, Prepared(), stored, done.memory, "late")
    assert {episode.episode_id for episode in again.changed} == {second.episode_id}


def test_snapshots_are_made_at_the_boundaries() -> None:
    block = fixes(*[(3600 * k, OUT, 0, SHARP) for k in range(24)])
    done = rederive(EMPTY, [part(block)], orders(zone()), SETTINGS, Prepared(), [], EMPTY, "x")
    assert [(m.upto - at(0)) // 3_600_000_000 for m in done.snapshots] == [1, 7, 13, 19]
    open_stay = fixes(*[(3600 * k, IN, 0, SHARP) for k in range(10)])
    done = rederive(EMPTY, [part(open_stay)], orders(zone()), SETTINGS, Prepared(), [], EMPTY, "x")
    assert done.snapshots[0].stays["zone:zone-1"].episode.version == 1


def test_fixes_not_later_are_refused() -> None:
    done = live(fixes((60, OUT, 0, SHARP)), zone())
    with pytest.raises(ValueError, match="rederive"):
        advance(done.memory, part(fixes((60, IN, 0, SHARP))), orders(zone()), SETTINGS, Prepared())
    nothing = fixes((0, IN, 0, SHARP))
    nothing["marks"] = 1
    assert live(nothing, zone(), memory=done.memory).memory is done.memory


def test_duplicates_are_equal_in_all_that_decides() -> None:
    known = fixes((0, IN, 0, SHARP), (60, IN, 0, float("nan")))
    block = fixes((60, IN, 0, float("nan")), (60, IN, 0, 9.0), (60, IN, 0, 9.0), seq=9)
    assert duplicates(block, known).tolist() == [True, False, True]
    assert not duplicates(block[:0], known).any()
    assert np.array_equal(duplicates(known, known[:0]), [False, False])
