"""How long one question to the scalar path takes, with and without numba."""

import os
import subprocess
import sys

import pytest

MEASURE = """
from time import perf_counter
import numpy as np
from tagwatch.core.compiled import COMPILED
from tagwatch.core.geometry import *
from tagwatch.core.uncertainty import *
plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
angles = np.arange(32) * (2 * np.pi / 32)
ring = tuple(plane.lonlat(float(200 * np.cos(a)), float(200 * np.sin(a))) for a in angles)
gon = planar(Polygon(rings=(ring,)), plane)
disc = planar(Disc(centre=LonLat(lon_deg=-0.1, lat_deg=51.5), radius_m=200.0), plane)
mixture = error_mixture(FixQuality(accuracy_m=8.0), ErrorSettings())
times = 20_000 if COMPILED else 1_000
for name, ask in {
    "mass, 32-gon": lambda: mass(gon, 230.0, 3.0, 20.0),
    "mass, disc": lambda: mass(disc, 230.0, 3.0, 20.0),
    "distance, 32-gon": lambda: distance_to_shape_m(gon, 230.0, 3.0),
    "p_inside, 32-gon, 5 components": lambda: p_inside(gon, 230.0, 3.0, mixture),
}.items():
    ask()
    best = 1e9
    for _ in range(5):
        began = perf_counter()
        for _ in range(times):
            ask()
        best = min(best, (perf_counter() - began) / times)
    print(f"{name}: {best * 1e6:.2f} us {'with' if COMPILED else 'without'} numba")
"""


@pytest.mark.bench
@pytest.mark.parametrize("plainly", ["0", "1"])
def test_how_long_one_exact_question_takes(plainly):
    environment = {**os.environ, "NUMBA_DISABLE_JIT": plainly}
    said = subprocess.run(
        [sys.executable, "-c", MEASURE],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    print(said)
    limit_us = 150.0 if plainly == "1" else 4.0
    assert float(said.split("mass, 32-gon: ")[1].split()[0]) < limit_us
