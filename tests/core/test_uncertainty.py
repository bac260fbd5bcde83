"""The error model: from claims to mixtures, the radii they give, and how real fixes fit it."""

import csv
from math import exp, inf, nan, sqrt
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.fix import FIX_DTYPE, Source
from tagwatch.core.geometry import Disc, LonLat, Plane, distance_m, mass, planar
from tagwatch.core.uncertainty import (
    ErrorMixture,
    ErrorSettings,
    Figure,
    FixQuality,
    SourceErrors,
    TagModelErrors,
    error_mixture,
    error_mixtures,
    p_inside,
    per_axis_sigma_m,
    quantised,
    r95_m,
    r99_m,
    radius_m,
    tail,
)

SETTINGS = ErrorSettings()
ORIGIN = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(ORIGIN)

sources = st.sampled_from(list(Source))
accuracies = st.none() | st.floats(allow_nan=True, allow_infinity=True)
confidences = st.none() | st.sampled_from([0.5, 0.68, 0.95, 0.0, 1.0, nan, 1e-320])


@pytest.mark.parametrize(("share", "factor"), [(0.50, 1.177), (0.68, 1.5096), (0.95, 2.448)])
def test_factor_between_radius_and_sigma(share, factor):
    assert per_axis_sigma_m(factor, share) == pytest.approx(1.0, abs=5e-4)


@pytest.mark.parametrize("accuracy_m", [None, 0.0, -1.0, nan, inf])
@pytest.mark.parametrize("source", list(Source))
def test_no_usable_accuracy_is_unknown_and_never_perfect(accuracy_m, source):
    unknown = error_mixture(FixQuality(source=source), SETTINGS)
    told = error_mixture(FixQuality(source=source, accuracy_m=accuracy_m), SETTINGS)
    assert told == unknown
    assert r95_m(unknown) > 30.0


@given(accuracy=accuracies, confidence=confidences, hdop=accuracies, source=sources)
def test_any_quality_gives_a_mixture(accuracy, confidence, hdop, source):
    quality = FixQuality(accuracy_m=accuracy, confidence=confidence, hdop=hdop, source=source)
    mixture = error_mixture(quality, SETTINGS)
    assert 0.0 < r95_m(mixture) < r99_m(mixture)


@given(worse=st.floats(1.0, 50.0), accuracy=st.floats(0.1, 500.0), source=sources)
def test_a_worse_claim_never_gives_a_smaller_circle(worse, accuracy, source):
    one = error_mixture(FixQuality(accuracy_m=accuracy, source=source), SETTINGS)
    two = error_mixture(FixQuality(accuracy_m=accuracy * worse, source=source), SETTINGS)
    good_to_m = 0.001
    assert r95_m(two) >= r95_m(one) - good_to_m
    assert r99_m(two) >= r99_m(one) - good_to_m


def test_hdop_serves_where_no_radius_is_told():
    one, three = (error_mixture(FixQuality(hdop=h, source=Source.GNSS), SETTINGS) for h in (1, 3))
    assert three.sigmas_m[0] == pytest.approx(sqrt(15.0**2 + 4.0**2))
    assert r95_m(one) < r95_m(three)


def test_confidence_of_the_radius_counts():
    sigmas = {
        share: error_mixture(
            FixQuality(accuracy_m=20.0, confidence=share, source=Source.GNSS), SETTINGS
        ).sigmas_m[0]
        for share in (0.50, 0.68, 0.95, None)
    }
    assert sigmas[0.50] > sigmas[0.68] > sigmas[0.95]
    assert sigmas[None] == sigmas[0.68]


def test_a_measured_tag_model_replaces_the_source():
    measured = msgspec.structs.replace(SETTINGS.gnss, floor_sigma_m=Figure(40.0, "measured"))
    models = (TagModelErrors(tag_model="AT-1", source=Source.GNSS, errors=measured),)
    settings = ErrorSettings(tag_models=models)
    floor_m = {
        (model, source): error_mixture(
            FixQuality(accuracy_m=3.0, tag_model=model, source=source), settings
        ).sigmas_m[0]
        for model in ("AT-1", "AT-2")
        for source in (Source.GNSS, Source.WIFI)
    }
    assert floor_m["AT-1", Source.GNSS] > 40.0
    assert floor_m["AT-2", Source.GNSS] < 10.0
    assert floor_m["AT-1", Source.WIFI] == floor_m["AT-2", Source.WIFI]


