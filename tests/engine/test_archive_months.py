"""A month that is wholly archived becomes whole; what is old enough goes, save under a hold."""

from collections import Counter
from pathlib import Path

import pytest

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.ledger import KeyDestroyed, LegalHoldEnded, LegalHoldSet
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.archive_rewrite import compact
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.retention import LetGo, apply_retention
from tagwatch.store.archive import parts
from tagwatch.store.archive.read import whole_trail
from tagwatch.store.database import reading
from tagwatch.store.journal.record import DataClass, Owner
from tests.engine.archive_world import config_of, days, decoded, keeper_of, kept, same, swept
from tests.walk.timeline import at_time

pytestmark = pytest.mark.timeout(600)
BY = AccountId("ac_test")
SEPTEMBER = at_time("00:00", "2026-09-01")


def files_a_part(centre: InProcessCentre, month: str) -> Counter[str]:
    """Return how many files each part of a month has."""
    with reading(centre.projections) as connection:
        named = [file.path for file in parts.visible(connection) if file.month == month]
    return Counter(path.rpartition("/")[0] for path in named)


def test_a_month_that_is_wholly_archived_becomes_one_file_a_part(tmp_path: Path) -> None:
    with InProcessCentre.open(config_of(tmp_path)) as centre:
        keeper = keeper_of(centre)
        at = Instant(0)
        for day, (ends, drafts) in enumerate(days(2, 75, ordered=False)):
            at = ends
            centre.append(drafts)
            if day >= 44 and day % 5 == 4:
                centre.apply()
                swept(centre, at)
                keeper.bring_back(at)
                centre.apply()
                assert keeper.seal(at)
                if day < 70:
                    assert not compact(keeper, at), "no month is archived to its end"
        pieces = files_a_part(centre, "2026-08")
        assert max(pieces.values()) > 1
        before = sum(pieces.values())
        assert compact(keeper, at) >= max(pieces.values())
        assert not compact(keeper, at), "it is whole"
        whole = files_a_part(centre, "2026-08")
        assert whole.keys() == pieces.keys()
        assert set(whole.values()) == {1}
        assert same(kept(centre), decoded(centre))
        there = len(list(centre.config.archive_folder.rglob("*.parquet")))
        assert keeper.tidy() >= before - len(whole)
        named = sum((files_a_part(centre, m) for m in ("2026-08", "2026-09")), Counter[str]())
        assert there > named.total() == len(list(centre.config.archive_folder.rglob("*.parquet")))
        keeper.close()


def of_wearer(centre: InProcessCentre, wearer: str) -> tuple[int, int]:
    """Return how many fixes of a wearer were received before September, and from then on."""
    with reading(centre.projections) as connection:
        found = whole_trail(connection, WearerId(wearer), Instant(0), Instant(2**61))
    blocks: list[FixBlock] = [block for _, block in found]
    early = sum(int((block["received_at"] < SEPTEMBER).sum()) for block in blocks)
    return early, sum(len(block) for block in blocks) - early


def test_after_72_months_a_fix_goes_unless_its_wearer_is_on_hold(tmp_path: Path) -> None:
    with InProcessCentre.open(config_of(tmp_path)) as centre:
        for _, drafts in days(4, 44, late=0.0, ordered=False):
            centre.append(drafts)
        centre.apply()
        keeper = keeper_of(centre)
        assert keeper.seal(at_time("12:00", "2026-11-15"))
        swept(centre, at_time("12:00", "2026-11-15"))
        before = {wearer: of_wearer(centre, wearer) for wearer in ("w1", "w2")}
        assert all(early and later for early, later in before.values())

        def destroy(owner: Owner, data_class: DataClass, period: str, reason: str) -> None:
            centre.writer.erase(owner, data_class, period, at)
            event = KeyDestroyed(
                owner_kind=owner.kind,
                owner_id=owner.id,
                data_class=data_class,
                period=period,
                reason=reason,
                by=BY,
            )
            centre.record(event, at=at)

        at = at_time("12:00", "2032-08-31")
        held = LegalHoldSet(wearer_id=WearerId("w1"), at=at, why="inquest", by=BY)
        centre.record(held, at=at)
        centre.apply()
        assert apply_retention(keeper, destroy, at) == LetGo(0, 0), "72 months are not over"
        at = Instant(at + DAY)
        assert apply_retention(keeper, destroy, at) == LetGo(1, 1)
        after = {wearer: of_wearer(centre, wearer) for wearer in ("w1", "w2")}
        assert after == {"w1": before["w1"], "w2": (0, before["w2"][1])}
        assert len(kept(centre)) == sum(sum(counts) for counts in after.values())
        ended = LegalHoldEnded(wearer_id=WearerId("w1"), at=at, why="inquest over", by=BY)
        centre.record(ended, at=at)
        centre.apply()
        assert apply_retention(keeper, destroy, at) == LetGo(1, 0)
        assert of_wearer(centre, "w1") == (0, before["w1"][1])
        keeper.close()
