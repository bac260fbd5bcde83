"""What the readable files of a bundle tell, as plain data: nothing here reads or decides."""

from typing import Final

import msgspec

from tagwatch.core.units import Instant, iso

Ring = tuple[tuple[float, float], ...]
MOST_ROWS: Final = 300
"""Fixes in a printed table; the file fixes.csv has them all."""


class Dot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fix."""

    number: int
    fix_id: str
    at: Instant
    lon_deg: float
    lat_deg: float
    sent_m: float | None
    """The radius as the tag sent it, and its confidence."""
    sent_confidence: float | None
    radius_m_95: float | None
    source: str
    marks: str
    decides: bool


class DrawnPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A zone or a place where he must be, and its outline."""

    label: str
    is_zone: bool
    rings: tuple[Ring, ...]


class FoundLine(msgspec.Struct, frozen=True, kw_only=True):
    """One finding in words and numbers."""

    what: str
    how_sure: str
    probability: str
    begins: str
    ends: str
    place: str
    versions: str
    fixes: tuple[str, ...]
    told: str


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All that the guide, exhibits, method, statement and disclosure list say."""

    wearer_id: str
    window: tuple[Instant, Instant]
    made_at: Instant
    is_closed: bool
    """Of the closed files: it also tells of places he was not told of."""
    has_closed: bool
    """Whether there are closed files at all."""
    dots: tuple[Dot, ...]
    gaps: tuple[tuple[Instant, Instant], ...]
    places: tuple[DrawnPlace, ...]
    found: tuple[FoundLine, ...]
    conditions: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    undermining: tuple[str, ...]
    """What speaks against the findings or weakens them, in sentences."""

    @property
    def span(self) -> str:
        """The window in words."""
        return f"{iso(self.window[0])} to {iso(self.window[1])} (UTC)"

    @property
    def reference(self) -> str:
        """At the foot of every page."""
        return f"Wearer {self.wearer_id}, {iso(self.window[0])[:10]}"