@given(
    rows=st.lists(
        st.tuples(
            sources,
            st.sampled_from([nan, -1.0, 0.0, inf, 0.5, 8.0, 300.0, 1e308]),
            st.sampled_from([nan, 0.0, 0.5, 0.68, 0.95, 1.0, 1e-320]),
            st.sampled_from([nan, 0.0, 0.9, 7.0, 1e308]),
        ),
        max_size=20,
    )
)
def test_arrays_say_row_by_row_what_single_fixes_say(rows):
    block = np.zeros(len(rows), dtype=FIX_DTYPE)
    for k, row in enumerate(rows):
        source, accuracy_m, confidence, hdop = row
        block["source"][k] = int(source)
        block["accuracy_m"][k], block["confidence"][k], block["hdop"][k] = row[1:]
    sigmas_m, weights = error_mixtures(block, SETTINGS)
    assert sigmas_m.shape == weights.shape
    for k, (source, accuracy_m, confidence, hdop) in enumerate(rows):
        quality = FixQuality(accuracy_m=accuracy_m, confidence=confidence, hdop=hdop, source=source)
        one = error_mixture(quality, SETTINGS)
        used = weights[k] > 0.0
        assert weights[k][used].tolist() == list(one.weights)
        assert sigmas_m[k][used].tolist() == pytest.approx(list(one.sigmas_m), rel=1e-12)


def test_settings_name_an_origin_for_every_number_and_travel():
    figures = _figures(msgspec.to_builtins(SETTINGS))
    assert len(figures) > 25
    assert all(len(figure["origin"]) > 15 for figure in figures)
    assert msgspec.json.decode(msgspec.json.encode(SETTINGS), type=ErrorSettings) == SETTINGS


def _figures(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        if "origin" in node:
            return [node]
        return [figure for value in node.values() for figure in _figures(value)]
    if isinstance(node, list | tuple):
        return [figure for value in node for figure in _figures(value)]
    return []


def test_weights_of_settings_must_sum_to_one():
    with pytest.raises(ValueError, match=r"sum to 1\.245"):
        msgspec.structs.replace(SETTINGS.gnss, gross_weight=Figure(0.25, "wrong"))
    assert isinstance(SETTINGS.wifi, SourceErrors)


@pytest.mark.parametrize(
    ("weights", "sigmas", "words"),
    [
        ((), (), "pair up"),
        ((1.0,), (1.0, 2.0), "pair up"),
        ((0.5, 0.5), (1.0, 0.0), "positive"),
        ((1.5, -0.5), (1.0, 1.0), "positive"),
        ((1.0,), (nan,), "positive"),
        ((0.5, 0.4), (1.0, 2.0), "sum to 0.9"),
    ],
)
def test_a_mixture_that_is_none_is_refused(weights, sigmas, words):
    with pytest.raises(ValueError, match=words):
        ErrorMixture(weights=weights, sigmas_m=sigmas)


MIXTURE = ErrorMixture(weights=(0.9, 0.1), sigmas_m=(5.0, 50.0))


def test_radii_hold_their_share():
    assert tail(MIXTURE, 20.0) == 0.9 * exp(-8.0) + 0.1 * exp(-0.08)
    for share in (0.5, 0.68, 0.95, 0.99, 0.999):
        radius = radius_m(MIXTURE, share)
        assert tail(MIXTURE, radius) <= 1.0 - share < tail(MIXTURE, radius - 0.001)
    assert (r95_m(MIXTURE), r99_m(MIXTURE)) == (radius_m(MIXTURE, 0.95), radius_m(MIXTURE, 0.99))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, nan])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        radius_m(MIXTURE, share)


def test_p_inside_is_the_weighted_mass_in_whole_millionths():
    shape = planar(Disc(centre=ORIGIN, radius_m=30.0), PLANE)
    p = p_inside(shape, 25.0, 10.0, MIXTURE)
    exact = 0.9 * mass(shape, 25.0, 10.0, 5.0) + 0.1 * mass(shape, 25.0, 10.0, 50.0)
    assert p == pytest.approx(exact, abs=5.1e-7)
    assert round(p * 1e6) / 1e6 == p
    assert [quantised(x) for x in (-1e-9, 0.1234567, 1.0 + 1e-9)] == [0.0, 0.123457, 1.0]


def test_a_cell_fix_at_the_door_is_not_outside():
    shape = planar(Disc(centre=ORIGIN, radius_m=100.0), PLANE)
    cell = FixQuality(accuracy_m=1600.0, confidence=0.95, source=Source.LBS)
    mixture = error_mixture(cell, SETTINGS)
    assert p_inside(shape, 0.0, 120.0, mixture) < 0.05
    assert r99_m(mixture) > 1600.0


