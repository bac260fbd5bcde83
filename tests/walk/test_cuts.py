"""Whatever moment the power fails: nothing acknowledged is lost, and nobody is left untold."""

from pathlib import Path

import pytest

from tests.store.journal.faults import FaultyFiles
from tests.walk.cuts import Night, disturbed, essence


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, dict[str, object]]:
    night = Night(tmp_path_factory.mktemp("calm"), FaultyFiles(0))
    return night, night.run()


def test_the_calm_night_has_alerts_to_lose(calm: tuple[Night, dict[str, object]]) -> None:
    night, found = calm
    assert {row["kind"] for row in found["alert"]} >= {"zone_entry", "curfew_absence"}
    assert len(night.phone) == len(set(night.phone)) > 5


def check(calm: tuple[Night, dict[str, object]], folder: Path, seed: int) -> None:
    undisturbed, expected = calm
    night = disturbed(folder, seed, undisturbed.files.operations, undisturbed.cutter.statements)
    found = night.run()
    assert night.lives > 1, f"seed {seed}: nothing was cut"
    if night.torn:
        assert essence(found) == essence(expected), f"seed {seed}"
        return
    for table, rows in expected.items():
        assert found[table] == rows, f"seed {seed}: {table}"
    assert set(night.phone) == set(undisturbed.phone), f"seed {seed}"


@pytest.mark.parametrize("seed", range(24))
def test_a_cut_changes_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path, seed: int
) -> None:
    check(calm, tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("thousand", range(10))
def test_thousands_of_cuts_change_nothing(
    calm: tuple[Night, dict[str, object]], tmp_path: Path, thousand: int
) -> None:
    for seed in range(1000 + thousand * 200, 1200 + thousand * 200):
        check(calm, tmp_path / str(seed), seed)
