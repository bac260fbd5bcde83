"""Low, critical, charged again: each warning once, and never a breach."""

import msgspec
import pytest

from tagwatch.core.alert import AlertKind, alert_id
from tagwatch.core.fix import TagEvent, TagEventKind
from tagwatch.core.ids import ActivationId, FixId, WearerId
from tagwatch.core.outcome import COMPLIANCE_OF, Compliance, Phase
from tagwatch.core.rules.battery import (
    BatteryMemory,
    Reading,
    explains,
    observe,
    predicted_empty_at,
    reading_of,
    tag_removed,
)
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import BatterySettings
from tagwatch.core.units import SECOND, Instant

WORN = Worn(wearer_id=WearerId("w1"), activation_id=ActivationId("a1"))
SETTINGS = BatterySettings()


def reading(second: int, pct: float | None, charging: bool | None = None) -> Reading:
    at = Instant((1_700_000_000 + second) * SECOND)
    return Reading(read_at=at, source=FixId(f"{second}.0"), battery_pct=pct, charging=charging)


def run(*readings: Reading):
    memory, found = BatteryMemory(), []
    for one in readings:
        memory, facts = observe(memory, one, WORN, SETTINGS)
        found += facts
    return memory, found


@pytest.mark.parametrize(
    ("pct", "kinds"),
    [
        (20.1, []),
        (20.0, ["battery_low"]),
        (19.9, ["battery_low"]),
        (10.1, ["battery_low"]),
        (10.0, ["battery_low", "battery_critical"]),
        (0.0, ["battery_low", "battery_critical"]),
    ],
)
def test_levels(pct: float, kinds: list[str]) -> None:
    _, facts = run(reading(0, pct))
    assert [fact.kind for fact in facts] == kinds
    for fact in facts:
        assert COMPLIANCE_OF[fact.episode.finding] is Compliance.CANNOT_SAY


def test_each_warning_once_until_charged() -> None:
    _, facts = run(*(reading(n, pct) for n, pct in enumerate((19, 18, 25, 19, 9, 8))))
    assert [fact.kind for fact in facts] == ["battery_low", "battery_critical"]


@pytest.mark.parametrize(("pct", "ended"), [(39.9, 0), (40.0, 2), (40.1, 2)])
def test_rearm_boundary(pct: float, ended: int) -> None:
    memory, facts = run(reading(0, 5), reading(1, pct), reading(2, 5))
    assert sum(fact.phase is Phase.ENDED for fact in facts) == ended
    assert sum(fact.phase is Phase.OPEN for fact in facts) == 2 + ended
    assert memory.critical is not None


def test_no_warning_while_charging_but_at_once_after() -> None:
    _, facts = run(reading(0, 15, charging=True), reading(1, 16))
    assert facts == []
    _, facts = run(reading(0, 15, charging=True), reading(1, None, charging=False))
    assert [fact.kind for fact in facts] == [AlertKind.BATTERY_LOW]


def test_late_and_empty_readings_change_nothing() -> None:
    memory, _ = run(reading(5, 50))
    assert observe(memory, reading(4, 5), WORN, SETTINGS) == (memory, ())
    memory, facts = run(reading(0, None, charging=True))
    assert (memory.charging, facts) == (True, [])


def test_what_explains_silence() -> None:
    memory, facts = run(reading(0, 8))
    assert explains(memory, SETTINGS) == alert_id(AlertKind.BATTERY_CRITICAL, facts[1].cause)
    for more in ((reading(1, 8, charging=True),), (reading(1, 30),), (reading(1, 50),)):
        memory, _ = run(reading(0, 8), *more)
        assert explains(memory, SETTINGS) is None
    assert explains(run(reading(0, 15))[0], SETTINGS) is None


def test_what_tag_events_say() -> None:
    def event(kind: TagEventKind, pct: float | None = None) -> TagEvent:
        return TagEvent(
            kind=kind,
            happened_at=Instant(5),
            received_at=Instant(6),
            seq=7,
            index=1,
            battery_pct=pct,
        )

    assert reading_of(event(TagEventKind.ALIVE)) is None
    assert reading_of(event(TagEventKind.BATTERY, 33)) == Reading(
        read_at=Instant(5), source=FixId("7.1"), battery_pct=33
    )
    assert reading_of(event(TagEventKind.CHARGE_ON)).charging is True
    assert reading_of(event(TagEventKind.CHARGE_OFF, 9)).charging is False


def test_taking_the_tag_off_ends_the_warnings() -> None:
    memory, _ = run(reading(0, 8))
    memory, facts = tag_removed(memory, WORN, Instant(0))
    assert memory == BatteryMemory()
    assert {fact.phase for fact in facts} == {Phase.ENDED}
    assert all(fact.ended_at >= fact.happened_at for fact in facts)


def test_memory_survives_msgpack() -> None:
    memory, _ = run(reading(0, 8))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=BatteryMemory) == memory


def hours(*readings: tuple[float, float]) -> list[Reading]:
    return [reading(round(3600 * hour), pct) for hour, pct in readings]


def test_use_is_learned_and_the_warning_comes_before_the_level() -> None:
    memory, facts = run(*hours((0, 100), (1, 88), (2, 76), (3, 64), (4, 52), (5, 40)))
    assert memory.use_pct_per_h == pytest.approx(12.0)
    assert predicted_empty_at(memory) == memory.read_at + round(40 / 12 * 3600 * SECOND)
    assert facts == []
    memory, (fact,) = observe(memory, hours((5.5, 34))[0], WORN, SETTINGS)
    assert fact.kind is AlertKind.BATTERY_LOW
    assert "34 % left, at its usual use enough for about 2.8 h" in fact.detail


@pytest.mark.parametrize(("pct", "warned"), [(36.1, False), (36.0, True), (35.9, True)])
def test_three_hours_ahead_is_the_boundary(pct: float, warned: bool) -> None:
    memory, _ = run(*hours((0, 100), (1, 88)))
    _, facts = observe(memory, hours((1.4, pct))[0], WORN, SETTINGS)
    assert [fact.kind for fact in facts] == [AlertKind.BATTERY_LOW] * warned


def test_a_charge_teaches_nothing_and_while_it_charges_nothing_is_predicted() -> None:
    memory, _ = run(*hours((0, 60), (1, 48)))
    memory, _ = observe(memory, reading(7200, 90.0, charging=True), WORN, SETTINGS)
    assert predicted_empty_at(memory) is None
    assert memory.use_pct_per_h == pytest.approx(12.0)
    memory, _ = observe(memory, reading(3 * 3600, 84.0, charging=False), WORN, SETTINGS)
    assert memory.use_pct_per_h == pytest.approx(12.0 + 0.3 * (6.0 - 12.0))


def test_a_tag_that_never_says_a_lower_level_is_not_predicted() -> None:
    memory, facts = run(*hours((0, 50), (2, 50), (9, 50)))
    assert predicted_empty_at(memory) is None
    assert facts == []
