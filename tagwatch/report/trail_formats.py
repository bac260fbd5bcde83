"""Every format in which a trail is handed out: who writes it, and what it is called."""

from typing import Final, NamedTuple

from tagwatch.report.trail_csv import write_csv, write_moj, write_moj_full
from tagwatch.report.trail_file import TrailFormat, Writer
from tagwatch.report.trail_geojson import write_geojson
from tagwatch.report.trail_geoparquet import write_geoparquet
from tagwatch.report.trail_gpx import write_gpx
from tagwatch.report.trail_kml import write_kml
from tagwatch.report.trail_nmea import write_nmea


class FormatFacts(NamedTuple):
    """One format: its writer, the ending of its files, its media type, and what it is for."""

    write: Writer
    ending: str
    media_type: str
    says: str


FORMATS: Final[dict[TrailFormat, FormatFacts]] = {
    TrailFormat.GPX: FormatFacts(
        write_gpx, "gpx", "application/gpx+xml", "GPX 1.1, for maps and hand-held receivers"
    ),
    TrailFormat.KML: FormatFacts(
        write_kml,
        "kml",
        "application/vnd.google-earth.kml+xml",
        "KML 2.2, each fix drawn with its 95 % circle",
    ),
    TrailFormat.GEOJSON: FormatFacts(
        write_geojson, "geojson", "application/geo+json", "GeoJSON, with every field"
    ),
    TrailFormat.CSV: FormatFacts(
        write_csv, "csv", "text/csv; charset=utf-8", "CSV with every field"
    ),
    TrailFormat.MOJ: FormatFacts(
        write_moj, "moj.csv", "text/csv; charset=utf-8", "Ministry of Justice trail CSV, condensed"
    ),
    TrailFormat.MOJ_FULL: FormatFacts(
        write_moj_full,
        "moj-full.csv",
        "text/csv; charset=utf-8",
        "Ministry of Justice trail CSV, full: with the person and the order",
    ),
    TrailFormat.NMEA: FormatFacts(
        write_nmea, "nmea", "text/plain; charset=us-ascii", "NMEA 0183, as receivers log it"
    ),
    TrailFormat.GEOPARQUET: FormatFacts(
        write_geoparquet,
        "parquet",
        "application/vnd.apache.parquet",
        "GeoParquet 1.1, with every field",
    ),
}
