"""What stands in a file of `scenarios/`: events in; episodes, alerts and who was told out.

Times are London clock times on the day of `starts`: `22:05`, `22:05:30`, `+1 06:30` (the next
day). A time that the clocks do not say, or say twice, is written in UTC: `00:30Z`. Places are
metres east and north of a point in London, or the name of one. scenarios/README.md has it all.
"""

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.core.geometry import LonLat
from tagwatch.core.timetable import LONDON, CurfewRow, Weekday
from tagwatch.core.units import Instant, instant
from tests.walk.timeline import metres_from

ORIGIN: Final = LonLat(lon_deg=-0.1000, lat_deg=51.5000)
_CLOCK: Final = re.compile(r"(?:\+(\d+) )?(\d\d:\d\d(?::\d\d)?)(Z?)")
_ROW: Final = re.compile(r"(\w\w) (\d\d:\d\d) (\w\w) (\d\d:\d\d)")

Spot = str | tuple[float, float]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class WearerIn(_Part, frozen=True, kw_only=True):
    """Somebody tagged since the start."""

    name: str = "w1"
    basis: str = "licence"
    programme: str = "domestic_abuse"
    phone: str | None = None
    count: int = 1
    """More than one: a crowd of them, named w1-0, w1-1 …"""
    report_interval_s: int = 300
    tagged: bool = True
    """Else a tag is fitted later."""


class ZoneIn(_Part, frozen=True, kw_only=True):
    """An exclusion zone: a disc, or a polygon."""

    name: str
    wearer: str = "w1"
    centre: Spot | None = None
    radius_m: float = 0.0
    corners: tuple[tuple[float, float], ...] = ()
    buffer_m: float = 0.0
    schedule: tuple[str, ...] = ()
    """Rows such as `Mo 09:00 Mo 17:00`."""
    knowledge: str = "told"
    protects: tuple[str, ...] = ()
    told: str | None = None
    """None: from the start. `never`: not yet."""


class CurfewIn(_Part, frozen=True, kw_only=True):
    """Where he must be: a curfew, or what else the order calls it."""

    name: str = "home"
    wearer: str = "w1"
    at: Spot = "home"
    radius_m: float = 100.0
    rows: tuple[str, ...] = ()
    release_night: tuple[str, str] | None = None
    grace_s: int = 300
    told: str | None = None
    demand: str = "curfew"
    """Or `attendance`, `inclusion_zone`, `restriction_zone`."""
    also: tuple[Spot, ...] = ()
    """Other addresses of which any will do."""
    corners: tuple[tuple[float, float], ...] = ()
    """An area with an outline, in place of the circle."""
    appointments: tuple[tuple[str, str], ...] = ()
    """Single windows."""


class NoContactIn(_Part, frozen=True, kw_only=True):
    """Another wearer whom this one must not meet."""

    name: str = "apart"
    wearer: str = "w1"
    other: str = "w2"
    distance_m: float = 100.0
    protects: tuple[str, ...] = ()
    told: str | None = None


class FixesIn(_Part, frozen=True, kw_only=True):
    """Fixes of one tag along a path, evenly in time, the last one just before `until`."""

    wearer: str = "w1"
    since: str
    until: str | None = None
    """None: one fix."""
    path: tuple[Spot, ...]
    every_s: int = 60
    accuracy_m: float = 10.0
    source: str = "gnss"
    wander_m: float = 0.0
    """How far each fix lies from the path at most, by a seed that never changes."""
    battery_pct: float | None = None
    motion: str | None = None
    """`still` or `moving`, if the tag says it."""
    tag: str | None = None
    """None: the tag worn at the time."""
    upload: str | None = None
    """None: each as it is made. Else all of them at this time."""
    newest_first: bool = False
    batch: int = 60
    again: str | None = None
    """All of it is sent once more at this time, as messages of their own."""


class SaysIn(_Part, frozen=True, kw_only=True):
    """Something a tag reports of itself."""

    at: str
    kind: str
    wearer: str = "w1"
    battery_pct: float | None = None
    upload: str | None = None


class ActIn(_Part, frozen=True, kw_only=True):
    """What a person records at a time."""

    at: str
    do: str
    """`tell`, `correct` (a zone's new version, valid from the start), `remove` (his tag), `fit`
    (the tag `name`), `swap` (both), `close` (the only alert of kind `name`) or `exempt` (an
    absence, a permission or his state: its cause is `name`)."""
    name: str = ""
    wearer: str = "w1"
    centre: Spot | None = None
    radius_m: float | None = None
    since: str | None = None
    """Of what is exempt: None: from when it is recorded."""
    until: str | None = None
    lifts: tuple[str, ...] = ()
    """Names of the conditions it lifts; none: what its cause lifts."""


