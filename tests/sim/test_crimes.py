"""The demonstration's crimes: three files, one partial, some sent again; near where people were."""

from pathlib import Path

from tagwatch.config import Config
from tagwatch.core.crime_errors import CrimeBatchStatus
from tagwatch.core.ledger import CrimeBatchBegun
from tagwatch.core.units import DAY, parse_iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.sim.crimes import crime_events
from tagwatch.sim.world import build
from tagwatch.store.crimes import batch_of, crimes_of_batch
from tagwatch.store.database import reading

NOW = parse_iso("2026-11-02T12:00:00Z")


def test_three_files_come_of_which_one_is_partial_and_one_came_before(tmp_path: Path) -> None:
    world = build(7, NOW - 2 * DAY, NOW + DAY, 12)
    events = list(crime_events(world, NOW))
    keys = [event.batch.batch_key for event in events if isinstance(event, CrimeBatchBegun)]
    with InProcessCentre.open(Config(data=tmp_path / "data")) as centre:
        centre.record(*events, at=NOW)
        centre.apply()
        with reading(centre.projections) as connection:
            first, second, third = [batch_of(connection, key) for key in keys]
            crimes = crimes_of_batch(connection, keys[0])
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.status, first.made) == (CrimeBatchStatus.SUCCESSFUL, 8)
    assert (second.status, second.made, second.rows) == (CrimeBatchStatus.PARTIAL, 3, 6)
    assert (third.made, third.changed, third.same) == (0, 2, 2)
    assert all(one.crime.text.lower().count("fictional") for one in crimes)