def _coverage(errors: list[tuple[float, FixQuality]], share: float) -> float:
    within = [e <= radius_m(error_mixture(q, SETTINGS), share) for e, q in errors]
    return float(np.mean(within))


def _rows(folder, name):
    with (folder / "gnss" / name).open(newline="") as text:
        return list(csv.DictReader(text))


def test_good_receivers_lie_within_their_circles(tagwatch_data):
    driven = [
        (float(r["error_m"]), FixQuality(hdop=float(r["hdop"]), source=Source.GNSS))
        for r in _rows(tagwatch_data, "mtv_f9k_vs_span.csv")
    ]
    assert _coverage(driven, 0.95) >= 0.95
    assert _coverage(driven, 0.99) >= 0.99


@pytest.mark.parametrize(("provider", "source"), [("FLP", Source.GNSS), ("NLP", Source.WIFI)])
def test_phone_fixes_lie_within_their_circles(tagwatch_data, provider, source):
    rows = _rows(tagwatch_data, "pixel6_fix_gps_flp_nlp.csv")
    gps = np.array(
        [
            (float(r["unix_ms"]), float(r["lon"]), float(r["lat"]))
            for r in rows
            if r["provider"] == "GPS"
        ]
    )
    errors = []
    for r in rows:
        at = float(r["unix_ms"])
        if r["provider"] == provider and gps[0, 0] <= at <= gps[-1, 0]:
            truth = LonLat(
                lon_deg=float(np.interp(at, gps[:, 0], gps[:, 1])),
                lat_deg=float(np.interp(at, gps[:, 0], gps[:, 2])),
            )
            told = LonLat(lon_deg=float(r["lon"]), lat_deg=float(r["lat"]))
            quality = FixQuality(accuracy_m=float(r["accuracy_m"]), confidence=0.68, source=source)
            errors.append((distance_m(told, truth), quality))
    assert len(errors) > 50
    assert _coverage(errors, 0.95) >= 0.95


def test_an_unfiltered_drive_through_a_canyon_is_the_stress_case(tagwatch_data):
    """One 283 s drive, single-epoch solutions worse than a product's: said, not hidden."""
    rows = _rows(tagwatch_data, "berlin_potsdamer_platz_wls_vs_truth.csv")
    errors = []
    for r in rows:
        sigma_m = sqrt((float(r["sigma_e_m"]) ** 2 + float(r["sigma_n_m"]) ** 2) / 2.0)
        quality = FixQuality(accuracy_m=1.5096 * sigma_m, confidence=0.68, source=Source.GNSS)
        errors.append((float(r["error_m"]), quality))
    claimed = float(np.mean([e <= q.accuracy_m * 2.448 / 1.5096 for e, q in errors]))
    assert claimed < 0.25
    assert _coverage(errors, 0.95) >= 0.70
    assert _coverage(errors, 0.99) >= 0.95


PLACES = {
    "open": (2.5, 8.0, 0.03, 1.0, 5.0, 0.0005, 0.6, 1.2),
    "urban": (5.0, 18.0, 0.12, 5.0, 15.0, 0.002, 0.4, 1.0),
    "canyon": (5.0, 30.0, 0.33, 10.0, 20.0, 0.005, 0.3, 1.0),
    "indoor": (10.0, 35.0, 0.25, 10.0, 20.0, 0.005, 0.3, 1.0),
}
"""The frozen error table: sigma good, bad, bad share, bias from, to, jumps, claim from, to."""


@pytest.mark.parametrize("place", PLACES)
def test_independent_fixes_of_the_frozen_table_lie_within_their_circles(place):
    good, bad, share, bias_low, bias_high, jumps, claim_low, claim_high = PLACES[place]
    rng = np.random.default_rng(14)
    errors = []
    for _ in range(3000):
        sigma_m = bad if rng.random() < share else good
        turn, bias_m = rng.uniform(0.0, 2 * np.pi), rng.uniform(bias_low, bias_high)
        error = rng.normal(0.0, sigma_m, 2) + bias_m * np.array([np.cos(turn), np.sin(turn)])
        if rng.random() < jumps:
            error = error + rng.normal(0.0, 100.0, 2)
        claim_m = sigma_m * rng.uniform(claim_low, claim_high) * 1.5096
        quality = FixQuality(accuracy_m=claim_m, confidence=0.68, source=Source.GNSS)
        errors.append((float(np.hypot(*error)), quality))
    assert _coverage(errors, 0.95) >= 0.95
    assert _coverage(errors, 0.99) >= 0.985
