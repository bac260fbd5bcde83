"""The facts of a silence, found in the wearer's fixes and in what his tag said of itself."""

from collections.abc import Sequence
from math import isnan, nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.alert import AlertKind
from tagwatch.core.fix import (
    FixBlock,
    Motion,
    Source,
    TagEvent,
    TagEventKind,
    empty_block,
    joined,
)
from tagwatch.core.plane import Floats, LonLat, Plane
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.silence_facts import Elsewhere, SilenceFacts
from tagwatch.core.trail import TrailPart, event_order
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant

WEEK: Final = 7 * DAY
"""So much of the trail before a silence is looked at."""
EVENTS_BEFORE: Final = HOUR
SAME_PLACE_M: Final = 150.0
ELSEWHERE_M: Final = 800.0
GOING: Final = 5 * MINUTE
"""Whoever came here from elsewhere within this time was moving."""
VANISHED: Final = 5 * MINUTE
"""A gap at least this long that ends elsewhere is one in which he vanished."""
HELD: Final = 15 * MINUTE
"""No fix stands for longer than this."""
MEASURING: Final = 10 * MINUTE
"""A tag without a fix for longer than this, and than twice its usual gap, was not measuring or
could not."""
READINGS: Final = 12 * HOUR
"""Readings of the battery are looked for so long before a silence."""
EDGE: Final = 2 * MINUTE
"""Fixes this near to the ends of a silence say nothing of what went on in it."""
LAST: Final = 3
BEFORE: Final = 12
"""Reception of the last LAST fixes is compared with that of the BEFORE ones before them."""
JAMMING_BEFORE: Final = 30 * MINUTE
POWER_BEFORE: Final = 10 * MINUTE

_TAMPERED: Final = {
    TagEventKind.STRAP_CUT: "strap cut",
    TagEventKind.STRAP_STRETCH: "strap stretched",
    TagEventKind.CASE_OPEN: "case open",
    TagEventKind.NOT_WORN: "not worn",
}
_CHARGING: Final = {0: False, 1: True}


def silence_facts(
    kind: AlertKind,
    span: tuple[Instant, Instant | None],
    known_at: Instant,
    trail: Sequence[TrailPart],
    events: Sequence[TagEvent],
    elsewhere: Elsewhere | None,
    settings: SettingsHistory,
    prepared: Prepared,
) -> SilenceFacts:
    """Return what is known of the silence `span` (began, ended or None) of one tag.

    `trail`: his fixes from a WEEK before it on, or fewer; `events`: what the tag said of itself
    from EVENTS_BEFORE on; both as far as they were taken in at `known_at`.
    """
    began, ended = span
    block, models = _in_order(trail)
    first = int(np.searchsorted(block["fixed_at"], began, side="right"))
    before = block[:first]
    found: dict[str, Any] = {}
    if len(before):
        found |= _last(before) | _place(before, began)
        found |= _reception(
            before, models[max(0, first - LAST - BEFORE) : first], settings, prepared
        )
    if ended is not None:
        found |= _meanwhile(block, began, ended)
    found |= _battery(block, events, began, ended)
    found |= _reports(events, began, ended or known_at)
    return SilenceFacts(
        kind=kind,
        began_at=began,
        ended_at=ended,
        known_at=known_at,
        elsewhere=elsewhere,
        **found,
    )


def _in_order(trail: Sequence[TrailPart]) -> tuple[FixBlock, list[str]]:
    """Return the decidable fixes by time, and the model of the tag of each."""
    if not trail:
        return empty_block(), []
    blocks = [part.block[event_order(part.block)] for part in trail]
    models = [
        part.tag_model for part, block in zip(trail, blocks, strict=True) for _ in range(len(block))
    ]
    every = joined(blocks)
    rows = np.argsort(every["fixed_at"], kind="stable")
    return every[rows], [models[row] for row in rows.tolist()]


def _last(before: FixBlock) -> dict[str, Any]:
    """Return what the last fix said of movement."""
    last = before[-1]
    return {"motion": Motion(int(last["motion"])), "speed_mps": _known(float(last["speed_mps"]))}


def _place(before: FixBlock, began: Instant) -> dict[str, Any]:
    """Return how long he had been at the last place, and how often he vanished from it."""
    away_m = _away_m(before, before[-1])
    at = before["fixed_at"]
    here = away_m <= SAME_PLACE_M
    left = np.flatnonzero(~here)
    since = int(at[left[-1] + 1]) if len(left) else int(at[0])
    held = np.minimum(np.diff(at, append=began), HELD)
    gaps = np.diff(at)
    gone = (gaps >= VANISHED) & here[:-1] & (away_m[1:] >= ELSEWHERE_M)
    week = at[-1] - at[0] > DAY
    return {
        "going_mps": _going_mps(at, away_m),
        "rested_s": (int(at[-1]) - since) / SECOND,
        "rested_here_h": float(held[here].sum()) / HOUR if week else None,
        "vanished_here": int(gone.sum()) if week else None,
    }


def _going_mps(at: NDArray[np.int64], away_m: Floats) -> float | None:
    """Return how fast the fixes of the last minutes came here; None if they came from no
    farther than they may err."""
    recent = at >= at[-1] - GOING
    if not recent[:-1].any() or away_m[recent].max() <= SAME_PLACE_M:
        return None
    farthest = int(np.flatnonzero(recent)[away_m[recent].argmax()])
    return float(away_m[farthest]) / max(1.0, (int(at[-1]) - int(at[farthest])) / SECOND)


