"""Health: how the archive of old fixes is, on the page and in the figures for machines."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import func, select

from tagwatch.access.enrolment import now
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.query.archive_health import archive_health
from tagwatch.store import schema
from tagwatch.store.archive import sweep
from tagwatch.store.database import reading
from tests.engine.archive_world import keeper_of, swept
from tests.web.conftest import Enter


def figures(browser: TestClient[Litestar]) -> dict[str, int]:
    """Return the archive's figures for machines."""
    found = re.findall(r"^tagwatch_archive_(\w+) (\d+)", browser.get("/metrics").text, re.MULTILINE)
    return {name: int(value) for name, value in found}


def test_health_says_how_the_archive_is(
    enter: Enter, centre: InProcessCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = enter("administrator")
    assert "nothing yet: fixes leave the tables" in browser.get("/health").text
    assert set(figures(browser).values()) == {0}
    block = schema.trail_block.c
    with reading(centre.projections) as connection:
        rows, fixes = connection.execute(select(func.count(), func.sum(block.fixes))).one()
    at = Instant(now() + 45 * DAY)
    keeper = keeper_of(centre)
    monkeypatch.setattr(sweep, "MOST_ROWS", 0)  # nothing is deleted yet
    assert keeper.seal(at) == fixes
    found = archive_health(centre.projections)
    assert (found.fixes, found.to_delete, found.sealed_at) == (fixes, rows, at)
    assert found.files
    page = browser.get("/health").text
    assert "fixes before " in page
    assert f"{fixes:,} fixes in {found.files:,} files" in page
    said = figures(browser)
    assert (said["fixes"], said["rows_to_delete"], said["bytes"]) == (fixes, rows, found.bytes)
    monkeypatch.undo()
    swept(centre, at)
    assert archive_health(centre.projections).to_delete == 0
    keeper.close()
