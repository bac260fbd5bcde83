"""Stops and trips on public trails beside movingpandas and trackintel: a study, not a test.

    python -m venv STUDY && STUDY/bin/pip install movingpandas trackintel
    .venv/bin/python -m tests.bench.study_movements FILE > ours.jsonl
    STUDY/bin/python tests/bench/study_movements.py FILE

FILE has columns `latitude`, `longitude` and `ts` or `timestamp`. Within the product's own
environment it prints our stops and trips; in the study's, those of the two libraries with the
settings of their own examples. Neither is a dependency of the product.
"""

import csv
import sys
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path


def rows(path: str) -> list[tuple[datetime, float, float]]:
    """Return (time, longitude, latitude), each content once, in order of time."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        found = {
            (_time(row.get("ts") or row["timestamp"]), float(row["longitude"]),
             float(row["latitude"]))
            for row in csv.DictReader(file)
        }  # fmt: skip
    return sorted(found)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def ours(path: str) -> None:
    """Print our stops and trips."""
    import numpy as np

    from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, Source
    from tagwatch.core.ids import ActivationId
    from tagwatch.core.movements import movements
    from tagwatch.core.person import TagMode
    from tagwatch.core.rules.prepare import SettingsHistory
    from tagwatch.core.settings import Settings
    from tagwatch.core.trail import TrailPart
    from tagwatch.core.units import SECOND, Instant, instant, utc

    found = rows(path)
    block = np.zeros(len(found), dtype=FIX_DTYPE)
    for name in FIX_DTYPE.names or ():
        if block.dtype[name].kind == "f":
            block[name] = np.nan
    block["fixed_at"] = [instant(at) for at, _, _ in found]
    block["lon_deg"], block["lat_deg"] = zip(*((lon, lat) for _, lon, lat in found), strict=True)
    block["sent_at"], block["satellites"], block["charging"] = NO_INSTANT, -1, -1
    block["index"], block["source"] = np.arange(len(found)), int(Source.GNSS)
    window = instant(found[0][0]), Instant(instant(found[-1][0]) + SECOND)
    part = TrailPart(ActivationId("a"), "", block)
    got = movements([part], [window], TagMode(), window, SettingsHistory.of(Settings()))
    print(f"tagwatch: {len(got.stops)} stops, {len(got.trips)} trips, {len(got.gaps)} gaps")
    for stop in got.stops:
        when = f"{utc(stop.since):%H:%M:%S} to {utc(stop.until):%H:%M:%S}"
        print(f"  stop {when}, {stop.fixes} fixes, ± {stop.radius_m_95:.0f} m")
    for trip in got.trips:
        print(f"  trip {utc(trip.started_at):%H:%M:%S} to {utc(trip.ended_at):%H:%M:%S},"
              f" {trip.mode.value} {trip.mode_probability:.2f},"
              f" {trip.distance_m_least} to {trip.distance_m_most} m")  # fmt: skip


def theirs(path: str) -> None:
    """Print the stops of the two libraries."""
    import geopandas
    import movingpandas
    import trackintel
    from shapely.geometry import Point

    found = rows(path)
    frame = geopandas.GeoDataFrame(
        {"t": [at.astimezone(UTC).replace(tzinfo=None) for at, _, _ in found], "who": 1},
        geometry=[Point(lon, lat) for _, lon, lat in found], crs=4326,
    )  # fmt: skip
    for minutes, diameter_m in ((2, 100), (4, 160)):
        track = movingpandas.Trajectory(frame.set_index("t"), 1)
        stops = movingpandas.TrajectoryStopDetector(track).get_stop_segments(
            min_duration=timedelta(minutes=minutes), max_diameter=diameter_m
        )
        print(f"movingpandas {minutes} min, {diameter_m} m: {len(stops)} stops")
        for stop in stops:
            print(f"  stop {stop.get_start_time():%H:%M:%S} to {stop.get_end_time():%H:%M:%S}")
    fixes = frame.rename(columns={"t": "tracked_at", "who": "user_id"}).rename_geometry("geom")
    fixes["tracked_at"] = fixes["tracked_at"].dt.tz_localize("UTC")
    fixes = trackintel.Positionfixes(fixes)
    for minutes, radius_m in ((5, 100), (4, 80)):
        _, stays = fixes.generate_staypoints(
            method="sliding", dist_threshold=radius_m, time_threshold=minutes, gap_threshold=15
        )
        print(f"trackintel {minutes} min, {radius_m} m: {len(stays)} staypoints")
        for stay in stays.itertuples():
            print(f"  stop {stay.started_at:%H:%M:%S} to {stay.finished_at:%H:%M:%S}")


if __name__ == "__main__":
    (ours if find_spec("tagwatch") and not find_spec("movingpandas") else theirs)(sys.argv[1])
