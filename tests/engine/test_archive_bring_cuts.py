"""Whatever step of bringing archived fixes back is the last before a power cut: no fix is lost or
doubled, they come in the end, and the findings are those of an installation without an archive."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Draft, Lane
from tests.engine.archive_world import BEGINS, config_of, decoded, findings, kept, same
from tests.engine.test_archive_cuts import Life
from tests.walk.timeline import HERS, HOME, contacts, fix, frame, metres_from, register

pytestmark = pytest.mark.timeout(600)
DAYS = 60
AT = Instant(BEGINS + DAYS * DAY)
_KINDS = ("write, journal", "sync, journal", "statement", "commit")
CUTS = (*((kind, 1) for kind in _KINDS), ("statement", 2), ("statement", 5))


def history() -> list[Draft]:
    drafts = [draft_of(event, BEGINS) for event in (*contacts(), *register("w1", BEGINS))]
    for day in range(DAYS):
        begins = BEGINS + day * DAY
        times = [Instant(begins + hour * HOUR) for hour in range(24)]
        place = metres_from(HOME, 5 * (day % 7), 0)
        said = frame([fix(place, at) for at in times], "w1")
        drafts.append(draft_of(said, Instant(begins + DAY)))
    return drafts


def late(number: int) -> Draft:
    """He was at her door: each time further back than what was brought back before."""
    at = Instant(BEGINS + (18 - 2 * number) * DAY + 11 * HOUR)
    fixes = [fix(metres_from(HERS, 20, 0), Instant(at + k * MINUTE)) for k in range(5)]
    return draft_of(frame(fixes, "w1"), Instant(AT + number), lane=Lane.BACKFILL)


def waiting(centre: InProcessCentre) -> int:
    with reading(centre.projections) as connection:
        requests = schema.stage_request
        query = select(func.count()).select_from(requests).where(requests.c.state == "waiting")
        return connection.scalar(query) or 0


def test_fixes_are_brought_back_whatever_the_last_step_before_a_power_cut(tmp_path: Path) -> None:
    life = Life(tmp_path / "cut", 1)
    life.centre.append(history())
    life.centre.apply()
    life.whole_round(AT)
    life.disk.watch(life.centre)
    for number, (kind, step) in enumerate(CUTS):
        life.centre.append([late(number)])
        life.centre.apply()
        assert waiting(life.centre), f"cut {number}"
        assert life.cut_round(AT, ("bring back", kind), step), f"{kind}, step {step}"
        life.centre.apply()
        assert same(kept(life.centre), decoded(life.centre)), f"{kind}, step {step}"
        life.whole_round(AT)
        assert not waiting(life.centre), f"{kind}, step {step}"
        assert same(kept(life.centre), decoded(life.centre)), f"{kind}, step {step}, in the end"
    found = findings(life.centre)
    life.close()
    with InProcessCentre.open(config_of(tmp_path / "whole")) as centre:
        centre.append([*history(), *(late(number) for number in range(len(CUTS)))])
        centre.apply()
        assert len(found) >= len(CUTS)
        assert found == findings(centre)
