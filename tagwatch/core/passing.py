"""Passers-by: fixes near a zone, mostly vague ones far off, that by the filter say nothing of it.

What `screen` leaves open by the fix alone is held against the fixes beside it, for all frames of a
batch at once. As the screen it may only say "certainly nothing"; what it leaves the rules step.
"""

from typing import Any, Final

import numpy as np

from tagwatch.core import passing_kernel as kernel
from tagwatch.core.compiled import COMPILED
from tagwatch.core.contour import scalar
from tagwatch.core.filter import MOTION_FLAGS, buffer
from tagwatch.core.filter_kernel import ROOM
from tagwatch.core.fix import FixBlock, Motion
from tagwatch.core.memory import NEAR_SHIFT, TRACKS, Answers
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.screen import Bounds
from tagwatch.core.settings import Settings
from tagwatch.core.stretch import limits_of

MARGIN: Final = 1e-4
"""Far more than two ways to the same probability differ by rounding."""

_FLAGS: Final = np.array([MOTION_FLAGS[motion] for motion in sorted(Motion)], dtype=np.int64)
_QUALITY: Final = ("accuracy_m", "confidence", "hdop", "satellites", "source")
_NO_MODEL: Final = ""
"""The tag model without errors of its own, as all have whom the screen answers for."""


def without_passers(
    block: FixBlock,
    starts: kernel.Ints,
    wearer: kernel.Ints,
    answers: Answers,
    known: Bounds,
    settings: Settings,
    prepared: Prepared,
) -> Answers:
    """Return the answers without the zones of which short runs of fixes certainly say nothing; the
    same array where nothing is gained.

    Frames begin at `starts`, (f + 1,). Only for a wearer who has no stay when the frame begins.
    """
    near = (answers & np.uint64(TRACKS << NEAR_SHIFT)) != 0
    if not COMPILED or not near.any() or _is_own(settings):
        return answers
    asked = near.copy()
    asked[:-1] |= near[1:]  # where the filter begins
    rows = np.flatnonzero(asked & known.known[wearer])
    columns: list[Any] = [block[name][rows].tolist() for name in _QUALITY]
    errors = prepared.errors.of_all(list(zip(*columns, strict=True)), _NO_MODEL, settings)
    numbers = np.zeros((3, len(block)))
    numbers[:, rows] = np.array([(e.log_claim, e.claim2, e.near_m) for e in errors]).T
    fixes = kernel.PassingFixes(
        at=np.ascontiguousarray(block["fixed_at"]),
        marks=np.ascontiguousarray(block["marks"]),
        flag=_FLAGS[block["motion"]],
        lon=np.ascontiguousarray(block["lon_deg"]),
        lat=np.ascontiguousarray(block["lat_deg"]),
        log_claim=numbers[0],
        claim2=numbers[1],
        near_m=numbers[2],
        wearer=wearer,
    )
    room = kernel.PassingRoom(
        before=buffer(ROOM),
        after=buffer(ROOM),
        plane=np.zeros(7),
        disc=buffer(3),
        edges=scalar(np.empty(0)),
        rows=np.zeros(1 + kernel.LONGEST, dtype=np.int64),
    )
    left = answers.copy()
    limits, rules = limits_of(prepared.follower(settings).filter, settings), settings.zone
    most = min(rules.thresholds.protect, rules.life_thresholds.protect) - MARGIN
    zones = kernel.PassingZones(
        known.zone, known.bit, np.maximum(known.protect, rules.floor) - MARGIN
    )
    kernel.let_go(fixes, starts, zones, limits, most, room, left)
    return left


def _is_own(settings: Settings) -> bool:
    return any(model.tag_model == _NO_MODEL for model in settings.errors.tag_models)
