"""A trail as GeoJSON (RFC 7946): a Point a fix with all that is known of it, a line a feature."""

from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from tagwatch.report.trail_file import CIRCLE, TrailHead, TrailRow, fields_of, head_words

_ENCODER = msgspec.json.Encoder()


def write_geojson(head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write all fixes; one without a place has no geometry."""
    about = {"about": head_words(head), "circles": CIRCLE, "wearer_id": head.wearer.wearer_id}
    file.write(_ENCODER.encode({"type": "FeatureCollection", **about})[:-1] + b',"features":[')
    between = b"\n"
    for row in rows:
        properties = fields_of(head, row)
        lon, lat = properties.pop("lon"), properties.pop("lat")
        feature = {
            "type": "Feature",
            "geometry": None if lat is None else {"type": "Point", "coordinates": [lon, lat]},
            "properties": properties,
        }
        file.write(between + _ENCODER.encode(feature))
        between = b",\n"
    file.write(b"\n]}\n")
