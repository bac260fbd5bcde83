"""A trail as KML 2.2: each fix a dot in its circle, at its time, and no line between fixes."""

from collections.abc import Iterable
from math import cos, pi, sin
from typing import BinaryIO, Final

from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.units import iso
from tagwatch.report.trail_file import CIRCLE, TrailHead, TrailRow, fields_of, head_words
from tagwatch.report.trail_xml import said

CORNERS: Final = 24
"""Of the polygon drawn for a circle: within 1 % of it."""
_TURNS: Final = tuple(
    (cos(2 * pi * corner / CORNERS), sin(2 * pi * corner / CORNERS))
    for corner in (*range(CORNERS), 0)
)
_STEP_DEG: Final = 0.01
"""Over which the metres of a degree are taken: a circle is small, and drawn to within 1 %."""
_LARGEST_M: Final = 100_000.0
"""A larger circle is said and not drawn: it would cover the country."""


def write_kml(head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write all fixes; one without a place has its time and data, and no geometry."""
    file.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document><name>{said(head.wearer.wearer_id)}</name>"
        f"<description>{said(head_words(head))} {said(CIRCLE)}</description>\n"
        '<Style id="fix"><IconStyle><scale>0.4</scale></IconStyle><LabelStyle><scale>0</scale>'
        "</LabelStyle><LineStyle><color>ff70511d</color></LineStyle>"
        "<PolyStyle><color>3370511d</color></PolyStyle></Style>\n".encode()
    )
    for row in rows:
        file.write(_placemark(head, row).encode())
    file.write(b"</Document></kml>\n")


def _placemark(head: TrailHead, row: TrailRow) -> str:
    data = "".join(
        f'<Data name="{name}"><value>{said(value)}</value></Data>'
        for name, value in fields_of(head, row).items()
        if value is not None and value != ""
    )
    return (
        f"<Placemark><name>{row.number}</name><TimeStamp><when>{iso(row.fixed_at)}</when>"
        f"</TimeStamp><styleUrl>#fix</styleUrl><ExtendedData>{data}</ExtendedData>"
        f"{_shape(row)}</Placemark>\n"
    )


def _shape(row: TrailRow) -> str:
    if row.lon_deg is None or row.lat_deg is None:
        return ""
    point = f"<Point><coordinates>{said(row.lon_deg)},{said(row.lat_deg)}</coordinates></Point>"
    if row.radius_m_95 is None or row.radius_m_95 > _LARGEST_M:
        return point
    plane = Plane.at(LonLat(lon_deg=row.lon_deg, lat_deg=row.lat_deg))
    east_m, _ = plane.xy(row.lon_deg + _STEP_DEG, row.lat_deg)
    _, north_m = plane.xy(row.lon_deg, row.lat_deg + _STEP_DEG)
    wide, high = (row.radius_m_95 * _STEP_DEG / metres for metres in (east_m, north_m))
    ring = " ".join(
        f"{row.lon_deg + wide * east:.7f},{row.lat_deg + high * north:.7f}"
        for east, north in _TURNS
    )
    return (
        f"<MultiGeometry>{point}<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></MultiGeometry>"
    )
