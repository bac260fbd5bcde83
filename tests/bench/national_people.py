"""A nation of plainly fictional wearers for measuring: homes, orders, one day's movement.

Everything follows from the seed. A tenth live or work at an edge of one of their zones; one in a
hundred goes into a zone for twenty minutes; some come home late for their curfew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from enum import Enum

import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core import ledger
from tagwatch.core.geometry import Disc, LonLat, Plane, Polygon
from tagwatch.core.ledger import Event
from tagwatch.core.order import (
    ConditionVersion,
    Curfew,
    ExclusionZone,
    LegalBasis,
    Order,
    Programme,
    Terms,
)
from tagwatch.core.person import Activation, Channel, Contact, Duty, Tag, TagMode, Wearer
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import DAY, HOUR, Instant, parse_iso

Floats = NDArray[np.float64]

BEGINS = parse_iso("2026-03-03T00:00:00Z")
"""A Tuesday in winter: London is on UTC. Tags have been on since the day before."""
BY = "bench"
ZONES = 5
SPEED_M_MIN = 400.0
MINUTES = 1440


class Kind(Enum):
    """Where the zones lie."""

    NATIONAL = "national"
    DENSE = "dense"
    """All five round home."""


@dataclass(slots=True)
class People:
    """w wearers. Spots are metres east and north of home; times are minutes of their own day."""

    home: Floats
    """(w, 2) lon, lat."""
    zone: Floats
    """(w, ZONES, 2) centres."""
    radius_m: Floats
    """(w, ZONES); of polygons, the reach of their L."""
    buffer_m: Floats
    times: Floats
    """(w, k) of the spots of `way`, rising."""
    way: Floats
    """(w, k, 2) where he is at those times; straight on between them."""
    phase_s: NDArray[np.int64]
    """(w,) second of the hour at which his tag begins to count minutes and uploads."""
    edge: NDArray[np.bool_]
    enters: NDArray[np.bool_]


def build(count: int, seed: int, kind: Kind) -> People:
    """Return `count` people."""
    rng = np.random.default_rng([seed, count])
    edge = rng.random(count) < 0.10
    enters = rng.random(count) < 0.01
    at_home = edge & (rng.random(count) < 0.5)
    work = _polar(rng.uniform(2_000, 9_000, count), rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(200, 500, (count, ZONES))
    buffer = rng.choice([100.0, 200.0], (count, ZONES))
    zone = np.stack([_clear(rng, work, radius[:, z] + buffer[:, z]) for z in range(ZONES)], axis=1)
    gap = radius[:, 0] + rng.uniform(25, 75, count)
    away = np.arctan2(work[:, 1], work[:, 0])
    zone[edge, 0] = (work + _polar(gap, away))[edge]
    zone[at_home, 0] = _polar(gap, away + np.pi)[at_home]
    buffer[edge, 0] = 0.0
    if kind is Kind.DENSE:
        turn = np.arange(ZONES)[None, :] * (2 * np.pi / ZONES)
        zone = _polar(radius + 60.0, turn + rng.uniform(0, 1, (count, 1)))
        buffer[:] = 0.0
    times, way = _day(rng, work, zone[:, 1], enters)
    return People(
        home=np.column_stack((rng.uniform(-2.5, 0.5, count), rng.uniform(51.0, 53.8, count))),
        zone=zone,
        radius_m=radius,
        buffer_m=buffer,
        times=times,
        way=way,
        phase_s=rng.integers(0, 3600, count),
        edge=edge,
        enters=enters,
    )


def _polar(length_m: Floats, angle: Floats) -> Floats:
    return np.stack((length_m * np.cos(angle), length_m * np.sin(angle)), axis=-1)


def _clear(rng: Generator, work: Floats, reach_m: Floats) -> Floats:
    """Return spots 1.5 to 12 km from home that keep clear of the way to work."""
    count = len(work)
    found = np.zeros((count, 2))
    wanted = np.ones(count, dtype=bool)
    for _ in range(40):
        far = 12_000 * np.sqrt(rng.uniform(0.02, 1, count))
        spot = _polar(far, rng.uniform(0, 2 * np.pi, count))
        share = np.clip((spot * work).sum(1) / (work * work).sum(1), 0, 1)
        off = np.hypot(*(spot - share[:, None] * work).T)
        good = wanted & (off > reach_m + 700)
        found[good] = spot[good]
        wanted &= ~good
    if wanted.any():
        raise RuntimeError("no clear place for a zone was found: draw more often")
    return found


def _day(
    rng: Generator, work: Floats, zone: Floats, enters: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return times and spots: home, work, perhaps a zone or an errand, home before seven."""
    count = len(work)
    leaves = np.clip(rng.normal(510, 40, count), 430, 620)
    ends = np.clip(rng.normal(960, 40, count), 800, 1040)
    errand = work * 0.5 + rng.normal(0, 150, (count, 2))
    stop = np.where(enters[:, None], zone, errand)
    stays = np.where(enters, 20.0, np.where(rng.random(count) < 0.3, 25.0, 0.0))
    late = rng.random(count) < 0.02
    stays = np.where(late & ~enters, stays + 150.0, stays)
    home = np.zeros((count, 2))
    spots = [home, home, work, work, stop, stop, home, home]
    at = [np.zeros(count), leaves]
    at.append(at[-1] + _minutes(home, work))
    at.append(np.maximum(ends, at[-1] + 60))
    at.append(at[-1] + _minutes(work, stop))
    at.append(at[-1] + stays)
    at.append(at[-1] + _minutes(stop, home))
    at.append(np.maximum(at[-1] + 1, MINUTES + 60.0))
    return np.stack(at, axis=1), np.stack(spots, axis=1)


