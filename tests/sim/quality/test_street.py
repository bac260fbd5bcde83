"""Files with truth: read by their columns, thinned, and laid on others."""

from pathlib import Path

import numpy as np
import pytest

from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.units import HOUR
from tagwatch.sim.error import Place
from tagwatch.sim.quality.calibration import discs
from tagwatch.sim.quality.plan import files_of
from tagwatch.sim.quality.street import Kind, TrueTrail, UnreadableFile, read, thinned
from tagwatch.sim.quality.trace import BEGINS, PLANE, slots, still
from tagwatch.sim.quality.transplant import laid

HEAD = "t_s,lat,lon,sigma_e_m,sigma_n_m,hdop,nsat,truth_lat,truth_lon"


def street(tmp_path: Path, count: int = 200, step_s: float = 0.5) -> TrueTrail:
    rows = [HEAD]
    for k in range(count):
        lat = 52.5 + 1e-5 * k
        rows.append(f"{k * step_s},{lat + 2e-4},13.37,4,6,0.7,16,{lat},13.37")
    path = tmp_path / "street.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    (trail,) = read(path)
    return trail


def test_the_claim_is_the_mean_sigma_as_a_95_per_cent_radius(tmp_path: Path) -> None:
    trail = street(tmp_path)
    assert trail.kind is Kind.STREET
    assert trail.block["accuracy_m"] == pytest.approx(2.448 * 5)
    assert set(trail.block["confidence"]) == {0.95}
    assert trail.seconds[-1] == pytest.approx(99.5)


def test_a_cadence_takes_each_row_once_and_no_nearer_than_it_says(tmp_path: Path) -> None:
    trail = street(tmp_path)
    for cadence in (1, 10, 60):
        rows = thinned(trail, cadence, 0.3)
        assert (np.diff(trail.seconds[rows]) >= cadence - 0.51).all()
    assert len(thinned(trail, 10, 0.0)) == 10


def test_discs_lie_as_the_protocol_says(tmp_path: Path) -> None:
    trail = street(tmp_path)
    rng = np.random.default_rng(2)
    for shape in discs(trail.plane, trail.x_m, trail.y_m, 20, rng):
        nearest = min(
            abs(distance_to_shape_m(shape, x, y))
            for x, y in zip(trail.x_m.tolist(), trail.y_m.tolist(), strict=True)
        )
        assert nearest <= 80.1
        assert len(shape.edges) == 4 * 128


def test_laid_errors_keep_their_size_and_their_claims(tmp_path: Path) -> None:
    trail = street(tmp_path)
    rng = np.random.default_rng(2)
    trace = laid(trail, still(Place.OPEN, HOUR), slots(BEGINS, BEGINS + HOUR, 10.0, rng), rng)
    x, y = PLANE.xy_arrays(trace.block["lon_deg"], trace.block["lat_deg"])
    assert np.hypot(x - trace.x_m, y - trace.y_m) == pytest.approx(22.26, abs=0.1)
    assert set(trace.block["confidence"]) == {0.95}


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "t_s,lat,lon\n0,51.5,-0.1\n"], ids=["empty", "columns", "truth"]
)
def test_a_file_without_truth_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"odd\.csv"):
        read(path)


def test_the_real_files_are_what_they_are_said_to_be(tagwatch_data: Path) -> None:
    kinds = {trail.name: trail.kind for path in files_of(tagwatch_data) for trail in read(path)}
    assert kinds["berlin_potsdamer_platz_wls_vs_truth"] is Kind.STREET
    assert kinds["mtv_f9k_vs_span"] is Kind.CLEAN
    assert kinds["pixel6_fix_gps_flp_nlp NLP"] is Kind.PHONE
