"""Fields of the order form: sentence or bail, MAPPA, organisations, officer, delivery unit."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from tagwatch.core.supervision import (
    LONDON_UNITS,
    NotifyingOrganisation,
    OrderKind,
    ResponsibleOrganisation,
    Supervision,
)
from tagwatch.web import borough
from tagwatch.web.form import Input, Kind, Problems, options

Chosen = TypeVar("Chosen", bound=StrEnum)
_NONE: Final = ("", "Not recorded")
_LEVELS: Final = (("1", "Level 1"), ("2", "Level 2"), ("3", "Level 3"))
_CATEGORIES: Final = tuple((str(number), f"Category {number}") for number in range(1, 5))


def supervision_inputs() -> tuple[Input, ...]:
    """Return the fields, each of which may be left as not recorded."""
    return (
        _select("kind", "Sentence or bail", options(OrderKind)),
        _select("mappa_level", "MAPPA level", _LEVELS),
        _select("mappa_category", "MAPPA category", _CATEGORIES),
        _select("notifying", "Notifying organisation", options(NotifyingOrganisation)),
        _select("responsible", "Responsible organisation", options(ResponsibleOrganisation)),
        Input(
            name="order_officer",
            label="Responsible officer (optional)",
            hint="As the order names the officer",
        ),
        Input(
            name="unit",
            label="Probation delivery unit (optional)",
            hint="One of London’s 18, or another by its name",
            options=tuple((name, name) for name in LONDON_UNITS),
        ),
        Input(
            name="order_borough",
            label="Borough (optional)",
            options=tuple((name, name) for name in borough.names()),
        ),
    )


def _select(name: str, label: str, choices: tuple[tuple[str, str], ...]) -> Input:
    return Input(
        name=name, label=f"{label} (optional)", kind=Kind.SELECT, options=(_NONE, *choices)
    )


def supervision_values(found: Supervision) -> dict[str, str]:
    """Return what the fields show."""
    return {
        "kind": found.kind or "",
        "mappa_level": str(found.mappa_level or ""),
        "mappa_category": str(found.mappa_category or ""),
        "notifying": found.notifying or "",
        "responsible": found.responsible or "",
        "order_officer": found.officer,
        "unit": found.unit,
        "order_borough": found.borough,
    }


def supervision_of(values: Mapping[str, Any], problems: Problems) -> Supervision:
    """Return what was chosen; what is no choice is a problem of its field."""
    return Supervision(
        kind=_chosen(values, "kind", OrderKind, problems),
        mappa_level=_one_of(values, "mappa_level", len(_LEVELS), problems),
        mappa_category=_one_of(values, "mappa_category", len(_CATEGORIES), problems),
        notifying=_chosen(values, "notifying", NotifyingOrganisation, problems),
        responsible=_chosen(values, "responsible", ResponsibleOrganisation, problems),
        officer=str(values.get("order_officer", "")).strip()[:200],
        unit=str(values.get("unit", "")).strip()[:200],
        borough=str(values.get("order_borough", "")).strip()[:200],
    )


def _chosen(
    values: Mapping[str, Any], name: str, kind: type[Chosen], problems: Problems
) -> Chosen | None:
    given = str(values.get(name, ""))
    if not given:
        return None
    try:
        return kind(given)
    except ValueError:
        problems.add(name, "Choose one of the list")
        return None


def _one_of(values: Mapping[str, Any], name: str, most: int, problems: Problems) -> int | None:
    given = str(values.get(name, ""))
    if not given:
        return None
    if given in (str(number) for number in range(1, most + 1)):
        return int(given)
    problems.add(name, "Choose one of the list")
    return None
