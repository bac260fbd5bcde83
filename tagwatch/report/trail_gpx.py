"""A trail as GPX 1.1: a track a tag, a segment up to each gap, so that no gap is drawn as a way."""

from collections.abc import Iterable
from typing import BinaryIO, Final

from tagwatch.core.fix import Source
from tagwatch.core.units import iso
from tagwatch.report.trail_file import CIRCLE, TrailHead, TrailRow, fields_of, head_words, walked
from tagwatch.report.trail_xml import said

OURS: Final = "urn:tagwatch:trail:1"
"""Namespace of what GPX has no element for."""
_OWN_ELEMENTS: Final = frozenset({"lat", "lon", "altitude_m", "time", "hdop"})


def write_gpx(head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write the fixes that have a place."""
    file.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="Tagwatch" xmlns="http://www.topografix.com/GPX/1/1" '
        f'xmlns:tw="{OURS}">\n<metadata><name>{said(head.wearer.wearer_id)}</name>'
        f"<desc>{said(head_words(head))} {said(CIRCLE)}</desc>"
        f"<time>{iso(head.made_at)}</time></metadata>\n".encode()
    )
    tag, closing = None, ""
    for row, begins in walked(head, rows):
        if tag != row.activation_id:
            file.write(closing.encode())
            file.write(f"<trk><name>{said(head.serial(row.activation_id))}</name>\n".encode())
            tag, closing = row.activation_id, "</trk>\n"
        if begins:
            file.write(b"<trkseg>\n" if closing == "</trk>\n" else b"</trkseg>\n<trkseg>\n")
            closing = "</trkseg></trk>\n"
        file.write(_point(head, row).encode())
    file.write(f"{closing}</gpx>\n".encode())


def _point(head: TrailHead, row: TrailRow) -> str:
    """Return one point; GPX fixes the order of its elements."""
    parts = [f'<trkpt lat="{said(row.lat_deg)}" lon="{said(row.lon_deg)}">']
    if row.altitude_m is not None:
        parts.append(f"<ele>{said(row.altitude_m)}</ele>")
    parts.append(f"<time>{iso(row.fixed_at)}</time>")
    # A count of satellites, and the HDOP of them, are of GNSS alone: readers take them for it.
    if row.satellites is not None and row.source is Source.GNSS:
        parts.append(f"<sat>{row.satellites}</sat>")
    if row.hdop is not None:
        parts.append(f"<hdop>{said(row.hdop)}</hdop>")
    own = [
        f"<tw:{name}>{said(value)}</tw:{name}>"
        for name, value in fields_of(head, row).items()
        if name not in _OWN_ELEMENTS and value is not None and value != ""
    ]
    return "".join([*parts, "<extensions>", *own, "</extensions></trkpt>\n"])
