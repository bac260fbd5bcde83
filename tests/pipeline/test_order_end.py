"""An order that ends ends its conditions: from its time on, also when that is recorded late."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.ending import Ending, OrderOutcome
from tagwatch.core.episode import Episode
from tagwatch.core.order import Order
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store.database import reading
from tagwatch.store.episodes import every_episode
from tests.walk.content import content
from tests.walk.timeline import BY, HERS, START, contacts, fix, frame, register

NOON = Instant(START + 12 * HOUR)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        record(found, START, *contacts(), *register("w1", START))
        yield found


def record(centre: InProcessCentre, at: int, *events: ledger.Event) -> None:
    centre.record(*events, at=Instant(at))
    centre.apply()


def inside(centre: InProcessCentre, since: int, minutes: int) -> None:
    """He is in the zone, with a fix a minute."""
    for number in range(minutes):
        at = Instant(since + number * MINUTE)
        record(centre, at + SECOND, frame([fix(HERS, at)]))


def varied(centre: InProcessCentre, at: int, **changes: object) -> None:
    """Record the next version of his order."""
    (order,) = centre.line.state.register.orders_of("w1")
    changed: Order = msgspec.structs.replace(order, recorded_at=Instant(at), **changes)
    record(centre, at, ledger.OrderRecorded(order=changed, by=BY))


def zone_findings(centre: InProcessCentre) -> list[Episode]:
    with reading(centre.projections) as connection:
        found = every_episode(connection)
    return [episode for episode in found if episode.rule is RuleKind.ZONE]


def ended(at: int) -> dict[str, object]:
    ending = Ending(outcome=OrderOutcome.ENDED_EARLY, words="quashed", by=BY)
    return {"ends_at": Instant(at), "ending": ending}


def test_nothing_is_judged_from_the_end_on(centre: InProcessCentre) -> None:
    varied(centre, START + HOUR, ends_at=NOON)
    inside(centre, NOON, 4)
    assert zone_findings(centre) == []
    inside(centre, NOON + HOUR, 2)
    assert zone_findings(centre) == []


def test_a_stay_that_reaches_over_the_end_ends_with_it(centre: InProcessCentre) -> None:
    varied(centre, START + HOUR, ends_at=Instant(NOON + 3 * MINUTE))
    inside(centre, NOON, 8)
    (found,) = zone_findings(centre)
    assert (found.finding, found.phase) == (Finding.CONFIRMED, Phase.ENDED)
    assert found.left_latest == NOON + 3 * MINUTE
    assert found.reason == "the condition stopped applying"


def test_a_backdated_end_withdraws_with_a_reason_and_a_rebuild_says_the_same(
    centre: InProcessCentre, tmp_path: Path
) -> None:
    inside(centre, NOON, 5)
    assert [e.finding for e in zone_findings(centre)] == [Finding.CONFIRMED]
    varied(centre, NOON + HOUR, **ended(NOON - MINUTE))
    (gone,) = zone_findings(centre)
    assert gone.finding is Finding.WITHDRAWN
    assert "the end of the order" in gone.reason
    inside(centre, NOON + 2 * HOUR, 3)
    assert len(zone_findings(centre)) == 1
    before, head = content(centre.projections, sent=False), centre.writer.head().seq
    centre.line.close()
    rebuild(Config(data=tmp_path / "data"), centre.writer, head)
    centre.line = type(centre.line).open(Config(data=tmp_path / "data"), centre.writer)
    after = content(centre.projections, sent=False)
    assert [name for name, rows in before.items() if after[name] != rows] == []


def test_an_end_taken_back_protects_at_once_and_accuses_only_from_told(
    centre: InProcessCentre,
) -> None:
    whole = centre.line.state.register.orders_of("w1")[0].ends_at
    varied(centre, NOON - HOUR, **ended(NOON - HOUR))
    inside(centre, NOON, 5)
    assert zone_findings(centre) == []
    varied(centre, NOON + HOUR, ends_at=whole, ending=None, told_at=None)
    (found,) = zone_findings(centre)
    assert found.finding is not Finding.CONFIRMED
    assert found.before_told
    (order,) = centre.line.state.register.orders_of("w1")
    told = ledger.OrderTold(
        order_id=order.order_id, version=order.version, told_at=Instant(NOON - MINUTE), by=BY
    )
    record(centre, NOON + 2 * HOUR, told)
    assert [e.finding for e in zone_findings(centre)] == [Finding.CONFIRMED]