class EpisodeOut(_Part, frozen=True, kw_only=True):
    """One episode that must have been found."""

    rule: str
    finding: str | tuple[str, ...]
    """Or several, where honest judgement allows either."""
    phase: str
    wearer: str = "w1"
    condition: str | None = None
    before_told: bool = False
    entered: tuple[str, str] | None = None
    """The bounds of his entry lie within."""
    left: tuple[str, str] | None = None
    detail: str | None = None
    version: int | None = None
    """Of the condition."""


class AlertOut(_Part, frozen=True, kw_only=True):
    """One alert that must have been raised."""

    kind: str
    finding: str | tuple[str, ...]
    wearer: str | None = "w1"
    """`-`: of the installation."""
    known: tuple[str, str]
    """Raised in [from, until)."""
    duties: tuple[str, ...]
    """Exactly these were told, at any stage."""
    confirmed_by: str | None = None
    """A notification said `confirmed` before this."""
    stages: tuple[str, ...] | None = None
    """Exactly these stages were told, escalations aside."""
    severity: str | None = None
    late: bool = False
    before_told: bool = False
    explained_by: str | None = None
    """Kind of the alert that explains it."""
    affected: int | None = None
    causes: dict[str, str] = {}
    """Of a silence: what the last card says of each cause named, such as `battery = "likely"`."""
    count: int = 1
    """So many alike, one a wearer, when the wearer is a crowd."""


class NotExcludedOut(_Part, frozen=True, kw_only=True):
    """A gap between fixes in which he can have been in a zone: a mark, and no more."""

    zone: str
    between: tuple[str, str]
    """The fixes before and after it, by their time."""
    wearer: str = "w1"


class Scenario(_Part, frozen=True, kw_only=True):
    """One golden world. What is not expected must not happen."""

    title: str
    reason: str
    starts: datetime
    until: str
    places: dict[str, tuple[float, float]] = {}
    down: tuple[tuple[str, str], ...] = ()
    """The installation neither ticks nor takes anything in; tags keep what they have."""
    wearers: tuple[WearerIn, ...] = (WearerIn(),)
    zones: tuple[ZoneIn, ...] = ()
    curfews: tuple[CurfewIn, ...] = ()
    no_contacts: tuple[NoContactIn, ...] = ()
    fixes: tuple[FixesIn, ...] = ()
    says: tuple[SaysIn, ...] = ()
    acts: tuple[ActIn, ...] = ()
    episodes: tuple[EpisodeOut, ...] = ()
    alerts: tuple[AlertOut, ...] = ()
    not_excluded: tuple[NotExcludedOut, ...] = ()
    """Where any is named, these are all there must be."""

    def at(self, clock: str) -> Instant:
        """Return the instant of a clock time of this scenario."""
        found = _CLOCK.fullmatch(clock)
        if found is None:
            raise ValueError(f"{clock!r} is no time such as 22:05, +1 06:30 or 00:30Z")
        days, time, utc = found.groups()
        day = self.starts.date() + timedelta(days=int(days or 0))
        moment = datetime.fromisoformat(f"{day}T{time}")
        if utc:
            return instant(moment.replace(tzinfo=UTC))
        local = moment.replace(tzinfo=LONDON)
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            raise ValueError(f"{clock!r} is no time, or two, on {day}: write it in UTC, with Z")
        return instant(local)

    @property
    def began(self) -> Instant:
        """Return when it begins."""
        return instant(self.starts.replace(tzinfo=LONDON))

    @property
    def day(self) -> date:
        """Return the London date of clock times without a day."""
        return self.starts.date()

    def spot(self, spot: Spot) -> tuple[float, float]:
        """Return metres east and north of the origin."""
        if isinstance(spot, str):
            if spot not in self.places:
                raise ValueError(f"no place {spot!r}; there are {sorted(self.places)}")
            return self.places[spot]
        return spot

    def place(self, spot: Spot) -> LonLat:
        """Return a place on the globe."""
        return metres_from(ORIGIN, *self.spot(spot))


def row(text: str) -> CurfewRow:
    """Return a weekly row such as `Mo 19:00 Tu 07:00`."""
    found = _ROW.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no row such as `Mo 19:00 Tu 07:00`")
    day, start, until_day, end = found.groups()
    return CurfewRow(
        from_day=Weekday(day),
        from_time=datetime.fromisoformat(f"2000-01-01T{start}").time(),
        until_day=Weekday(until_day),
        until_time=datetime.fromisoformat(f"2000-01-01T{end}").time(),
    )


def rows(texts: tuple[str, ...]) -> tuple[CurfewRow, ...]:
    """Return weekly rows; `every 19:00 07:00` stands for one of each day, past midnight or not."""
    found: list[CurfewRow] = []
    days = list(Weekday)
    for text in texts:
        if not text.startswith("every "):
            found.append(row(text))
            continue
        _, start, end = text.split()
        for number, day in enumerate(days):
            last = days[(number + (end <= start)) % 7]
            found.append(row(f"{day} {start} {last} {end}"))
    return tuple(found)


def read(path: Path) -> Scenario:
    """Return the scenario in `path`. Raises ValueError naming the file and what is wrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Scenario)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name}: {error}") from error
