"""A crime as police report it: what, when, where. Forces, types and limits are a profile's."""

import msgspec

from tagwatch.core.order import Programme
from tagwatch.core.plane import LonLat
from tagwatch.core.units import Instant


class Crime(msgspec.Struct, frozen=True, kw_only=True):
    """One reported crime; with equal ends it happened at that moment."""

    police_force: str
    """The force's identifier, as `Metropolitan`."""
    crime_type: str
    """The profile's identifier of the type, in capitals, as `RB`."""
    type_description: str
    batch_id: str
    reference: str
    """The force's own; a crime that is sent again has it again."""
    from_at: Instant
    to_at: Instant
    """Not before `from_at`. The window is closed: a fix at this moment lies in it."""
    place: LonLat
    """WGS84. Where police gave easting and northing: those, converted."""
    easting_m: float | None = None
    northing_m: float | None = None
    """As given, OSGB36; None where police gave longitude and latitude."""
    datum: str = ""
    text: str = ""


class CrimeProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Which crimes an intake takes, and how they are matched; a change is a new version."""

    profile_id: str
    """As `moj-acquisitive`."""
    version: int
    title: str
    forces: dict[str, str]
    """Code of the batch id by the force's identifier: `{"Metropolitan": "MPS"}`."""
    crime_types: dict[str, str]
    """What is said of a type by its identifier: `{"RB": "Robbery"}`."""
    longest_window_h: int
    vicinity_m: float
    programmes: tuple[Programme, ...]
    """Only wearers with an order of one of these programmes are matched."""
