"""Whatever moment the power fails: nothing acknowledged is lost, and nobody is left untold."""

import shutil
from pathlib import Path

import pytest

from tests.store.journal.faults import FaultyFiles
from tests.walk.cuts import (
    Night,
    begun,
    blind_said,
    damage_said,
    disturbed,
    essence,
    set_aside_said,
    torn,
)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, dict[str, object]]:
    night = begun(Night(tmp_path_factory.mktemp("calm"), FaultyFiles(0)))
    return night, night.run()


def test_the_calm_night_has_alerts_to_lose(calm: tuple[Night, dict[str, object]]) -> None:
    night, found = calm
    assert {row["kind"] for row in found["alert"]} >= {"zone_entry", "curfew_absence"}
    assert len(night.phone) == len(set(night.phone)) > 5


def check(calm: tuple[Night, dict[str, object]], night: Night, seed: int) -> None:
    undisturbed, expected = calm
    found = night.run()
    assert night.lives > 1, f"seed {seed}: nothing was cut"
    places = {f"journal segment {d.segment} at {d.start}" for d in night.damage}
    assert damage_said(found) == places, f"seed {seed}"
    seqs = {seq for d in night.damage for seq in range(d.first_seq, d.last_seq + 1)}
    assert seqs == night.lost, f"seed {seed}"
    assert set_aside_said(found) <= night.kept, f"seed {seed}"
    blind = blind_said(found)
    assert all(any(start < t < end for t in night.lost_ticks) for start, end in blind)
    assert all(any(start < t < end for start, end in blind) for t in night.missed_ticks)
    if places:
        calmly, here = essence(expected, night.history), essence(found, night.history)
        for what, said in calmly.items():
            assert here[what] == said, f"seed {seed}: {what}"
        return
    for table, rows in expected.items():
        assert found[table] == rows, f"seed {seed}: {table}"
    assert set(night.phone) == set(undisturbed.phone), f"seed {seed}"


@pytest.mark.parametrize("seed", range(10))
def test_a_cut_changes_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path, seed: int
) -> None:
    check(calm, disturbed(tmp_path / "night", seed, calm[0]), seed)


@pytest.mark.parametrize("seed", range(4))
def test_a_group_that_was_kept_in_part_and_comes_again_changes_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path, seed: int
) -> None:
    check(calm, torn(tmp_path / "night", seed, calm[0]), seed)


@pytest.mark.soak
@pytest.mark.parametrize("hundred", range(8))
def test_hundreds_of_cuts_change_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path, hundred: int
) -> None:
    for seed in range(1000 + hundred * 100, 1100 + hundred * 100):
        check(calm, disturbed(tmp_path / str(seed), seed, calm[0]), seed)
        shutil.rmtree(tmp_path / str(seed))


@pytest.mark.soak
def test_hundreds_of_groups_kept_in_part_change_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path
) -> None:
    parts = 0
    for seed in range(1000, 1200):
        night = torn(tmp_path / str(seed), seed, calm[0])
        check(calm, night, seed)
        parts += bool(night.damage)
        shutil.rmtree(tmp_path / str(seed))
    print(f"{parts} of 200 groups were kept in part")
    assert parts > 50
