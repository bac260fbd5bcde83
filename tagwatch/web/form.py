"""Forms of records: their fields as data, what was typed read strictly, and problems by field."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from math import isfinite
from typing import Any, Final, TypeVar

import msgspec
from litestar.response import Redirect, Response

from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Applied, Conflict, Done, NotRecorded
from tagwatch.web.foundation import Asked
from tagwatch.web.layout import show
from tagwatch.web.route import field, fields
from tagwatch.web.words import word

Chosen = TypeVar("Chosen", bound=StrEnum)
TOP: Final = "main-content"
YEARS: Final = (1900, 2200)


class Kind(Enum):
    """How a field is shown."""

    TEXT = "text"
    AREA = "area"
    SELECT = "select"
    RADIOS = "radios"
    BOXES = "boxes"
    MOMENT = "moment"
    HIDDEN = "hidden"


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form."""

    name: str
    label: str = ""
    kind: Kind = Kind.TEXT
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """(value, text) of a choice; of a text field what is suggested."""
    classes: str = "govuk-input--width-20"
    numeric: str = ""
    """`numeric` or `decimal`, for the keyboard of a phone."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One form: where it leads, what it asks."""

    title: str
    inputs: tuple[Input, ...]
    back: str
    button: str = "Save"
    caption: str = ""
    intro: str = ""
    action: str = ""
    """Where it is posted to; empty: the page's own address."""


class Problems:
    """What is wrong with what was typed, by field, in the order found."""

    def __init__(self) -> None:
        self.by_field: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.by_field)

    def add(self, name: str, text: str) -> None:
        """Note the first problem of a field."""
        self.by_field.setdefault(name, text)

    def summary(self, inputs: Sequence[Input] = ()) -> list[dict[str, str]]:
        """Return the list of the error summary; each entry leads to its field."""
        ends = {i.name: _first_id(i) for i in inputs}
        return [
            {"text": text, "href": f"#{ends.get(name, name)}"}
            for name, text in self.by_field.items()
        ]


def _first_id(shown: Input) -> str:
    return f"{shown.name}-day" if shown.kind is Kind.MOMENT else shown.name


def show_sheet(
    request: Asked,
    sheet: Sheet,
    values: Mapping[str, Any],
    problems: Problems | None = None,
    template: str = "sheet.html",
    more: Mapping[str, Any] | None = None,
) -> Response[Any]:
    """Return the form filled with `values`; with problems it is an answer of status 422."""
    found = problems or Problems()
    context: dict[str, Any] = {
        "sheet": sheet,
        "values": values,
        "errors": found.by_field,
        "summary": found.summary(sheet.inputs),
        **(more or {}),
    }
    return show(request, template, context, 422 if found else 200)


def attempt(problems: Problems, work: Callable[[], Done]) -> Done | None:
    """Do an officer's act; what stands against it becomes a problem of the whole form."""
    try:
        return work()
    except (Conflict, NotRecorded) as error:
        problems.add(TOP, str(error))
        return None


def after(path: str, done: Done) -> Response[Any]:
    """Lead to `path`, which says that the act is recorded."""
    said = "saved" if done.applied is Applied.APPLIED else "recorded"
    mark = "&" if "?" in path else "?"
    return Redirect(f"{path}{mark}done={said}", status_code=303)


SAID: Final = {
    "saved": "Saved.",
    "recorded": "Recorded for good, but not applied yet: load this page again in a moment.",
}


def said(request: Asked) -> str:
    """Return what the page says about the act that led here."""
    return SAID.get(request.query_params.get("done", ""), "")


# --- what was typed ------------------------------------------------------------------------------


def typed(data: Mapping[str, Any], sheet: Sheet) -> dict[str, Any]:
    """Return the fields of a form as they were typed, to show them again."""
    form = dict(data)
    values: dict[str, Any] = {}
    for shown in sheet.inputs:
        if shown.kind is Kind.BOXES:
            values[shown.name] = fields(form, shown.name)
        elif shown.kind is Kind.MOMENT:
            for part in ("day", "month", "year", "time"):
                values[f"{shown.name}-{part}"] = field(form, f"{shown.name}-{part}", 20)
        else:
            values[shown.name] = field(form, shown.name, 2_000_000)
    return values


def text(
    values: Mapping[str, Any], name: str, problems: Problems, missing: str, most: int = 200
) -> str:
    """Return a text that must be there, cut at `most` characters."""
    found = str(values.get(name, "")).strip()[:most]
    if not found:
        problems.add(name, missing)
    return found


def choice(
    values: Mapping[str, Any], name: str, kind: type[Chosen], problems: Problems, missing: str
) -> Chosen:
    """Return the chosen member; the first one, with a problem noted, if none was chosen."""
    try:
        return kind(str(values.get(name, "")))
    except ValueError:
        problems.add(name, missing)
        return next(iter(kind))


def number(
    values: Mapping[str, Any], name: str, problems: Problems, least: float, most: float, what: str
) -> float:
    """Return a number within [least, most]; `least`, with a problem noted, if it is none."""
    given = str(values.get(name, "")).strip().replace(",", "")
    try:
        found = float(given)
    except ValueError:
        found = float("nan")
    if not isfinite(found) or not least <= found <= most:
        problems.add(name, f"{what} must be a number from {least:g} to {most:g}")
        return least
    return found


def moment(
    values: Mapping[str, Any],
    name: str,
    problems: Problems,
    missing: str = "",
    edge: Edge = Edge.FROM,
) -> Instant | None:
    """Return the instant of a London date and time; None if left empty.

    `missing` is the problem if it must not be empty.
    """
    parts = [str(values.get(f"{name}-{part}", "")).strip() for part in ("day", "month", "year")]
    clock = str(values.get(f"{name}-time", "")).strip()
    if not any(parts) and not clock:
        if missing:
            problems.add(name, missing)
        return None
    try:
        day, month, year = (int(part) for part in parts)
        hour, _, minute = (clock or "00:00").replace(".", ":").partition(":")
        if not YEARS[0] <= year <= YEARS[1]:
            raise ValueError
        return from_london(datetime(year, month, day, int(hour), int(minute or "0")), edge)  # noqa: DTZ001  # from_london gives it its zone
    except (ValueError, OverflowError):
        problems.add(name, "Enter a real date, and a time such as 14:30")
        return None


def moment_values(name: str, at: Instant | None) -> dict[str, str]:
    """Return the four fields of an instant, as London reads it; empty for None."""
    if at is None:
        return {f"{name}-{part}": "" for part in ("day", "month", "year", "time")}
    local = london(at)
    return {
        f"{name}-day": str(local.day),
        f"{name}-month": str(local.month),
        f"{name}-year": str(local.year),
        f"{name}-time": local.strftime("%H:%M"),
    }


def options(kind: type[StrEnum]) -> tuple[tuple[str, str], ...]:
    """Return the members of an enumeration as options."""
    return tuple((member.value, word(member)) for member in kind)
