"""Who answers for an order: delivery units, sentences, versions."""

import msgspec
import pytest

from tagwatch.core.order import LegalBasis, order_at
from tagwatch.core.supervision import (
    LONDON_UNITS,
    OrderKind,
    Supervision,
    kinds_under,
    supervision_problem,
    unit_of_borough,
)
from tagwatch.core.units import HOUR, Instant
from tagwatch.web import borough
from tests.web import sample


def test_the_18_units_cover_each_of_the_33_boroughs_once() -> None:
    covered = [name for boroughs in LONDON_UNITS.values() for name in boroughs]
    assert len(LONDON_UNITS) == 18
    assert sorted(covered) == sorted(borough.names())
    assert unit_of_borough(" hackney ") == "Hackney and City"
    assert unit_of_borough("Leeds") == ""


def test_each_sentence_goes_with_one_legal_basis() -> None:
    under = [kind for basis in LegalBasis for kind in kinds_under(basis)]
    assert set(under) == set(OrderKind)
    licence = Supervision(kind=OrderKind.LIFE)
    assert supervision_problem("licence", licence) == ""
    assert "rests on court bail" in supervision_problem("bail", licence)


def test_a_unit_covers_the_borough() -> None:
    found = Supervision(unit="Lambeth", borough="Brent")
    assert "in Brent" in supervision_problem("bail", found)
    assert supervision_problem("bail", Supervision(unit="Surrey", borough="Brent")) == ""
    assert supervision_problem("bail", Supervision(unit="Lambeth", borough="Elsewhere")) == ""


@pytest.mark.parametrize("wrong", [{"mappa_level": 4}, {"mappa_category": 0}])
def test_mappa_has_three_levels_and_four_categories(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="MAPPA"):
        Supervision(**wrong)


def test_a_variation_applies_from_when_it_takes_effect() -> None:
    first = sample.order("w_own")
    start = first.starts_at
    varied = msgspec.structs.replace(
        first, version=2, legal_basis=LegalBasis.BAIL, valid_from=Instant(start + HOUR)
    )
    versions = (first, varied)
    assert order_at(versions, Instant(start + HOUR - 1)) is first
    assert order_at(versions, Instant(start + HOUR)) is varied
    assert order_at((varied,), start) is varied
