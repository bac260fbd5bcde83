"""Files of crimes for the demonstration: plainly fictional, most of them where wearers were.

Three files of the last days: one whole; one of which some rows are bad; and one that sends some
of the first again, changed or as they were.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import numpy as np

from tagwatch.core.crime_profiles import profile_of
from tagwatch.core.event import Event
from tagwatch.core.ids import derived_id
from tagwatch.core.order import Programme
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, utc
from tagwatch.ingest.crime_batch import Sent, take_in
from tagwatch.sim.world import SimWearer, World

PROFILE: Final = "knife-crime"
CRIMES: Final = 8
_TEXTS: Final = ("Fictional. Made by the simulator.", '"Fictional, as all of this is."')
_KINDS: Final = ("KWI", "KRB", "KTH", "KPO")


def crime_events(world: World, now: Instant) -> Iterator[Event]:
    """Yield what brings three files of crimes in, as if they had come by the folder."""
    day = utc(Instant(now - DAY)).strftime("%Y%m%d")
    rows = [_row(world, number, now, f"MPS{day}") for number in range(CRIMES)]
    yield from _file(rows, f"demo-{day}.csv", Instant(now - 3 * HOUR))
    bad = [_row(world, number, now, f"MPS{day}-1") for number in range(CRIMES, CRIMES + 6)]
    bad[1][5] = "yesterday"
    bad[3][9], bad[3][10] = "91.5", ""
    bad[4][1] = "XX"
    yield from _file(bad, f"demo-{day}-1.csv", Instant(now - 2 * HOUR))
    again = [[*row] for row in rows[:4]]
    for row in again:
        row[3] = f"MPS{day}-R"
    again[0][12] = "Fictional. A witness saw a red car."
    again[1][9] = f"{float(again[1][9]) + 0.001:.6f}"
    yield from _file(again, f"demo-{day}-R.csv", Instant(now - HOUR))


def _file(rows: list[list[str]], name: str, at: Instant) -> Iterator[Event]:
    content = "".join(",".join(row) + "\r\n" for row in rows).encode()
    sent = Sent(derived_id("cb", "demo", name), "folder", name, at)
    profile = profile_of(PROFILE)
    if profile is None:
        raise LookupError(f"there is no profile {PROFILE}")
    yield from take_in(BytesIO(content), len(content), sent, profile).events


def _row(world: World, number: int, now: Instant, batch_id: str) -> list[str]:
    """Return a crime near which somebody was at about that time, or nobody where none is tagged."""
    rng = np.random.default_rng([world.seed, number, 7])
    sim = _suspect(world, number)
    at = Instant(now - DAY - round(rng.uniform(0, 20)) * HOUR)
    standing = sim.tag.course.standing(at)
    away = rng.normal(0.0, 20.0 if number % 3 else 4_000.0, 2)
    place = sim.tag.course.lonlat(standing.x_m + away[0], standing.y_m + away[1])
    ends = (utc(Instant(at - 20 * MINUTE)), utc(Instant(at + 20 * MINUTE)))
    began, ended = (end.strftime("%Y%m%d%H%M%S") for end in ends)
    kind = _KINDS[number % len(_KINDS)]
    return [
        *("Metropolitan", kind, "fictional", batch_id, f"DEMO/{number:04d}/26", began, ended),
        *("", "", f"{place.lat_deg:.6f}", f"{place.lon_deg:.6f}", "WGS84"),
        _TEXTS[number % len(_TEXTS)],
    ]


def _suspect(world: World, number: int) -> SimWearer:
    under = [sim for sim in world.wearers if sim.order.programme is Programme.KNIFE_CRIME]
    among = under or world.wearers
    return among[number % len(among)]
