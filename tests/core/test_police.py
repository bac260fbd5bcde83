"""Powers by legal basis, words without persons, and which way somebody went."""

from pathlib import Path

import pytest

from tagwatch.core.heading import heading
from tagwatch.core.order import LegalBasis
from tagwatch.core.plane import LonLat
from tagwatch.core.power import POWERS, powers_table
from tagwatch.core.withheld import PERSON, PLACE, without_persons

HERE = LonLat(lon_deg=-0.1, lat_deg=51.5)


def test_every_legal_basis_has_its_power_and_the_document_prints_them() -> None:
    assert set(POWERS) == set(LegalBasis)
    root = Path(__file__).parents[2]
    text = (root / "docs/police-page.md").read_text(encoding="utf-8")
    assert powers_table() in text, "paste powers_table() into docs/police-page.md"


def test_probation_decides_of_licence_and_community_sentence() -> None:
    for basis in (LegalBasis.LICENCE, LegalBasis.COMMUNITY_SENTENCE):
        assert "no power of arrest by itself" in POWERS[basis].short
        assert "probation" in POWERS[basis].words
    assert "s.7(3)" in POWERS[LegalBasis.BAIL].source


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("keep away from jane o'hara", f"keep away from {PERSON}"),
        ("Jane's home", f"{PERSON}'s home"),
        ("Ms O'HARA is afraid", f"Ms {PERSON} is afraid"),
        ("may carry a knife", "may carry a knife"),
        ("nowhere near SW1A 1AA", f"nowhere near {PLACE}"),
        ("at 51.50123, -0.12345", f"at {PLACE}"),
        ("not to enter 12 Some Long Road", f"not to enter {PLACE}"),
        ("12 months of supervision", "12 months of supervision"),
    ],
)
def test_names_and_addresses_are_put_out_of_free_words(said: str, shown: str) -> None:
    assert without_persons(said, ["Jane O'Hara", "May Li", " "]) == shown


def test_a_heading_has_bounds_and_none_where_the_circles_touch() -> None:
    east = LonLat(lon_deg=-0.1 + 0.01, lat_deg=51.5)  # 694 m
    found = heading(HERE, 20.0, east, 30.0, 60.0)
    assert found is not None
    assert found.bearing_deg == pytest.approx(90.0, abs=0.1)
    assert found.within_deg == pytest.approx(4.1, abs=0.1)
    assert found.slowest_mps == pytest.approx(10.7, abs=0.1)
    assert found.fastest_mps == pytest.approx(12.4, abs=0.1)
    assert heading(HERE, 400.0, east, 300.0, 60.0) is None
    assert heading(HERE, 1.0, east, 1.0, 0.0) is None
