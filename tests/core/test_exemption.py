"""What excuses a wearer, from what, and for exactly how long."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.exemption import Exemption, ExemptionCause, is_on, lifts, newest, without
from tagwatch.core.ids import ConditionId, ExemptionId
from tagwatch.core.order import ConditionVersion
from tagwatch.core.rules.force import FOREVER, binding, in_force
from tagwatch.core.units import Instant
from tests.core.worlds import WEARER, at, curfew, zone


def exempt(
    cause: ExemptionCause = ExemptionCause.AUTHORISED_ABSENCE, **changes: object
) -> Exemption:
    plain = Exemption(
        exemption_id=ExemptionId("x1"),
        version=1,
        wearer_id=WEARER,
        cause=cause,
        starts_at=at(600),
        ends_at=at(1200),
    )
    return msgspec.structs.replace(plain, **changes)


@pytest.mark.parametrize(
    ("cause", "presence", "zones"),
    [
        (ExemptionCause.AUTHORISED_ABSENCE, True, False),
        (ExemptionCause.HOSPITAL, True, False),
        (ExemptionCause.AGREED_TRAVEL, True, False),
        (ExemptionCause.PERMISSION, False, False),
        (ExemptionCause.CUSTODY, True, True),
        (ExemptionCause.DECEASED, True, True),
    ],
)
def test_what_each_cause_lifts(cause: ExemptionCause, presence: bool, zones: bool) -> None:
    assert lifts(exempt(cause), curfew()) is presence
    assert lifts(exempt(cause), zone()) is zones


def test_named_conditions_and_no_others() -> None:
    named = exempt(ExemptionCause.PERMISSION, conditions=(zone().condition_id,))
    assert lifts(named, zone())
    assert not lifts(named, curfew())
    other = exempt(conditions=(ConditionId("another"),))
    assert not lifts(other, curfew())


def test_what_was_taken_back_lifts_nothing() -> None:
    assert not lifts(exempt(withdrawn=True), curfew())
    assert not is_on(exempt(withdrawn=True), at(700))


@pytest.mark.parametrize(
    ("second", "holds"), [(599, False), (600, True), (1199, True), (1200, False)]
)
def test_it_holds_from_its_start_up_to_its_end(second: int, holds: bool) -> None:
    assert is_on(exempt(), at(second)) is holds
    assert is_on(exempt(ends_at=None), at(second)) is (second >= 600)


def test_the_newest_version_counts() -> None:
    first, second = exempt(), exempt(version=2, withdrawn=True)
    assert newest([second, first]) == (second,)


spans = st.tuples(st.integers(0, 40), st.integers(0, 40))


@given(span=spans, lifted=st.lists(spans, max_size=4))
def test_what_is_left_is_what_nothing_lifts(span, lifted) -> None:
    left = without(span, lifted)
    for point in range(41):
        inside = span[0] <= point < span[1]
        taken = any(low <= point < high for low, high in lifted)
        assert any(low <= point < high for low, high in left) is (inside and not taken)
    assert left == sorted(left)


def bound(version: ConditionVersion, *exemptions: Exemption) -> list[tuple[int, int]]:
    return [(start, end) for start, end, _ in binding([version], exemptions)]


def test_a_condition_binds_before_and_after_but_not_in_between() -> None:
    version = curfew()
    assert bound(version) == [(s, e) for s, e, _ in in_force([version])]
    assert bound(version, exempt()) == [
        (version.valid_from, at(600)),
        (at(1200), FOREVER),
    ]
    assert bound(version, exempt(ends_at=None)) == [(version.valid_from, at(600))]
    assert bound(version, exempt(starts_at=Instant(0), ends_at=None)) == []
