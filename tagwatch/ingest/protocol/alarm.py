"""Traccar's words for what a device reports of itself, in ours."""

from typing import Final

from tagwatch.core.fix import TagEventKind

ALARMS: Final = {
    "sos": TagEventKind.ALARM,
    "tampering": TagEventKind.CASE_OPEN,
    "removing": TagEventKind.NOT_WORN,
    "lowBattery": TagEventKind.BATTERY,
    "lowPower": TagEventKind.BATTERY,
    "powerCut": TagEventKind.CHARGE_OFF,
    "powerRestored": TagEventKind.CHARGE_ON,
    "powerOff": TagEventKind.POWER_OFF,
    "powerOn": TagEventKind.POWER_ON,
    "jamming": TagEventKind.JAMMING,
}
"""Alarm names of org.traccar.model.Position; what is not here is OTHER, with its name kept."""


def alarm_kinds(text: str) -> list[tuple[TagEventKind, str]]:
    """Return the kind and detail of each alarm in a list such as `sos,lowBattery`."""
    names = [name.strip() for name in text.split(",") if name.strip()][:20]
    return [(ALARMS.get(name, TagEventKind.OTHER), f"alarm {name}") for name in names]
