"""A wearer is forgotten: nothing of him is in any file, and nothing of anybody else has changed."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from tagwatch.core.data_request import DataRequest
from tagwatch.core.ids import AccountId, NamedRequestId, WearerId
from tagwatch.core.named_request import Named, NamedRequest, NamedState
from tagwatch.core.recorded_request import RequestNamed
from tagwatch.core.retention import RetentionPeriods, months_after
from tagwatch.core.units import Instant
from tagwatch.engine.archive_alone import forget_wearer
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.compare import compare
from tagwatch.engine.forgetting import begin, looked_at
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.verify import verify
from tests.engine.archive_world import config_of, keeper_of, swept
from tests.engine.forgetting_cuts import forgotten_unless_cut, goes_on
from tests.engine.forgotten_world import BEGINS, NOW, build, filled, keep_files, mark
from tests.engine.opened_search import PACKED, opened_in, packed_columns
from tests.engine.planted_search import found_in, ids_of
from tests.walk.content import content

HIM, BY = WearerId("w1"), AccountId("ac_test")
OPENS = (
    "trail_block.rows",
    "memory.body",
    "circumstance.body",
    "wearer.body",
    "overviews/wearers/w1/2026-09-07.week",
    "overviews/wearers/w1/2026-09-07.pdf",
)
"""Some of the places in which he can be read before."""
CHANGES = frozenset({"counter", "forgetting", "trail_part", "archive_erasure", "trail_seam"})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped installation of three wearers, with an archive."""
    folder = tmp_path_factory.mktemp("made")
    with InProcessCentre.open(config_of(folder)) as centre:
        build(centre, 3, every=9)
        keeper = keeper_of(centre)
        assert keeper.seal(NOW) > 0
        swept(centre, NOW)
        keeper.close()
        keep_files(centre, (0, 1))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def test_nothing_of_him_is_left_and_all_else_is_as_it_was(folder: Path) -> None:
    config = config_of(folder)
    ways = {word.rpartition(": ")[2] for word in found_in(folder, 1)}
    assert ways >= {"plain", "longitude as a double"}
    readable = opened_in(config, 1)
    assert {*OPENS} - {*readable} == set(), "the search sees what can be read"
    with InProcessCentre.open(config) as centre:
        before = content(centre.projections)
    others_before = {n: found_in(folder, n) for n in (0, 2)}
    done = forget_wearer(config, lambda keeper: begin(keeper, HIM, "test", BY, NOW))
    assert done is not None
    assert done.proof is not None
    assert sum(key.records for key in done.proof.keys) == sum(k.proved for k in done.proof.keys) > 0
    assert done.proof.rewritten
    assert done.proof.mentions == ()
    assert found_in(folder, 1) == []
    assert opened_in(config, 1) == []
    assert opened_in(config, 0)
    assert all(found_in(folder, n) for n in others_before)
    with InProcessCentre.open(config) as centre:
        after = content(centre.projections)
        head = centre.writer.head().seq
    his, others = ids_of(before, ["w1"]), ids_of(before, ["w0", "w2"])
    for name, rows in before.items():
        if name in CHANGES:
            continue
        if name == "crime_match_run":
            assert [row["body"].count('"w1"') for row in (*rows, *after[name])] == [1, 0]
            assert '"w0"' in after[name][0]["body"]
            continue
        gone = [row for row in rows if row not in after[name]]
        assert [row for row in after[name] if row not in rows] == [], name
        for row in gone:
            words = {str(value) for value in row.values()}
            assert words & his, (name, row)
            assert not words & others, (name, row)
    report = verify(config.journal_folder, OsFiles(), keys_folder=config.keys_folder)
    assert report.chain.value == "whole"
    found = compare(config, head, lambda _: None)
    assert found.differences == (), found


def test_a_request_that_matched_nobody_goes_on_the_day_with_a_proof(tmp_path: Path) -> None:
    config, name = config_of(tmp_path), NamedRequestId("nr_1")
    waits = NamedRequest(
        named_id=name,
        named=filled(Named, 7),
        asked=filled(DataRequest, 7, request_id="dr_7", wearer_id="", at=BEGINS),
        at=BEGINS,
        by=BY,
    )
    nothing = replace(waits, version=2, state=NamedState.NOTHING, words=mark(7, "why"))
    day = months_after(BEGINS, RetentionPeriods().named_months)
    with InProcessCentre.open(config) as centre:
        for each in (waits, nothing):
            centre.record(RequestNamed(request=each), at=BEGINS)
        centre.apply()
        keeper = keeper_of(centre)
        assert looked_at(keeper, Instant(day - 1), RetentionPeriods()) == []
        (due,) = looked_at(keeper, day, RetentionPeriods())
        keeper.close()
    assert "named_request.body" in opened_in(config, 7)
    done = forget_wearer(config, lambda keeper: begin(keeper, due.wearer_id, "test", BY, day))
    assert done is not None
    assert done.proof is not None
    assert [(key.records, key.proved) for key in done.proof.keys] == [(2, 2)]
    assert (found_in(tmp_path, 7), opened_in(config, 7)) == ([], [])


@pytest.mark.parametrize("stop", [8])
def test_killed_in_the_middle_it_goes_on_when_it_is_given_again(folder: Path, stop: int) -> None:
    """Every step of it is tried by `tests/soak/test_forgetting.py`."""
    assert not forgotten_unless_cut(folder, stop)
    goes_on(folder)


def test_each_packed_column_is_opened_by_the_search() -> None:
    assert {*PACKED} == packed_columns()