def _minutes(start: Floats, end: Floats) -> Floats:
    return np.maximum(1.0, np.hypot(*(end - start).T) / SPEED_M_MIN)


def settings() -> Settings:
    """Return the settings of an installation whose tags upload once an hour.

    No officer answers in this day, so the clocks of unanswered alerts are set beyond it:
    otherwise every alert would be told to the next rank hour after hour.
    """
    standard = DEFAULT_SETTINGS
    beyond_s = 2 * 86_400
    return msgspec.structs.replace(
        standard,
        version=2,
        curfew=msgspec.structs.replace(standard.curfew, unseen_after_s=3 * 3600),
        comms=msgspec.structs.replace(standard.comms, no_location_s=3 * 3600),
        alert=msgspec.structs.replace(
            standard.alert,
            acknowledge_life_s=beyond_s,
            acknowledge_urgent_s=beyond_s,
            acknowledge_routine_s=beyond_s,
        ),
    )


NIGHTS = tuple(
    CurfewRow(from_day=day, from_time=time(19), until_day=following, until_time=time(7))
    for day, following in zip(Weekday, [*list(Weekday)[1:], next(iter(Weekday))], strict=True)
)


def register(
    people: People,
    begins: Instant = BEGINS,
    rows: tuple[CurfewRow, ...] = NIGHTS,
    ordered: Instant | None = None,
) -> Iterator[Event]:
    """Yield the events that enter everybody into the register: tags put on at `begins`, by orders
    that begin then, or when `ordered` says."""
    start = Instant(begins - DAY)
    yield ledger.SettingsPublished(settings=settings(), effective_from=start, by=BY)
    for duty in Duty:
        contact = Contact(contact_id=f"k_{duty}", label=duty, duty=duty, channel=Channel.IN_APP)
        yield ledger.ContactRecorded(contact=contact, by=BY)
    mode = TagMode(name="hourly", report_interval_s=3600)
    for w in range(len(people.home)):
        wearer = Wearer(
            wearer_id=wearer_id(w),
            name=f"Benchmark Wearer {w:05d}",
            programme=Programme.DOMESTIC_ABUSE,
            borough="none",
            agency="bench",
        )
        order = Order(
            order_id=f"o{w:05d}",
            wearer_id=wearer.wearer_id,
            reference=f"BENCH/{w}",
            legal_basis=LegalBasis.LICENCE,
            programme=Programme.DOMESTIC_ABUSE,
            starts_at=begins if ordered is None else ordered,
        )
        activation = Activation(
            activation_id=activation_id(w),
            tag_id=tag_id(w),
            wearer_id=wearer.wearer_id,
            started_at=begins,
        )
        yield ledger.WearerRecorded(wearer=wearer, by=BY)
        yield ledger.TagRecorded(tag=Tag(tag_id=tag_id(w), serial=f"S{w:05d}", mode=mode), by=BY)
        yield ledger.ActivationStarted(activation=activation, by=BY)
        yield ledger.OrderRecorded(order=order, by=BY)
        for number, terms in enumerate(_terms(people, w, rows)):
            version = ConditionVersion(
                condition_id=f"c{w:05d}-{number}",
                version=1,
                order_id=order.order_id,
                wearer_id=wearer.wearer_id,
                terms=terms,
                valid_from=start,
                recorded_at=start,
                told_at=Instant(start + HOUR),
            )
            yield ledger.ConditionRecorded(condition=version, by=BY)


def wearer_id(w: int) -> str:
    """Return the id of wearer number w."""
    return f"w{w:05d}"


def activation_id(w: int) -> str:
    """Return the id of his activation."""
    return f"a{w:05d}"


def tag_id(w: int) -> str:
    """Return the id of his tag."""
    return f"t{w:05d}"


def _terms(people: People, w: int, rows: tuple[CurfewRow, ...]) -> list[Terms]:
    """Return three discs, two L-shaped town centres (of five zones) and the curfew at home."""
    home = LonLat(lon_deg=float(people.home[w, 0]), lat_deg=float(people.home[w, 1]))
    plane = Plane.at(home)
    made: list[Terms] = []
    for z in range(ZONES):
        x_m, y_m = (float(v) for v in people.zone[w, z])
        radius_m = float(people.radius_m[w, z])
        shape: Disc | Polygon = Disc(centre=plane.lonlat(x_m, y_m), radius_m=radius_m)
        if z >= 3:
            half = radius_m / 1.5
            corners = ((-1, -1), (1, -1), (1, 0.2), (0, 0.2), (0, 1), (-1, 1), (-1, -1))
            ring = tuple(plane.lonlat(x_m + half * x, y_m + half * y) for x, y in corners)
            shape = Polygon(rings=(ring,))
        buffer_m = float(people.buffer_m[w, z])
        made.append(ExclusionZone(label=f"Zone {z}", shape=shape, buffer_m=buffer_m))
    made.append(Curfew(label="Home", address=home, rows=rows))
    return made