def _reception(
    before: FixBlock, models: list[str], settings: SettingsHistory, prepared: Prepared
) -> dict[str, Any]:
    """Return how well the last satellite fixes were received, and those before them."""
    tail = before[-len(models) :]
    circles = np.array(
        [_r95_m(row, model, settings, prepared) for row, model in zip(tail, models, strict=True)]
    )
    satellites = np.where(tail["satellites"] >= 0, tail["satellites"].astype(float), nan)
    found: dict[str, Any] = {}
    for name, values in (
        ("accuracy_m_95", circles),
        ("satellites", satellites),
        ("hdop", tail["hdop"]),
    ):
        found[f"{name}_last"] = _median(values[-LAST:])
        found[f"{name}_before"] = _median(values[:-LAST])
    return found


def _r95_m(row: Any, model: str, settings: SettingsHistory, prepared: Prepared) -> float:
    error = prepared.fix_error(
        float(row["accuracy_m"]),
        float(row["confidence"]),
        float(row["hdop"]),
        int(row["satellites"]),
        int(row["source"]),
        model,
        settings.at(Instant(int(row["fixed_at"]))),
    )
    return error.r95_m


def _meanwhile(block: FixBlock, began: Instant, ended: Instant) -> dict[str, Any]:
    """Return what was measured in the silence and sent afterwards, and where he came out."""
    at = block["fixed_at"]
    inner = (at > began + EDGE) & (at < ended - EDGE)
    times = np.concatenate(([began], at[inner], [ended]))
    gaps = np.diff(times)
    earlier = np.diff(at[(at > began - READINGS) & (at <= began)])
    usual = 2.0 * float(np.median(earlier)) if len(earlier) else 0.0
    missed = float(gaps[gaps > max(float(MEASURING), usual)].sum())
    found: dict[str, Any] = {}
    if ended > began and (len(times) > 2 or ended - began > MEASURING):
        found["recorded_share"] = 1.0 - missed / (ended - began)
        found["recorded_by_satellite"] = bool((block["source"][inner] == Source.GNSS).any())
    before, after = np.flatnonzero(at <= began), np.flatnonzero(at >= ended - EDGE)
    if len(before) and len(after):
        last, first = block[before[-1]], block[after[0]]
        moved_m = float(_away_m(block[after[:1]], last)[0])
        seconds = max(1.0, (int(first["fixed_at"]) - int(last["fixed_at"])) / SECOND)
        found |= {"moved_m": moved_m, "moved_mps": moved_m / seconds}
    return found


def _battery(
    block: FixBlock, events: Sequence[TagEvent], began: Instant, ended: Instant | None
) -> dict[str, Any]:
    """Return the last reading before, the use over the hours before it, the first one after."""
    block = block[block["fixed_at"] > began - READINGS]
    known = block[~np.isnan(block["battery_pct"])]
    readings = [(int(row["fixed_at"]), float(row["battery_pct"])) for row in known]
    readings += [(e.happened_at, e.battery_pct) for e in events if e.battery_pct is not None]
    readings.sort()
    charging = [
        (int(r["fixed_at"]), _CHARGING[int(r["charging"])]) for r in block if r["charging"] >= 0
    ]
    charging += [
        (e.happened_at, e.kind is TagEventKind.CHARGE_ON)
        for e in events
        if e.kind in (TagEventKind.CHARGE_ON, TagEventKind.CHARGE_OFF)
    ]
    plugged = [said for at, said in sorted(charging) if at <= began]
    found: dict[str, Any] = {"charging": plugged[-1] if plugged else None}
    past = [(at, pct) for at, pct in readings if at <= began]
    if past:
        at, pct = past[-1]
        found |= {"battery_pct": pct, "battery_age_s": (began - at) / SECOND}
        found["use_pct_per_h"] = _use_pct_per_h(past)
    if ended is not None:
        found["battery_pct_after"] = next((p for at, p in readings if at >= ended - EDGE), None)
    return found


def _use_pct_per_h(past: list[tuple[int, float]]) -> float | None:
    """Return the use over the last stretch of up to three hours in which it only fell."""
    last_at, last_pct = past[-1]
    first_at, first_pct = last_at, last_pct
    for at, pct in reversed(past):
        if pct < first_pct or last_at - at > 3 * HOUR:
            break
        first_at, first_pct = at, pct
    hours = (last_at - first_at) / HOUR
    return (first_pct - last_pct) / hours if hours >= 0.5 and first_pct > last_pct else None


def _reports(events: Sequence[TagEvent], began: Instant, until: Instant) -> dict[str, Any]:
    """Return what the tag itself reported round the silence."""

    def newest(kind: TagEventKind, since: int, upto: int) -> Instant | None:
        times = [e.happened_at for e in events if e.kind is kind and since <= e.happened_at <= upto]
        return max(times, default=None)

    tampered = [
        _TAMPERED[e.kind]
        for e in events
        if e.kind in _TAMPERED and began - EVENTS_BEFORE <= e.happened_at <= until
    ]
    return {
        "jamming_at": newest(TagEventKind.JAMMING, began - JAMMING_BEFORE, until),
        "power_off_at": newest(TagEventKind.POWER_OFF, began - POWER_BEFORE, until),
        "power_on_at": newest(TagEventKind.POWER_ON, began + 1, until + POWER_BEFORE),
        "tampered": ", ".join(dict.fromkeys(tampered)),
    }


def _away_m(block: FixBlock, place: Any) -> Floats:
    plane = Plane.at(LonLat(lon_deg=float(place["lon_deg"]), lat_deg=float(place["lat_deg"])))
    x_m, y_m = plane.xy_arrays(block["lon_deg"], block["lat_deg"])
    return np.hypot(x_m, y_m)


def _median(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None


def _known(value: float) -> float | None:
    return None if isnan(value) else value
