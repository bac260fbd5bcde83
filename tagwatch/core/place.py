"""Frequented places: stops that lie together, over weeks."""

import msgspec

from tagwatch.core.plane import LonLat
from tagwatch.core.units import Instant


class FrequentedPlace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place he came back to, or stayed at: what its stops say together."""

    place: int
    """From 1, by the first visit; a number once given stays with its place."""
    lon_deg: float
    lat_deg: float
    radius_m: float
    """The place lies within this of the centre with 95 % probability."""
    visits: int
    """Stops; one that runs on over a gap counts once."""
    days: int
    """London dates on which he was seen there."""
    nights: int
    """Nights (00:00 to 06:00 London) of which he was seen there for at least half."""
    first_at: Instant
    last_at: Instant
    dwell_s_least: int
    dwell_s_most: int
    """All stays together, by the latest arrivals and earliest departures, and the other way."""
    confidence: float
    """That this is one place and his fixes show it rather than another: 0 to 1."""
    home_probability: float
    """That he lives here, by the nights seen, against all other places and none of them."""
    at_curfew_address: float
    """P that the curfew address given lies here; 0 without one."""

    @property
    def centre(self) -> LonLat:
        """The middle of its stops."""
        return LonLat(lon_deg=self.lon_deg, lat_deg=self.lat_deg)


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The frequented places of some weeks, and which stop belongs to which."""

    places: tuple[FrequentedPlace, ...]
    """By number."""
    of_stop: tuple[int, ...]
    """For each stop given, in its order, the number of its place."""
    nights_seen: int
    """Nights of which at least half was seen, anywhere: what `nights` are out of."""

    def numbered(self, place: int) -> FrequentedPlace | None:
        """Return the place of that number."""
        return next((each for each in self.places if each.place == place), None)

    @property
    def home(self) -> FrequentedPlace | None:
        """The likeliest home, if it is likelier than not."""
        best = max(self.places, key=lambda each: each.home_probability, default=None)
        return best if best is not None and best.home_probability > 0.5 else None
