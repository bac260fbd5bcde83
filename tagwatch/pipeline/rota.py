"""Shifts that begin and end: who comes on is told what nobody has answered, and gaps are found."""

from typing import Final

import msgspec

from tagwatch.core import ledger
from tagwatch.core.alert import UNANSWERED, Alert, AlertKind
from tagwatch.core.outcome import Phase, Severity, Stage
from tagwatch.core.rota import Rota, next_change
from tagwatch.core.units import DAY, Instant
from tagwatch.notify.rota import Patch, gap_fact, on_call, patches
from tagwatch.pipeline.step import Step
from tagwatch.store.memory import RotaGap
from tagwatch.store.state import LineState

LOOKED_AHEAD: Final = 8 * DAY
"""At least this often the rota is looked at, changed or not."""


def shifts(step: Step, last: ledger.Tick | None, now: Instant, state: LineState) -> None:
    """Do what follows where somebody came on shift or went off since the tick before."""
    installation = state.installation
    if now < installation.rota_due:
        return
    contacts = tuple(state.register.contacts.values())
    rota = state.rota_at(now)
    areas = patches(contacts)
    open_gaps = _gaps(step, areas, rota, now, state)
    names = [contact.contact_id for contact in contacts]
    due = next_change(rota, names, now, Instant(now + LOOKED_AHEAD))
    state.keep_installation(
        msgspec.structs.replace(state.installation, rota_due=due, rota_gaps=open_gaps)
    )
    if last is not None and _somebody_came(areas, rota, last.at, now):
        step.shifts_before = last.at
        step.told += [(alert, Stage.HANDED_OVER) for alert in _unanswered(state)]


def _gaps(
    step: Step, areas: list[Patch], rota: Rota, now: Instant, state: LineState
) -> tuple[RotaGap, ...]:
    """Return where nobody is on shift; facts say which gaps are new and which are over."""
    before = {(gap.duty, gap.borough): gap for gap in state.installation.rota_gaps}
    found: list[RotaGap] = []
    for duty, borough, contacts in areas:
        since = on_call(contacts, now, rota).gap_since
        if since is None:
            continue
        known = before.pop((duty, borough), None)
        gap = known or RotaGap(duty=duty, borough=borough, since=since)
        found.append(gap)
        if known is None:
            step.facts.append(gap_fact(duty, borough, since, now, Phase.OPEN))
    for gap in before.values():
        step.facts.append(gap_fact(gap.duty, gap.borough, gap.since, now, Phase.ENDED))
    return tuple(found)


def _somebody_came(areas: list[Patch], rota: Rota, before: Instant, now: Instant) -> bool:
    return any(
        set(on_call(area.contacts, now, rota).contacts)
        - set(on_call(area.contacts, before, rota).contacts)
        for area in areas
    )


def _unanswered(state: LineState) -> list[Alert]:
    """Return the alerts that those who come on must hear of: urgent, and nobody's yet."""
    return [
        alert
        for alert in sorted(state.book.open(), key=lambda a: (a.raised_at, a.alert_id))
        if alert.state in UNANSWERED
        and alert.severity is not Severity.ROUTINE
        and alert.explained_by is None
        and alert.kind is not AlertKind.ROTA_GAP
    ]
