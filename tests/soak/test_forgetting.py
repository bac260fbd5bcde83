"""One wearer of 200 is forgotten, and an erasure is killed at every one of its steps."""

import shutil
from pathlib import Path

import pytest

from tagwatch.core.units import Instant
from tagwatch.engine.archive_alone import forget_wearer
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.clock import now
from tagwatch.engine.compare import compare
from tagwatch.engine.forgetting import begin
from tagwatch.engine.safekeeping import Erasure, back_up, bring_back
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.verify import verify
from tests.engine.archive_world import config_of, keeper_of, swept
from tests.engine.forgetting_cuts import BY, HIM, forgotten_unless_cut, goes_on
from tests.engine.forgotten_world import NOW, build, keep_files
from tests.engine.opened_search import opened_in
from tests.engine.planted_search import found_in, ids_of
from tests.walk.content import content

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
WEARERS = 200
MOST_STEPS = 60


def made(folder: Path, count: int) -> Path:
    """A stopped installation of so many wearers, with an archive."""
    with InProcessCentre.open(config_of(folder)) as centre:
        build(centre, count, every=9)
        keeper = keeper_of(centre)
        assert keeper.seal(NOW) > 0
        swept(centre, NOW)
        keeper.close()
        keep_files(centre, (0, 1))
    return folder


def test_one_of_two_hundred(tmp_path: Path) -> None:
    config = config_of(made(tmp_path, WEARERS))
    with InProcessCentre.open(config) as centre:
        before = content(centre.projections)
    assert found_in(tmp_path, 1)
    done = forget_wearer(config, lambda keeper: begin(keeper, HIM, "test", BY, NOW))
    assert done is not None
    assert done.proof is not None
    assert sum(key.records for key in done.proof.keys) == sum(k.proved for k in done.proof.keys) > 0
    assert found_in(tmp_path, 1) == []
    assert opened_in(config, 1) == []
    with InProcessCentre.open(config) as centre:
        after = content(centre.projections)
        head = centre.writer.head().seq
    his = ids_of(before, ["w1"])
    others = ids_of(before, [f"w{number}" for number in range(WEARERS) if number != 1])
    for name in set(before) - {"counter", "forgetting", "trail_part", "crime_match_run", "alert"}:
        kept = {repr(row) for row in after[name]}
        gone = [row for row in before[name] if repr(row) not in kept]
        assert len(before[name]) - len(gone) == len(after[name]), name
        for row in gone:
            words = {str(value) for value in row.values()}
            assert words & his, (name, row)
            assert not words & others, (name, row)
    report = verify(config.journal_folder, OsFiles(), keys_folder=config.keys_folder)
    assert report.chain.value == "whole"
    differing = compare(config, head, lambda _: None).differences
    # An outage of everybody's is one alert about many: it counted him.
    assert {each.table for each in differing} <= {"alert", "alert_event", "notification"}, differing


def test_a_backup_made_before_does_not_bring_him_back(tmp_path: Path) -> None:
    config, back = config_of(made(tmp_path / "data", 3)), config_of(tmp_path / "back")
    back_up(config, tmp_path / "backup", None)
    done = forget_wearer(config, lambda keeper: begin(keeper, HIM, "test", BY, NOW))
    assert done is not None
    assert done.proof is not None
    erasures = [
        Erasure(
            at=Instant(now() + 1),
            owner_kind=key.owner_kind,
            owner_id=key.owner_id,
            data_class=key.data_class,
            period=key.period,
            reason="test",
            by=BY,
        )
        for key in done.proof.keys
    ]
    key = config.keys_folder / "installation.key"
    said = bring_back(tmp_path / "backup", back, key, erasures)
    assert said.erased_again == len(erasures)
    assert found_in(back.data, 1) == []
    assert opened_in(back, 1) == []
    assert opened_in(back, 0)


def test_killed_at_every_step_it_goes_on(tmp_path: Path) -> None:
    whole = made(tmp_path / "made", 3)
    for stop in range(MOST_STEPS):
        folder = tmp_path / f"{stop}"
        shutil.copytree(whole, folder)
        if forgotten_unless_cut(folder, stop):
            assert stop > 12
            return
        goes_on(folder)
        shutil.rmtree(folder)
    pytest.fail(f"it takes more than {MOST_STEPS} steps")
