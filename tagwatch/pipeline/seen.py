"""Where a wearer was last seen, and his tag's battery, as pages and call lists show it."""

from math import isnan
from typing import Final

import msgspec

from tagwatch.core.fix import FIX_DTYPE, Source
from tagwatch.core.units import Instant
from tagwatch.pipeline.step import Frame
from tagwatch.store.memory import Seen, WearerState
from tagwatch.store.state import LineState

_NAMES: Final = tuple(FIX_DTYPE.names or ())
_SOURCES: Final = {source.value: source for source in Source}


def seen_after(memory: WearerState, frame: Frame, state: LineState) -> WearerState:
    """Return the memory after a frame: the newest usable fix wins, whenever it came."""
    if frame.activation is None or not len(frame.block):
        return memory
    seen = memory.seen or Seen(activation_id=frame.activation)
    usable = frame.usable
    if usable is not None and (seen.fixed_at is None or usable.last_at >= seen.fixed_at):
        row: dict[str, float] = dict(zip(_NAMES, frame.block[usable.newest].item(), strict=True))
        error = state.prepared.fix_error(
            row["accuracy_m"],
            row["confidence"],
            row["hdop"],
            int(row["satellites"]),
            int(row["source"]),
            frame.tag_model,
            state.settings_at(Instant(usable.last_at)),
        )
        seen = Seen(
            activation_id=frame.activation,
            fixed_at=Instant(usable.last_at),
            received_at=Instant(int(row["received_at"])),
            lon_deg=row["lon_deg"],
            lat_deg=row["lat_deg"],
            accuracy_m_95=round(state.circle_m_95(error), 1),
            source=_SOURCES[int(row["source"])],
            speed_mps=_known(row["speed_mps"]),
            bearing_deg=_known(row["bearing_deg"]),
            battery_pct=seen.battery_pct,
            charging=seen.charging,
            battery_at=seen.battery_at,
        )
    cells = memory.battery
    if cells.read_at is not None and cells.read_at != seen.battery_at:
        seen = msgspec.structs.replace(
            seen,
            battery_pct=cells.battery_pct,
            charging=None if cells.charging is None else int(cells.charging),
            battery_at=cells.read_at,
        )
    return msgspec.structs.replace(memory, seen=seen)


def _known(value: float) -> float | None:
    return None if isnan(value) else value
