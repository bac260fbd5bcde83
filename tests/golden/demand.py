"""What a scenario's conditions demand, and what lifts them for a while."""

from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.geometry import Disc, Polygon
from tagwatch.core.ids import ConditionId, ExemptionId, PersonId, WearerId
from tagwatch.core.order import Curfew, Demand, ExclusionZone, NoContact, Terms, ZoneKnowledge
from tagwatch.core.timetable import OneOff
from tests.golden.scenario import ORIGIN, ActIn, CurfewIn, NoContactIn, Scenario, ZoneIn, rows
from tests.walk.timeline import metres_from


def exemption_of(act: ActIn, scenario: Scenario) -> Exemption:
    """Return the absence, permission or state that an act records."""
    return Exemption(
        exemption_id=ExemptionId(f"x_{act.wearer}_{act.name}"),
        version=1,
        wearer_id=WearerId(act.wearer),
        cause=ExemptionCause(act.name),
        conditions=tuple(ConditionId(f"c_{act.wearer}_{name}") for name in act.lifts),
        starts_at=scenario.at(act.since or act.at),
        ends_at=None if act.until is None else scenario.at(act.until),
        words="as the paper says",
        approved_by="his officer",
    )


def terms_of(terms: ZoneIn | CurfewIn | NoContactIn, scenario: Scenario) -> Terms:
    """Return what a condition demands."""
    if isinstance(terms, NoContactIn):
        return NoContact(
            label=terms.name,
            other=WearerId(terms.other),
            distance_m=terms.distance_m,
            protects=tuple(PersonId(person) for person in terms.protects),
        )
    return _zone(terms, scenario) if isinstance(terms, ZoneIn) else _curfew(terms, scenario)


def _zone(zone: ZoneIn, scenario: Scenario) -> ExclusionZone:
    if zone.corners:
        shape = _drawn(zone.corners)
    else:
        assert zone.centre is not None, f"zone {zone.name} needs a centre or corners"
        shape = Disc(centre=scenario.place(zone.centre), radius_m=zone.radius_m)
    return ExclusionZone(
        label=zone.name,
        shape=shape,
        buffer_m=zone.buffer_m,
        schedule=rows(zone.schedule),
        knowledge=ZoneKnowledge(zone.knowledge),
        protects=tuple(PersonId(person) for person in zone.protects),
    )


def _curfew(curfew: CurfewIn, scenario: Scenario) -> Curfew:
    release = None
    if curfew.release_night is not None:
        start, end = curfew.release_night
        release = OneOff(start=scenario.at(start), end=scenario.at(end))
    return Curfew(
        label=curfew.name,
        address=scenario.place(curfew.at),
        rows=rows(curfew.rows),
        radius_m=curfew.radius_m,
        grace_s=curfew.grace_s,
        release_night=release,
        shape=_drawn(curfew.corners) if curfew.corners else None,
        demand=Demand(curfew.demand),
        also=tuple(scenario.place(spot) for spot in curfew.also),
        appointments=tuple(
            OneOff(start=scenario.at(start), end=scenario.at(end))
            for start, end in curfew.appointments
        ),
    )


def _drawn(corners: tuple[tuple[float, float], ...]) -> Polygon:
    return Polygon(rings=(tuple(metres_from(ORIGIN, *corner) for corner in corners),))
