"""Golden worlds: what happens to people, and what must come of it. See scenarios/README.md."""

from pathlib import Path

import pytest

from tests.golden.card import CARDS, text_of
from tests.golden.expect import differences
from tests.golden.run import Arrival, run
from tests.golden.scenario import read

FOLDER = Path(__file__).resolve().parent.parent.parent / "scenarios"
FILES = sorted(FOLDER.glob("*.toml"))
WITH_PLACES = [p for p in FILES for s in [read(p)] if s.zones or s.curfews or s.no_contacts]

OUT_OF_ORDER = (Arrival.SHUFFLED, Arrival.REPEATED, Arrival.BACKWARDS)

PARTS = 4

AWAITED: dict[str, str] = {}
"""Scenarios that are right and do not hold yet, each with the reason. One that begins to hold
fails here until it is taken off the list."""


def in_turn(number: int) -> Arrival | None:
    """Return how else the fixes of a world arrive here: every third world has its turn."""
    return None if number % 3 else OUT_OF_ORDER[number // 3 % len(OUT_OF_ORDER)]


def _world(path: Path) -> object:
    reason = AWAITED.get(path.stem)
    marks = () if reason is None else (pytest.mark.xfail(reason=reason, strict=True),)
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", [_world(path) for path in FILES])
def test_it_ends_as_it_should(path: Path, tmp_path: Path) -> None:
    """And the same is found when the fixes arrive otherwise: every third world takes an arrival in
    turn, `make soak` gives each world the others."""
    scenario = read(path)
    outcome = run(scenario, tmp_path / "straight")
    found = differences(outcome)
    assert not found, "\n".join([scenario.title, scenario.reason, *found])
    cards = CARDS / f"{path.stem}.txt"
    if cards.exists():
        assert text_of(outcome) == cards.read_text(encoding="utf-8"), "see tests/golden/card.py"
    arrival = in_turn(WITH_PLACES.index(path)) if path in WITH_PLACES else None
    if arrival is not None:
        other = run(scenario, tmp_path / arrival.name, arrival).findings()
        assert other == outcome.findings(), arrival


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_nor_have_the_other_arrivals_a_say(part: int, tmp_path: Path) -> None:
    for number, path in list(enumerate(WITH_PLACES))[part::PARTS]:
        scenario = read(path)
        straight = run(scenario, tmp_path / path.stem / "straight").findings()
        others = [a for a in OUT_OF_ORDER if a is not in_turn(number)]
        for arrival in others:
            other = run(scenario, tmp_path / path.stem / arrival.name, arrival).findings()
            assert other == straight, f"{scenario.title}: {arrival}"


def test_there_are_scenarios_and_each_says_why() -> None:
    assert len(FILES) >= 60
    assert set(AWAITED) <= {path.stem for path in FILES}
    assert {path.stem for path in CARDS.glob("*.txt")} <= {path.stem for path in FILES}
    assert len(list(CARDS.glob("*.txt"))) >= 8
    for path in FILES:
        assert len(read(path).reason) > 60, f"{path.name}: say why this must come out so"
