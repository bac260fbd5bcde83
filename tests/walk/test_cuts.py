"""Whatever moment the power fails: nothing acknowledged is lost, and nobody is left untold."""

import shutil
from pathlib import Path

import pytest

from tests.store.journal.faults import FaultyFiles
from tests.walk.cuts import Night, damage_said, disturbed, essence, torn

TORN = [0, 19, 23, 29]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, dict[str, object]]:
    night = Night(tmp_path_factory.mktemp("calm"), FaultyFiles(0))
    night.prepare()
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
    if places:
        calmly, here = essence(expected), essence(found)
        for what, said in calmly.items():
            assert here[what] == said, f"seed {seed}: {what}"
        return
    for table, rows in expected.items():
        assert found[table] == rows, f"seed {seed}: {table}"
    assert set(night.phone) == set(undisturbed.phone), f"seed {seed}"


@pytest.mark.parametrize("seed", range(24))
def test_a_cut_changes_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path, seed: int
) -> None:
    check(calm, disturbed(tmp_path / "night", seed, calm[0]), seed)


@pytest.mark.parametrize("seed", TORN)
def test_a_group_that_was_kept_in_part_and_comes_again_changes_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path, seed: int
) -> None:
    night = torn(tmp_path / "night", seed, calm[0])
    check(calm, night, seed)
    assert night.damage, "nothing was torn: choose another seed"


@pytest.mark.soak
@pytest.mark.parametrize("hundred", range(20))
def test_thousands_of_cuts_change_nothing(
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
    for seed in range(1000, 1300):
        night = torn(tmp_path / str(seed), seed, calm[0])
        check(calm, night, seed)
        parts += bool(night.damage)
        shutil.rmtree(tmp_path / str(seed))
    print(f"{parts} of 300 groups were kept in part")
    assert parts > 20
