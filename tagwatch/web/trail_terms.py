"""Fields of the order form: whether the trail is kept, or only what lies near a condition."""

from collections.abc import Mapping
from typing import Any, Final

from tagwatch.core.zones_only import DAYS_MOST
from tagwatch.web.form import Input, Kind, Problems
from tagwatch.web.whole import whole

_KEPT: Final = "kept"
_ZONES: Final = "zones_only"


def trail_inputs() -> tuple[Input, ...]:
    """Return the two fields."""
    return (
        Input(
            name="trail",
            label="His trail",
            kind=Kind.RADIOS,
            options=(
                (_KEPT, "Is kept, as the retention periods say"),
                (
                    _ZONES,
                    "Zones only: after some days only what lies near a condition stays",
                ),
            ),
            hint="Zones only counts while every order in force says so. Alerts are the same",
        ),
        Input(
            name="days_kept",
            label="Days that the rest stands, if zones only",
            hint=f"1 to {DAYS_MOST}. Until then a second person must agree before it is looked at",
        ),
    )


def trail_values(days_kept: int | None) -> dict[str, str]:
    """Return what the fields show."""
    if days_kept is None:
        return {"trail": _KEPT, "days_kept": ""}
    return {"trail": _ZONES, "days_kept": str(days_kept)}


def days_kept_of(values: Mapping[str, Any], problems: Problems) -> int | None:
    """Return for how many days the trail stands; None: it is kept."""
    chosen, given = str(values.get("trail", "")) or _KEPT, str(values.get("days_kept", "")).strip()
    if chosen == _KEPT:
        if given:
            problems.add("days_kept", "Leave the days out, or choose zones only")
        return None
    days = whole(given, 0)
    if chosen != _ZONES:
        problems.add("trail", "Choose whether his trail is kept")
    elif not 1 <= days <= DAYS_MOST:
        problems.add("days_kept", f"Enter how many days, 1 to {DAYS_MOST}")
    return days
