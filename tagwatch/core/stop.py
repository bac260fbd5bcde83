"""A stop: where somebody stayed, from when to when, each with how well it is known.

Stops describe; they decide nothing. `movements` finds them.
"""

import msgspec

from tagwatch.core.plane import LonLat
from tagwatch.core.units import SECOND, Instant


class Stop(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stay at one place. He was there from `arrived_latest` to `left_earliest` as far as seen;
    the true arrival lies in [arrived_earliest, arrived_latest] with 95 % probability, and the true
    departure in [left_earliest, left_latest]."""

    number: int
    """From 1 in the window, in order of time."""
    lon_deg: float
    lat_deg: float
    radius_m_95: float
    """The place lies within this of the centre with 95 % probability. Errors at rest are steady:
    more fixes do not make it small."""
    arrived_earliest: Instant | None
    """None: he was there before the window or the trail began."""
    arrived_latest: Instant | None
    left_earliest: Instant | None
    """None: he had not left when the window or the trail ended."""
    left_latest: Instant | None
    first_seen: Instant
    """First fix there within the window."""
    last_seen: Instant
    """Last fix there within the window."""
    fixes: int
    seen_s: int
    """Of [first_seen, last_seen], how long was observed: the rest is gaps."""

    @property
    def centre(self) -> LonLat:
        """The middle of its fixes."""
        return LonLat(lon_deg=self.lon_deg, lat_deg=self.lat_deg)

    @property
    def since(self) -> Instant:
        """The middle estimate of the arrival; its first fix if he was there before."""
        return _middle(self.arrived_earliest, self.arrived_latest, self.first_seen)

    @property
    def until(self) -> Instant:
        """The middle estimate of the departure; its last fix if he had not left."""
        return _middle(self.left_earliest, self.left_latest, self.last_seen)

    @property
    def least_s(self) -> int:
        """For how long he was there at the least."""
        since = self.first_seen if self.arrived_latest is None else self.arrived_latest
        until = self.last_seen if self.left_earliest is None else self.left_earliest
        return max(0, until - since) // SECOND

    @property
    def most_s(self) -> int:
        """For how long he was there at the most within the window, as far as it was seen."""
        since = self.first_seen if self.arrived_earliest is None else self.arrived_earliest
        until = self.last_seen if self.left_latest is None else self.left_latest
        return max(0, until - since) // SECOND


def _middle(low: Instant | None, high: Instant | None, otherwise: Instant) -> Instant:
    if low is None or high is None:
        return otherwise
    return Instant((low + high) // 2)
