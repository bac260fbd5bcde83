"""The archive's thread ends with its task, however that ends."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from tagwatch.engine.archive_loop import ArchiveLoop
from tagwatch.engine.centre import InProcessCentre
from tests.engine.archive_world import config_of


@pytest.mark.timeout(60)
def test_the_archives_thread_ends_when_its_task_is_cancelled(tmp_path: Path) -> None:
    with InProcessCentre.open(config_of(tmp_path)) as centre:
        loop = ArchiveLoop(centre.config, centre.projections)

        async def cancelled() -> None:
            running = asyncio.create_task(loop.run(asyncio.Event()))
            await asyncio.sleep(0)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

        asyncio.run(cancelled())  # waits for threads: for ever, if this one went on
