"""Exact P(inside) against sampling and the half-plane shortcut: `-m tests.bench.bench_exact`.

Workload: discs and polygons (concave, with a hole, of two parts) asked at corners, edges, notches,
inside holes and outside, with per-axis sigmas of 5, 20 and 60 m; Monte Carlo takes 4 million seeded
draws a question and asks shapely, not our own code, what lies inside (its own error is about
0.00025). The half-plane shortcut is what a receiver's distance to the border alone would say.
"""

import argparse
import os
import sys
import time
from math import erf, sqrt

import numpy as np
import shapely
from shapely.geometry import MultiPolygon as Parts
from shapely.geometry import Point
from shapely.geometry import Polygon as Part
from shapely.geometry.base import BaseGeometry

from tagwatch.core.compiled import COMPILED
from tagwatch.core.geometry import (
    Disc,
    LonLat,
    MultiPolygon,
    Plane,
    Polygon,
    Shape,
    distance_to_shape_m,
    mass,
    planar,
)

REACH = 0.003
SIGMAS_M = (5.0, 20.0, 60.0)
PLANE = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
Ring = list[tuple[float, float]]
L_SHAPE: Ring = [(0, 0), (60, 0), (60, 20), (20, 20), (20, 60), (0, 60)]
STAR: Ring = [(50, 0), (10, 8), (15, 48), (-8, 12), (-40, 30), (-12, -5), (-30, -40), (3, -11)]
OUTER: Ring = [(-60, -60), (60, -60), (60, 60), (-60, 60)]
HOLE: Ring = [(-30, -20), (-30, 25), (35, 20), (20, -30)]
FAR: Ring = [(120, -20), (180, -20), (150, 60)]


def polygon(*rings: Ring) -> Polygon:
    """Return the polygon with these corners, metres from the plane's origin."""
    return Polygon(rings=tuple(tuple(PLANE.lonlat(x, y) for x, y in ring) for ring in rings))


def shapes() -> list[tuple[str, Shape, BaseGeometry, list[tuple[str, float, float]]]]:
    """Return each shape as ours, as shapely's, and the places at which it is asked."""
    disc = Disc(centre=PLANE.origin, radius_m=100.0)
    parts = MultiPolygon(parts=(polygon(L_SHAPE), polygon(FAR)))
    on_disc = [("centre", 0.0, 0.0), ("edge", 100.0, 0.0), ("outside", 0.0, 130.0)]
    on_l = [("corner", 60.0, 0.0), ("inner corner", 20.0, 20.0), ("notch", 40.0, 40.0)]
    on_star = [("tip", 50.0, 0.0), ("notch", 25.0, 25.0), ("centre", 0.0, 0.0)]
    on_hole = [("in the hole", 0.0, 0.0), ("hole's edge", 35.0, 20.0), ("corner", 60.0, 60.0)]
    between = [("between", 90.0, 10.0), ("tip", 150.0, 60.0), ("outside", 100.0, -80.0)]
    return [
        ("disc, 100 m", disc, Point(0, 0).buffer(100.0, quad_segs=2000), on_disc),
        ("L, concave", polygon(L_SHAPE), Part(L_SHAPE), on_l),
        ("star, concave", polygon(STAR), Part(STAR), on_star),
        ("square with hole", polygon(OUTER, HOLE), Part(OUTER, [HOLE]), on_hole),
        ("two parts", parts, Parts([Part(L_SHAPE), Part(FAR)]), between),
    ]


def sampled(shape: BaseGeometry, x_m: float, y_m: float, sigma_m: float, draws: int) -> float:
    """Return the share of seeded draws that shapely finds inside."""
    rng, inside, left = np.random.default_rng(7), 0, draws
    shapely.prepare(shape)
    while left:
        count = min(left, 1_000_000)
        x, y = x_m + rng.normal(0, sigma_m, count), y_m + rng.normal(0, sigma_m, count)
        inside += int(np.count_nonzero(shapely.contains_xy(shape, x, y)))
        left -= count
    return inside / draws


def main() -> None:
    """Print the table; end with an error if any answer is out of reach."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--draws", type=int, default=4_000_000)
    asked = parser.parse_args()
    print(
        f"{asked.draws:,} draws a question; {os.cpu_count()} cores, "
        f"numba {'on' if COMPILED else 'off'}\n\n"
        f"{'shape':18} {'at':13} {'sigma':>6} {'exact':>9} {'sampled':>9} {'off by':>9} "
        f"{'half-plane off by':>18}"
    )
    worst = worst_half = exact_s = sampled_s = 0.0
    questions = 0
    for name, shape, theirs, places in shapes():
        ready = planar(shape, PLANE)
        mass(ready, 1.0, 1.0, 10.0)
        for at, x_m, y_m in places:
            for sigma_m in SIGMAS_M:
                began = time.perf_counter()
                ours = mass(ready, x_m, y_m, sigma_m)
                middle = time.perf_counter()
                share = sampled(theirs, x_m, y_m, sigma_m, asked.draws)
                exact_s += middle - began
                sampled_s += time.perf_counter() - middle
                gap_m = distance_to_shape_m(ready, x_m, y_m)
                half = 0.5 * (1.0 - erf(gap_m / (sigma_m * sqrt(2.0)))) - ours
                worst, worst_half = max(worst, abs(ours - share)), max(worst_half, abs(half))
                questions += 1
                print(
                    f"{name:18} {at:13} {sigma_m:6.0f} {ours:9.5f} {share:9.5f} "
                    f"{ours - share:+9.5f} {half:+18.3f}"
                )
    print(
        f"\n{questions} questions: off by {worst:.5f} at most (reach {REACH}); the half-plane "
        f"shortcut by {worst_half:.2f}; {exact_s / questions * 1e6:.1f} us a question, sampling "
        f"{sampled_s / questions * 1e3:.0f} ms"
    )
    if worst > REACH:
        sys.exit(f"off by {worst:.5f}: more than {REACH}")


if __name__ == "__main__":
    main()
