"""Her own track, pasted into a form or sent to the API: GPX, GeoJSON or CSV, read by the same
readers as every file of fixes."""

from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tagwatch.core.statement import MOST_TRACK, TrackSpot
from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileError, FileReport
from tagwatch.ingest.files.csv_own import read_own
from tagwatch.ingest.files.geojson import read_geojson
from tagwatch.ingest.files.gpx import read_gpx

MOST_CHARACTERS: Final = 1_000_000
UNSAID_M: Final = 50.0
"""The 95 % radius of a place of her track that says none: a phone in a street, on the wide side."""
_TO_95: Final = {0.5: 2.079, 0.68: 1.616}
"""From radii of other shares to 95 % (factors 1.177, 1.515 and 2.448 per axis)."""


def read_track(text: str, now: Instant) -> tuple[TrackSpot, ...]:
    """Return the places of a track in order of time. Raises ValueError, saying what to mend."""
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise ValueError("the track is longer than a million characters: give the part asked about")
    reader, suffix = read_own, "csv"
    if text.startswith("<"):
        reader, suffix = read_gpx, "gpx"
    elif text.startswith("{"):
        reader, suffix = read_geojson, "geojson"
    report = FileReport()
    found: dict[int, TrackSpot] = {}
    with TemporaryDirectory(prefix="tagwatch-track-") as folder:
        path = Path(folder) / f"track.{suffix}"
        path.write_text(text + "\n", encoding="utf-8")
        try:
            for block in reader(path, report, now):
                for fix in block.fixes:
                    spot = _spot(
                        int(fix["fixed_at"]), float(fix["lon_deg"]), float(fix["lat_deg"]),
                        float(fix["accuracy_m"]), float(fix["confidence"]),
                    )  # fmt: skip
                    found.setdefault(spot.at, spot)
        except FileError as error:
            said = str(error).replace(str(path), "the track")
            raise ValueError(f"the track cannot be read: {said}") from error
    if report.faults:
        first = report.named[0] if report.named else None
        where = f" (row {first.row}: {first.what})" if first is not None else ""
        raise ValueError(f"{report.faults} rows of the track were not understood{where}")
    if not 2 <= len(found) <= MOST_TRACK:
        raise ValueError(f"the track needs 2 to {MOST_TRACK:,} places with a time each")
    return tuple(found[at] for at in sorted(found))


def _spot(at: int, lon: float, lat: float, accuracy_m: float, share: float) -> TrackSpot:
    known = isfinite(accuracy_m) and accuracy_m > 0.0
    factor = _TO_95.get(round(share, 2), 1.0) if isfinite(share) else 1.616
    radius_m = min(accuracy_m * factor, 100_000.0) if known else UNSAID_M
    return TrackSpot(at=Instant(at), lon_deg=lon, lat_deg=lat, accuracy_m=radius_m)
