"""Appointments: attended, late, missed, excused, cannot say; and either of two addresses."""

from math import pi

import msgspec
import pytest

from tagwatch.core.attendance import Attended, attendance
from tagwatch.core.derive import Prepared, WearerOrders, derive_findings
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.ids import ExemptionId
from tagwatch.core.order import Demand, place_of
from tagwatch.core.rules.area import area
from tagwatch.core.shape import outline_of
from tagwatch.core.timetable import OneOff
from tests.core.worlds import ALWAYS, SETTINGS, SHARP, WEARER, at, curfew, fixes, part, place, zone

THERE, ELSEWHERE, VAGUE = 0.0, 1500.0, 900.0
WINDOW = OneOff(start=at(600), end=at(4200))


def appointment(*exemptions: Exemption):
    usual = curfew(demand=Demand.ATTENDANCE, appointments=(WINDOW,), grace_s=300)
    terms = msgspec.structs.replace(usual.terms, rows=())
    condition = msgspec.structs.replace(usual, terms=terms)
    return condition, WearerOrders(wearer_id=WEARER, conditions=(condition,), exemptions=exemptions)


def asked(*rows: tuple[float, ...], exemptions: tuple[Exemption, ...] = ()):
    condition, orders = appointment(*exemptions)
    block = fixes(*[(s, x, 0, *(accuracy or (SHARP,))) for s, x, *accuracy in rows])
    return attendance([part(block)], orders, condition, WINDOW, SETTINGS, Prepared())


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(660, THERE), (3000, THERE)], Attended.ATTENDED),
        ([(500, ELSEWHERE), (899, ELSEWHERE), (1000, THERE)], Attended.ATTENDED),
        ([(900, ELSEWHERE), (1500, THERE)], Attended.LATE),
        ([(1000, ELSEWHERE), (2000, ELSEWHERE)], Attended.MISSED),
        ([(1000, ELSEWHERE)], Attended.CANNOT_SAY),
        ([(700, ELSEWHERE), (800, ELSEWHERE)], Attended.CANNOT_SAY),
        ([(1000, THERE, VAGUE), (2000, THERE, VAGUE)], Attended.CANNOT_SAY),
        ([], Attended.CANNOT_SAY),
        ([(599, THERE), (4200, THERE)], Attended.CANNOT_SAY),
        ([(600, THERE)], Attended.ATTENDED),
    ],
)
def test_what_became_of_it(rows, said: Attended) -> None:
    assert asked(*rows).answer is said


def test_it_says_between_when_and_when_he_came() -> None:
    found = asked((700, ELSEWHERE), (1000, ELSEWHERE), (1500, THERE), (3000, THERE))
    assert (found.answer, found.arrived_earliest, found.arrived_latest) == (
        Attended.LATE,
        at(1000),
        at(1500),
    )
    assert found.seen_until == at(3000)
    assert len(found.fixes) == 2


def test_an_excused_one_is_not_missed() -> None:
    excuse = Exemption(
        exemption_id=ExemptionId("x"),
        version=1,
        wearer_id=WEARER,
        cause=ExemptionCause.AUTHORISED_ABSENCE,
        starts_at=at(0),
        ends_at=at(9000),
    )
    rows = ((1000, ELSEWHERE), (2000, ELSEWHERE))
    assert asked(*rows, exemptions=(excuse,)).answer is Attended.EXCUSED


def test_order_of_arrival_does_not_matter() -> None:
    rows = [(700, ELSEWHERE), (1000, ELSEWHERE), (1500, THERE), (3000, THERE)]
    forward, backward = asked(*rows), asked(*rows[::-1])
    assert (forward.answer, forward.arrived_latest) == (backward.answer, backward.arrived_latest)


def test_a_zone_has_no_appointments() -> None:
    _, orders = appointment()
    with pytest.raises(ValueError, match="demands no presence"):
        attendance([], orders, zone(), WINDOW, SETTINGS, Prepared())


def test_missing_an_appointment_raises_an_absence_like_a_curfew() -> None:
    condition, orders = appointment()
    block = fixes(*[(s, ELSEWHERE, 0, SHARP) for s in range(1000, 4600, 300)])
    (episode,) = derive_findings([part(block)], orders, SETTINGS, ALWAYS, Prepared())
    assert episode.condition_id == condition.condition_id
    assert (episode.entered_earliest, episode.left_latest) == (at(600), at(4200))


@pytest.mark.parametrize(("x_m", "absent"), [(0.0, 0), (3000.0, 0), (1500.0, 1)])
def test_either_of_two_addresses_will_do(x_m: float, absent: int) -> None:
    two = curfew(also=(place(3000.0),))
    orders = WearerOrders(wearer_id=WEARER, conditions=(two,))
    block = fixes(*[(s, x_m, 0, SHARP) for s in range(600, 6000, 300)])
    assert len(derive_findings([part(block)], orders, SETTINGS, ALWAYS, Prepared())) == absent


def test_the_outline_of_a_disc_has_its_area() -> None:
    disc = place_of(curfew().terms)
    assert area(outline_of(disc)).size_m2 == pytest.approx(pi * disc.radius_m**2, rel=1e-4)
