"""The register's conditions come back as they were held, however many there are."""

from tagwatch.core.ids import ConditionId
from tagwatch.core.order import Curfew
from tagwatch.store.conditions import MOST_UNPACKED, Conditions
from tests.core.worlds import curfew, zone


def test_versions_come_back_in_order_and_a_number_has_one_version() -> None:
    held = Conditions()
    second, first = zone(version=2, square=300.0), zone(version=1, buffer_m=50.0)
    for version in (second, first, zone(version=1)):
        held.hold(version)
    assert held[first.condition_id] == (zone(version=1), second)
    assert list(held) == [first.condition_id]


def test_what_is_let_go_of_is_unpacked_as_it_was_and_hours_are_shared() -> None:
    held = Conditions()
    names = [f"curfew-{number}" for number in range(MOST_UNPACKED + 2)]
    for name in names:
        held.hold(curfew(name=name))
    found = [held[ConditionId(name)][0] for name in (*names, names[0])]
    assert found[-1] == curfew(name=names[0])
    first, second = found[0].terms, found[1].terms
    assert isinstance(first, Curfew)
    assert isinstance(second, Curfew)
    assert first.rows is second.rows
