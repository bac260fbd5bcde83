"""Known errors give known figures: a model that is right is found right, a wrong one is not."""

import json
from math import exp, pi

import msgspec
import numpy as np
import pytest

from tagwatch.core.fix import Source
from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.uncertainty import FixQuality, error_mixture
from tagwatch.core.units import MINUTE, SECOND, Instant, iso, parse_iso
from tagwatch.ingest.files.block import FileError
from tagwatch.sim.calibrate.report import as_data, diagram, groups
from tagwatch.sim.calibrate.scale import LEAST_BLOCKS, draft
from tagwatch.sim.calibrate.scores import log_density
from tagwatch.sim.calibrate.truth import evidence
from tests.cli.program import run

CENTRE = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(CENTRE)
BEGAN = parse_iso("2026-03-02T08:00:00Z")
MIXTURE = error_mixture(
    FixQuality(accuracy_m=20.0, confidence=0.95, source=Source.GNSS), DEFAULT_SETTINGS.errors
)


def drawn(
    path, count: int, times: float, every: int = MINUTE, source="GNSS", model="", places: int = 3
):
    """Fixes whose errors are drawn from the engine's own model, `times` as large."""
    rng = np.random.default_rng(5)
    lines = ["time,lat,lon,accuracy_m,source,tag_model,place,true_lat,true_lon"]
    for k in range(count):
        sigma_m = rng.choice(MIXTURE.sigmas_m, p=MIXTURE.weights) * times
        truth = PLANE.lonlat(*rng.uniform(-500, 500, 2).tolist())
        at = Plane.at(truth).lonlat(*rng.normal(0.0, sigma_m, 2).tolist())
        when = iso(Instant(BEGAN + k * every))
        lines.append(
            f"{when},{at.lat_deg:.9f},{at.lon_deg:.9f},20,{source},{model},{k * places // count},"
            f"{truth.lat_deg:.9f},{truth.lon_deg:.9f}"
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def group(path, zones=2):
    (found,) = groups(evidence([path], DEFAULT_SETTINGS, "", {}), zones, 1)
    return found


def figures(found) -> dict[str, float]:
    return {one.name: one.measured.value for one in found.scores.figures}


def test_a_model_that_is_right_is_found_right(tmp_path) -> None:
    found = group(drawn(tmp_path / "right.csv", 900, 1.0))
    said = figures(found)
    assert said["within R50"] == pytest.approx(0.50, abs=0.05)
    assert said["within R95"] == pytest.approx(0.95, abs=0.02)
    assert found.factor.factor.low <= 1.0 <= found.factor.factor.high
    assert not found.factor.suggested
    for one in found.scores.bins:
        if one.pairs > 100:
            assert one.so.low - 0.05 <= one.said <= one.so.high + 0.05
    assert draft(DEFAULT_SETTINGS, [found.factor]) == DEFAULT_SETTINGS


@pytest.mark.parametrize("times", [0.5, 2.0])
def test_a_model_that_is_wrong_is_found_out_and_mended_by_the_draft(tmp_path, times) -> None:
    path = drawn(tmp_path / "wrong.csv", 400, times)
    found = group(path)
    assert found.factor.factor.value == pytest.approx(times, rel=0.15)
    assert found.factor.suggested
    mended = draft(DEFAULT_SETTINGS, [found.factor])
    assert mended.errors.wifi == DEFAULT_SETTINGS.errors.wifi
    assert "400 blocks" in mended.errors.gnss.stretches[0].factor.origin
    (again,) = groups(evidence([path], mended, "", {}), 1, 1)
    assert again.factor.factor.value == pytest.approx(1.0, abs=0.12)
    assert figures(again)["log score of the place"] < figures(found)["log score of the place"]


def test_blocks_are_counted_and_a_tag_model_gets_errors_of_its_own(tmp_path) -> None:
    path = drawn(tmp_path / "tag.csv", 300, 2.0, 10 * SECOND, model="AT-1")
    found = group(path)
    assert (found.name, found.scores.fixes, found.scores.blocks) == (
        "GNSS AT-1",
        300,
        102,
    )  # each place begins one
    errors = draft(DEFAULT_SETTINGS, [found.factor]).errors
    assert errors.gnss == DEFAULT_SETTINGS.errors.gnss
    (one,) = errors.tag_models
    assert (one.tag_model, one.source) == ("AT-1", Source.GNSS)
    twice = draft(msgspec.structs.replace(DEFAULT_SETTINGS, errors=errors), [found.factor])
    assert len(twice.errors.tag_models) == 1
    few = group(drawn(tmp_path / "few.csv", 19, 5.0))
    assert few.factor.blocks < LEAST_BLOCKS
    assert few.factor.objection == "19 blocks, it takes 20"
    near = group(drawn(tmp_path / "near.csv", 60, 5.0, places=2))
    assert near.factor.objection == "2 places, it takes 3"


def test_places_and_kinds_are_told_apart(tmp_path) -> None:
    one, two = drawn(tmp_path / "a.csv", 30, 1.0), drawn(tmp_path / "b.csv", 30, 1.0, source="LBS")
    found = evidence([one, two], DEFAULT_SETTINGS, "", {})
    assert (found.places, found.blocks) == (6, 60)
    named = list(groups(found, 1, 1))
    assert [group.name for group in named] == ["all", "GNSS", "LBS"]
    assert named[0].factor is None
    assert diagram(named).count("<circle") >= 6
    assert as_data(named[1])["blocks"] == 30


def test_the_density_is_that_of_the_mixture() -> None:
    expected = sum(
        w / (2 * pi * s * s) * exp(-50.0 / (s * s))
        for w, s in zip(MIXTURE.weights, MIXTURE.sigmas_m, strict=True)
    )
    found = log_density(100.0, MIXTURE.weights, MIXTURE.sigmas_m)
    assert exp(found) == pytest.approx(expected)


def test_the_command_reports_draws_and_drafts(tmp_path) -> None:
    path = drawn(tmp_path / "wrong.csv", 120, 2.0)
    words = ("--svg", tmp_path / "d.svg", "--draft", tmp_path / "s.json", "--zones", "1")
    ended = run("calibrate", path, *words)
    assert ended.returncode == 0, ended.stderr
    for text in ("3 places, 120 blocks", "within R95", "Brier", "0.99 to 1", "Suggested"):
        assert text in ended.stdout
    assert "is a draft" in ended.stderr
    assert (tmp_path / "d.svg").read_text().startswith("<svg")
    made = msgspec.json.decode((tmp_path / "s.json").read_bytes(), type=Settings)
    assert made.errors.gnss != DEFAULT_SETTINGS.errors.gnss
    again = run("calibrate", path, "--settings", tmp_path / "s.json", "--zones", "1", "--json")
    data = json.loads(again.stdout)
    assert data["factor"][1] <= 1.0 <= data["factor"][2]


def test_columns_of_other_names_and_input_that_is_none(tmp_path) -> None:
    path = drawn(tmp_path / "a.csv", 20, 1.0)
    other = tmp_path / "other.csv"
    other.write_text(path.read_text().replace("true_lat", "ref_lat"))
    assert run("calibrate", other, "--column", "true_lat=ref_lat").returncode == 0
    for words in ([other], [path, "--column", "lat"], [tmp_path / "none.csv"]):
        ended = run("calibrate", *words)
        assert (ended.returncode, ended.stdout) == (2, "")
    header = tmp_path / "header.csv"
    header.write_text(path.read_text().splitlines()[0])
    assert "no fix in" in run("calibrate", header).stderr
    with pytest.raises(FileError, match="true_lat"):
        evidence([other], DEFAULT_SETTINGS, "", {})


def test_real_files(tagwatch_data, tmp_path) -> None:
    from tests.sim.calibrate.real_files import convert

    name = "berlin_potsdamer_platz_wls_vs_truth.csv"
    (path,) = convert(tagwatch_data / "gnss" / name, tmp_path)
    found = group(path, 1)
    assert found.scores.blocks == 10
    assert figures(found)["within R95"] < 0.95, "an unfiltered canyon is the stress case"
    assert not found.factor.suggested, "ten blocks of one street suggest nothing"
