"""A place moved by so many metres: what would be said if it were marked a little off."""

from tagwatch.core.geometry import Disc, LonLat, MultiPolygon, Plane, Polygon, Shape


def moved_by(shape: Shape, east_m: float, north_m: float) -> Shape:
    """Return the shape moved by so many metres."""
    if isinstance(shape, Disc):
        return Disc(centre=_moved(shape.centre, east_m, north_m), radius_m=shape.radius_m)
    if isinstance(shape, MultiPolygon):
        parts = tuple(_moved_part(part, east_m, north_m) for part in shape.parts)
        return MultiPolygon(parts=parts)
    return _moved_part(shape, east_m, north_m)


def _moved_part(part: Polygon, east_m: float, north_m: float) -> Polygon:
    rings = tuple(tuple(_moved(each, east_m, north_m) for each in ring) for ring in part.rings)
    return Polygon(rings=rings)


def _moved(place: LonLat, east_m: float, north_m: float) -> LonLat:
    kx_m, ky_m = Plane.at(place).scale_m
    return LonLat(lon_deg=place.lon_deg + east_m / kx_m, lat_deg=place.lat_deg + north_m / ky_m)
