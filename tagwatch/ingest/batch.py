"""Writing Tagwatch's own batches: for the simulator, for replay of files, for whoever sends."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tagwatch.core.fix import FixBlock, Mark, TagEvent

_NUMBERS: Final = (
    ("accuracy_m", "accuracy_m"),
    ("confidence", "confidence"),
    ("hdop", "hdop"),
    ("altitude_m", "altitude_m"),
    ("speed_mps", "speed_mps"),
    ("bearing_deg", "bearing_deg"),
    ("battery_pct", "battery_pct"),
)


def encode_batch(fixes: FixBlock, key: str = "", events: Iterable[TagEvent] = ()) -> bytes:
    """Return a JSON batch that decodes to the same fixes and events; unknown is left out.

    Of marks only MOCK and NOT_VALID go with it; the others are judged again at the door.
    """
    batch: dict[str, Any] = {"batch": key} if key else {}
    batch["fixes"] = [_fix(row) for row in fixes]
    said = [_event(event) for event in events]
    if said:
        batch["events"] = said
    return msgspec.json.encode(batch)


def _fix(row: Any) -> dict[str, Any]:
    fix: dict[str, Any] = {}
    if not int(row["marks"]) & Mark.BAD_TIME:
        # Six digits after the point: whole microseconds, which a double holds until 2255.
        fix["time"] = int(row["fixed_at"]) / 1e6
    for name, field in (("lat", "lat_deg"), ("lon", "lon_deg"), *_NUMBERS):
        value = float(row[field])
        if value == value:  # noqa: PLR0124 -- not NaN, and cheaper than a call for each number
            fix[name] = value
    if row["satellites"] >= 0:
        fix["satellites"] = int(row["satellites"])
    if row["source"]:
        fix["source"] = int(row["source"])
    if row["motion"]:
        fix["motion"] = int(row["motion"])
    if row["charging"] >= 0:
        fix["charging"] = bool(row["charging"])
    if int(row["marks"]) & Mark.NOT_VALID:
        fix["valid"] = False
    if int(row["marks"]) & Mark.MOCK:
        fix["mock"] = True
    return fix


def _event(event: TagEvent) -> dict[str, Any]:
    said: dict[str, Any] = {"time": event.happened_at / 1e6, "kind": event.kind.value}
    if event.battery_pct is not None:
        said["battery_pct"] = event.battery_pct
    if event.detail:
        said["detail"] = event.detail
    return said
