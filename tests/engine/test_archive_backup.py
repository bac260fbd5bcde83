"""A backup carries the archive, unreadable without the key; a restore proves it or begins anew."""

from pathlib import Path

import pytest

from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.engine.archive_alone import check_archive
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.safekeeping import Erasure, Restored, back_up, bring_back
from tagwatch.store.archive import parts
from tagwatch.store.database import reading
from tagwatch.store.journal.record import DataClass, OwnerKind
from tests.engine.archive_world import config_of, days, decoded, keeper_of, kept, same, swept


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, bytes, Instant]:
    """A stopped installation with an archive, its backup, all its fixes, and its last instant."""
    folder = tmp_path_factory.mktemp("home") / "data"
    target = folder.parent / "backup"
    with InProcessCentre.open(config_of(folder)) as centre:
        whole = list(days(3, 42, late=0.0))
        for _, drafts in whole:
            centre.append(drafts)
        centre.apply()
        at = whole[-1][0]
        keeper = keeper_of(centre)
        assert keeper.seal(at) > 0
        swept(centre, at)
        keeper.close()
        fixes = kept(centre)
        assert same(fixes, decoded(centre))
    back_up(config_of(folder), target, None)
    return folder, target, fixes.tobytes(), at


def restored(
    world: tuple[Path, Path, bytes, Instant], back: Path, *erasures: Erasure
) -> tuple[Restored, bytes, int]:
    """Return what a restore said, all fixes there are then, and where the seam lies."""
    folder, target, _, _ = world
    key = folder / "keys" / "installation.key"
    said = bring_back(target, config_of(back), key, erasures)
    assert not check_archive(config_of(back)).damaged
    with InProcessCentre.open(config_of(back)) as centre:
        with reading(centre.projections) as connection:
            upto = parts.seam(connection).upto
        return said, kept(centre).tobytes(), upto


def test_the_archive_comes_back_byte_for_byte(world, tmp_path) -> None:
    folder, target, fixes, _ = world
    said, found, upto = restored(world, tmp_path / "back")
    assert found == fixes
    assert upto > 0
    assert said.archive_files == check_archive(config_of(folder)).files > 0
    for path in (target / "archive").rglob("*.parquet"):
        assert b"PAR1" not in path.read_bytes(), "nobody reads a backup without the key"


def test_a_lost_file_is_named_and_its_fixes_come_from_the_journal(world, tmp_path) -> None:
    _, target, fixes, _ = world
    first = sorted((target / "archive").rglob("*.parquet"))[0]
    was = first.read_bytes()
    first.unlink()
    try:
        said, found, upto = restored(world, tmp_path / "back")
    finally:
        first.write_bytes(was)
    assert said.archive_lost == (f"{first.relative_to(target / 'archive').as_posix()}: missing",)
    assert found == fixes
    assert upto == 0


def test_what_was_erased_since_is_in_no_file_that_comes_back(world, tmp_path) -> None:
    erasure = Erasure(
        at=Instant(world[3] + 1),
        owner_kind=int(OwnerKind.ACTIVATION),
        owner_id="a_w1",
        data_class=int(DataClass.FRAME),
        reason="test",
        by=AccountId("ac_test"),
    )
    said, found, upto = restored(world, tmp_path / "back", erasure)
    assert said.erased_again > 0
    assert not said.archive_lost
    assert upto > 0
    with InProcessCentre.open(config_of(tmp_path / "back")) as centre:
        assert found == kept(centre).tobytes()
        assert same(kept(centre), decoded(centre))
    assert len(found) < len(world[2])
