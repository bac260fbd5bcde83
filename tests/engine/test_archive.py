"""The archive and the tables together hold what the journal does, and findings know no seam."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tagwatch.core.ids import ActivationId, TagId, WearerId
from tagwatch.core.person import Activation
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.query.first_fix import first_fix
from tagwatch.store import schema, staging
from tagwatch.store.archive import parts
from tagwatch.store.database import reading
from tests.engine.archive_world import (
    BEGINS,
    a_round,
    config_of,
    days,
    decoded,
    findings,
    keeper_of,
    kept,
    marks,
    same,
    swept,
)
from tests.walk.timeline import HOME, fix, frame, register

pytestmark = pytest.mark.timeout(600)


def test_each_fix_is_on_one_side_of_the_seam_whenever_one_looks(tmp_path: Path) -> None:
    with InProcessCentre.open(config_of(tmp_path)) as centre:
        keeper = keeper_of(centre)
        for day, (at, drafts) in enumerate(days(5, 48, late=0.0, ordered=False)):
            centre.append(drafts)
            centre.apply()
            if day >= 41 and day % 2:
                keeper.seal(at)
                assert same(kept(centre), decoded(centre)), "sealed, and still in the tables too"
                keeper.tidy()
                swept(centre, at)
                assert same(kept(centre), decoded(centre)), "sealed, and in the tables no more"
        with reading(centre.projections) as connection:
            seam, files = parts.seam(connection), parts.visible(connection)
            left = connection.scalar(select(func.count()).select_from(schema.trail_block))
        assert sum(file.fixes for file in files) == 2 * (len(decoded(centre)) - (left or 0) * 8)
        keeper.close()
        before, head = decoded(centre), centre.writer.head().seq
        centre.line.close()
        rebuild(centre.config, centre.writer, head)
        centre.line = type(centre.line).open(centre.config, centre.writer)
        swept(centre, seam.sealed_at)
        assert same(kept(centre), before), "a rebuild takes the seals where they were"


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in (0, 2))])
def test_findings_and_fixes_are_those_of_a_run_without_an_archive(
    tmp_path: Path, seed: int
) -> None:
    """Also for fixes older than the tables keep, and for orders corrected that far back."""
    with (
        InProcessCentre.open(config_of(tmp_path / "plain")) as plain,
        InProcessCentre.open(config_of(tmp_path / "archived")) as archived,
    ):
        keeper = keeper_of(archived)
        for day, (at, drafts) in enumerate(days(seed)):
            plain.append(drafts)
            archived.append(drafts)
            archived.apply()
            if day >= 40:
                keeper.bring_back(at)
            if day >= 40 and day % 3 == seed:
                swept(archived, at)
                a_round(keeper, at)
        plain.apply()
        with reading(archived.projections) as connection:
            assert not staging.waiting(connection)
            assert parts.visible(connection)
            asked = connection.scalar(
                select(schema.counter.c.value).where(schema.counter.c.name == "staging_asked")
            )
        assert asked, "no late fix fell before the seam: the test tests nothing"
        assert findings(archived) == findings(plain)
        assert same(kept(archived), decoded(archived))
        assert marks(kept(archived)) == marks(kept(plain))
        keeper.close()


def test_a_tags_first_fix_is_found_in_the_archive_too(tmp_path: Path) -> None:
    with InProcessCentre.open(config_of(tmp_path)) as centre:
        centre.record(*register("w1", BEGINS), at=BEGINS)
        for day in (2, 50):
            at = Instant(BEGINS + day * DAY)
            centre.record(frame([fix(HOME, at)]), at=at)
        centre.apply()
        ends = Instant(BEGINS + 60 * DAY)
        keeper = keeper_of(centre)
        assert keeper.seal(ends) == 1
        swept(centre, ends)
        keeper.close()
        worn = [
            Activation(
                activation_id=ActivationId("a_w1"),
                tag_id=TagId("t_w1"),
                wearer_id=WearerId("w1"),
                started_at=BEGINS,
            )
        ]
        with reading(centre.projections) as connection:
            assert first_fix(connection, worn, BEGINS) == BEGINS + 2 * DAY
            assert first_fix(connection, worn, Instant(BEGINS + 3 * DAY)) == BEGINS + 50 * DAY
            assert first_fix(connection, worn, Instant(BEGINS + 51 * DAY)) is None
