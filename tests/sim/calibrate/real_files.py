"""Real fixes with truth, written as `tagwatch calibrate` and `tagwatch assess` read them.

`python -m tests.sim.calibrate.real_files FOLDER-WITH-GNSS-FILES FOLDER-TO-WRITE-TO`
"""

import csv
import sys
from pathlib import Path

from tagwatch.core.fix import Source
from tagwatch.core.units import iso
from tagwatch.sim.quality.street import TrueTrail, read

HEADER = (
    "time", "lat", "lon", "accuracy_m", "confidence", "hdop", "satellites", "source", "place",
    "true_lat", "true_lon",
)  # fmt: skip


def convert(path: Path, folder: Path) -> list[Path]:
    """Write one file for each trail in `path` and return where.

    Radii are as the laboratory takes them: 2.448 times the mean of claimed sigmas at 95 %, a
    phone's accuracy at 68 %, else HDOP alone. Times are moved; their spacing is kept.
    """
    written: list[Path] = []
    for trail in read(path):
        target = folder / f"{trail.name.replace(' ', '-')}.csv"
        with target.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(HEADER)
            rows.writerows(_row(trail, k) for k in range(len(trail.block)))
        written.append(target)
    return written


def _row(trail: TrueTrail, k: int) -> list[object]:
    fix = trail.block[k]
    truth = trail.plane.lonlat(float(trail.x_m[k]), float(trail.y_m[k]))
    known = [
        "" if fix[name] != fix[name] else f"{fix[name]:.4f}"
        for name in ("accuracy_m", "confidence", "hdop")
    ]
    return [
        iso(int(fix["fixed_at"])),
        f"{fix['lat_deg']:.9f}",
        f"{fix['lon_deg']:.9f}",
        *known,
        "" if fix["satellites"] < 0 else int(fix["satellites"]),
        Source(int(fix["source"])).name,
        trail.name,
        f"{truth.lat_deg:.9f}",
        f"{truth.lon_deg:.9f}",
    ]


if __name__ == "__main__":
    for each in sorted(Path(sys.argv[1]).glob("*.csv")):
        for made in convert(each, Path(sys.argv[2])):
            print(made)
