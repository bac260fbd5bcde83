"""Whether he kept near her along her way: his fixes against her own track, by both errors."""

from collections.abc import Sequence
from itertools import combinations
from math import nan
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, FixBlock, Source
from tagwatch.core.ids import ActivationId
from tagwatch.core.meeting import Answer, Followed, Meeting, Meetings, meetings
from tagwatch.core.person import TagMode
from tagwatch.core.plane import LonLat, distance_m
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.statement import Statement, TrackSpot
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import MINUTE, SECOND, Instant

APART_M: Final = 300.0
"""Near her at two places so far apart is along her way: one place can be chance."""
_LONG: Final = 10 * MINUTE


class Alongside(msgspec.Struct, frozen=True, kw_only=True):
    """What the two trails say of his keeping near her."""

    meetings: Meetings
    along: bool
    """Near her at places at least 300 m apart, each shown by independent fixes of both."""
    p_near: float
    """P(near her) at the pair of fixes that shows it best."""


def alongside(
    statement: Statement,
    trail: Sequence[TrailPart],
    him: Followed,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
    earlier: int = 0,
) -> Alongside:
    """Return whether he kept near her in the window; `earlier` puts her track so much back in
    time, for how often he is where she went anyway."""
    block = track_block(statement.track, earlier)
    first, last = (Instant(int(block["fixed_at"][row])) for row in (0, -1))
    expected_s = _expected_s(block)
    hers = Followed(
        [TrailPart(ActivationId("hers"), "", block)],
        [(first, Instant(last + SECOND))],
        TagMode(moving_interval_s=expected_s, resting_interval_s=expected_s),
    )
    his = Followed(trail, him.worn, him.mode)
    found = meetings(his, hers, statement.within_m, window, settings, prepared)
    shown = [each for each in found.meetings if each.answer is Answer.YES]
    return Alongside(
        meetings=found,
        along=_along(shown, statement.track, earlier),
        p_near=max((each.p_near for each in found.meetings), default=0.0),
    )


def _expected_s(block: FixBlock) -> int:
    """Return how often her track says where she was: half of its places come no later."""
    steps = np.diff(block["fixed_at"]) / SECOND
    return int(min(max(float(np.median(steps)), 30.0), 600.0)) if len(steps) else 60


def _along(shown: Sequence[Meeting], track: Sequence[TrackSpot], earlier: int) -> bool:
    spots = [LonLat(lon_deg=each.lon_deg, lat_deg=each.lat_deg) for each in shown]
    if any(distance_m(a, b) >= APART_M for a, b in combinations(spots[:50], 2)):
        return True
    for each in shown:
        hers = [s for s in track if each.start <= s.at - earlier <= each.end]
        if len(hers) > 1 and each.end - each.start >= _LONG // 2:
            ends = [LonLat(lon_deg=s.lon_deg, lat_deg=s.lat_deg) for s in (hers[0], hers[-1])]
            if distance_m(*ends) >= APART_M:
                return True
    return False


def track_block(track: Sequence[TrackSpot], earlier: int = 0) -> FixBlock:
    """Return her track as fixes, `earlier` by so much."""
    block = np.zeros(len(track), dtype=FIX_DTYPE)
    for name in FIX_DTYPE.names or ():
        if block.dtype[name].kind == "f":
            block[name] = nan
    block["fixed_at"] = [each.at - earlier for each in track]
    block["received_at"], block["sent_at"] = block["fixed_at"], NO_INSTANT
    block["lon_deg"] = [each.lon_deg for each in track]
    block["lat_deg"] = [each.lat_deg for each in track]
    block["accuracy_m"] = [each.accuracy_m for each in track]
    block["confidence"], block["source"] = 0.95, int(Source.UNKNOWN)
    block["index"] = np.arange(len(track))
    block["satellites"], block["charging"] = -1, -1
    return block
