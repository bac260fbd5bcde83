"""The week before the demonstration's history: coarser, and handed over by each tag day by day.

So there is a past week to make an overview of, without passing each of its minutes through the
door: what a tag stored until it was first reached comes as one batch a day.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.units import DAY, HOUR, SECOND, Instant
from tagwatch.sim.error import ErrorSource
from tagwatch.sim.routine import course
from tagwatch.sim.tag import DRAIN_PCT_PER_HOUR, Sample, own_fix
from tagwatch.sim.world import SimWearer, World, activation_id, tag_id

MOVING_S: Final = 110
RESTING_S: Final = 490
AGAIN_S: Final = 30
"""After a try that got no fix. With three of these in a row a pause is still within twice what the
tags' mode lets expect; a longer one is a gap."""
CHARGED_FOR: Final = 22 * HOUR


def earlier_frames(world: World) -> Iterator[FrameReceived]:
    """Yield the fixes of each wearer of [world.since, world.begins), a frame a day."""
    if world.since >= world.begins:
        return
    for sim in world.wearers:
        yield from _frames(world, sim)


def _frames(world: World, sim: SimWearer) -> Iterator[FrameReceived]:
    rng = np.random.default_rng([world.seed, sim.number, 2])
    truth = course(sim.life, rng, world.since, world.begins)
    errors = ErrorSource(rng)
    fixes: list[dict[str, object]] = []
    at, day, since_s = int(world.since), world.since // DAY, 300.0
    while at < world.begins:
        if fixes and at // DAY > day:
            yield _frame(sim, fixes)
            fixes, day = [], at // DAY
        standing = truth.standing(at)
        reported = errors.report(standing.place, standing.speed_mps, since_s)
        moving = standing.speed_mps > 0.3
        if reported is not None:
            where = truth.lonlat(standing.x_m + reported.dx_m, standing.y_m + reported.dy_m)
            lon, lat = round(where.lon_deg, 7), round(where.lat_deg, 7)
            drained = (at - world.since) % CHARGED_FOR / HOUR * DRAIN_PCT_PER_HOUR
            made = Sample(Instant(at), standing, lon, lat, reported, round(100.0 - drained, 1))
            fixes.append(own_fix(made))
        since_s = float(AGAIN_S if reported is None else MOVING_S if moving else RESTING_S)
        at += int((since_s + rng.uniform(-2, 2)) * SECOND)
    if fixes:
        yield _frame(sim, fixes)


def _frame(sim: SimWearer, fixes: list[dict[str, object]]) -> FrameReceived:
    body = msgspec.json.encode({"fixes": fixes, "events": []})
    return FrameReceived(
        protocol="tagwatch",
        body=body,
        content_type="application/json",
        tag_id=tag_id(sim.number),
        activation_id=activation_id(sim.number),
        wearer_id=sim.wearer.wearer_id,
        frame_sha256=sha256(body).digest(),
    )
