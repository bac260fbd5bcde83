"""Single windows of a condition, as its form has them: kept, called off, or one more."""

from collections.abc import Mapping
from typing import Any

from tagwatch.access.enrolment import now
from tagwatch.core.order import APPOINTMENTS_MOST, Curfew
from tagwatch.core.timetable import Edge, OneOff
from tagwatch.web.form import Input, Kind, Problems, moment
from tagwatch.web.render import moment as told


def visit_inputs(before: Curfew | None) -> tuple[Input, ...]:
    """Return the fields of the single windows, those of the version `before` that are to come."""
    held = to_come(before)
    begins = "Another appointment begins" if held else "Appointment begins"
    hint = "A single window, besides weekly rows if there are any"
    inputs = (
        Input(name="visit_start", label=f"{begins} (optional)", kind=Kind.MOMENT, hint=hint),
        Input(name="visit_end", label="It ends (optional)", kind=Kind.MOMENT),
    )
    if not held:
        return inputs
    kept = Input(
        name="kept",
        label="Appointments to come",
        kind=Kind.BOXES,
        options=held,
        hint="Untick one that is called off. Those that are over stay on record",
    )
    return (kept, *inputs)


def to_come(terms: Curfew | None) -> tuple[tuple[str, str], ...]:
    """Return the single windows of a version that the form offers to keep, in words."""
    return tuple(
        (str(each.start), f"{told(each.start)} until {told(each.end)}")
        for each in (() if terms is None else terms.appointments)
        if each.end > now()
    )


def visits(
    values: Mapping[str, Any], before: Curfew | None, problems: Problems
) -> tuple[OneOff, ...]:
    """Return the single windows: those that are over, those kept, and another one if given."""
    held = () if before is None else before.appointments
    offered = {name for name, _ in to_come(before)}
    kept = {str(each.start) for each in held} - offered | set(values.get("kept", ()))
    found = {each.start: each for each in held if str(each.start) in kept}
    if (visit := window(values, "visit", "appointment", problems)) is not None:
        found[visit.start] = visit
    if len(found) > APPOINTMENTS_MOST:
        problems.add("visit_start", f"At most {APPOINTMENTS_MOST}. Enter a new condition instead")
    return tuple(found[start] for start in sorted(found))


def window(values: Mapping[str, Any], name: str, called: str, problems: Problems) -> OneOff | None:
    """Return the window that two fields give, None with a problem noted if they give none."""
    start = moment(values, f"{name}_start", problems)
    end = moment(values, f"{name}_end", problems, edge=Edge.UNTIL)
    if (start is None) != (end is None):
        problems.add(f"{name}_end", f"Enter both ends of the {called}, or neither")
    if start is None or end is None:
        return None
    if end <= start:
        problems.add(f"{name}_end", f"The {called} must end after it begins")
        return None
    return OneOff(start=start, end=end)
