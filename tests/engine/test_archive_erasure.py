"""What is erased is gone from the archive too; what is lost of it comes back from the journal."""

from pathlib import Path

import pytest

from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import KeyDestroyed
from tagwatch.core.units import Instant
from tagwatch.engine.archive_alone import begin_anew, check_archive, forget_erased
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store.archive import parts
from tagwatch.store.archive.merge import fixes_of
from tagwatch.store.database import reading
from tagwatch.store.journal.record import DataClass, Owner, OwnerKind
from tests.engine.archive_world import (
    config_of,
    days,
    decoded,
    keeper_of,
    kept,
    same,
    swept,
)

pytestmark = pytest.mark.timeout(600)
BY = AccountId("ac_test")


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A stopped installation with two days in the archive."""
    with InProcessCentre.open(config_of(tmp_path)) as centre:
        whole = list(days(3, 42, late=0.0, ordered=False))
        for _, drafts in whole:
            centre.append(drafts)
        centre.apply()
        at = whole[-1][0]
        keeper = keeper_of(centre)
        assert keeper.seal(at) > 0
        swept(centre, at)
        keeper.close()
    return tmp_path


def held(folder: Path) -> dict[str, int]:
    """Return how many fixes of each activation all files under the archive's folder hold."""
    found: dict[str, int] = {}
    for path in sorted((folder / "archive").rglob("*.parquet")):
        for _, activation, block in fixes_of(path):
            found[activation] = found.get(activation, 0) + len(block)
    return found


def test_the_erased_are_in_no_file_and_the_others_are_whole(sealed: Path) -> None:
    config = config_of(sealed)
    before = held(sealed)
    assert set(before) == {"a_w1", "a_w2"}
    with InProcessCentre.open(config) as centre:
        owner = Owner(OwnerKind.ACTIVATION, "a_w1")
        at = Instant(int(decoded(centre)["received_at"][-1]))
        erased = centre.writer.erase(owner, DataClass.FRAME, None, at)
        for _, data_class, period in erased.keys:
            event = KeyDestroyed(
                owner_kind=owner.kind,
                owner_id=owner.id,
                data_class=data_class,
                period=period,
                reason="test",
                by=BY,
            )
            centre.record(event, at=at)
    assert forget_erased(config) >= 2, "files of both orders held him"
    assert held(sealed) == {"a_w2": before["a_w2"]}
    with InProcessCentre.open(config) as centre:
        assert same(kept(centre), decoded(centre))


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_lost_files_are_named_and_their_fixes_come_back(sealed: Path, harm: str) -> None:
    config = config_of(sealed)
    report = check_archive(config)
    assert report.files
    assert not report.damaged
    path = sorted((sealed / "archive").rglob("*.parquet"))[0]
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    (found,) = check_archive(config).damaged
    assert (sealed / "archive" / found.path) == path
    begin_anew(config, "a file was lost", BY)
    assert check_archive(config).files == 0
    with InProcessCentre.open(config) as centre:
        assert same(kept(centre), decoded(centre))
        with reading(centre.projections) as connection:
            assert parts.seam(connection).upto == 0
        keeper = keeper_of(centre)
        assert keeper.seal(Instant(int(decoded(centre)["received_at"][-1]))) > 0
        assert same(kept(centre), decoded(centre))
        keeper.close()
    assert not check_archive(config).damaged
