"""The frozen error generator has the statistics it is stated to have."""

import numpy as np
import pytest

from tagwatch.core.fix import Source
from tagwatch.sim.error import FROZEN, ErrorSource, Place, Reported


def reports(place: Place, seed: int = 3, people: int = 40) -> list[Reported | None]:
    made: list[Reported | None] = []
    for person in range(people):
        source = ErrorSource(np.random.default_rng([seed, person]))
        made += [source.report(place, 0.0, 60.0) for _ in range(600)]
    return made


@pytest.mark.parametrize(
    ("place", "r95_m"), [(Place.OPEN, 9), (Place.URBAN, 28), (Place.CANYON, 60), (Place.INDOOR, 66)]
)
def test_the_calibrated_r95_is_the_stated_one_within_a_quarter(place: Place, r95_m: float) -> None:
    errors = [
        float(np.hypot(one.dx_m, one.dy_m))
        for one in reports(place)
        if one is not None and one.source is not Source.LBS
    ]
    assert np.percentile(errors, 95) == pytest.approx(r95_m, rel=0.25)


@pytest.mark.parametrize("place", list(Place))
def test_the_delivered_share_is_the_stated_one(place: Place) -> None:
    made = reports(place)
    share = sum(one is not None for one in made) / len(made)
    assert share == pytest.approx(FROZEN[place].delivered, abs=0.02)


def test_wifi_claims_cover_less_than_half() -> None:
    wifi = [one for one in reports(Place.INDOOR) if one is not None and one.source is Source.WIFI]
    inside = sum(np.hypot(one.dx_m, one.dy_m) <= one.claim_m_68 for one in wifi)
    assert 0.30 <= inside / len(wifi) <= 0.55


def test_errors_persist_at_rest() -> None:
    source = ErrorSource(np.random.default_rng(1))
    made = [source.report(Place.URBAN, 0.0, 10.0) for _ in range(400)]
    x = np.array([one.dx_m for one in made if one is not None])
    centred = x - x.mean()
    assert float((centred[1:] * centred[:-1]).mean() / (centred**2).mean()) > 0.5
