"""Keeps the audit's index up with its streams, so that whoever opens the viewer need not wait."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from tagwatch.access.audit_index import caught_up, drop_old
from tagwatch.config import Config
from tagwatch.engine.clock import now
from tagwatch.store.journal.errors import JournalError

_LOG: Final = structlog.get_logger("batch")
_EACH_S: Final = 60.0
_MOST: Final = 200_000


async def keep_index(config: Config, stop: asyncio.Event) -> None:
    """Take in each minute what the audit's streams have."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(take_in, config)
        except (OSError, OperationalError, JournalError) as error:
            _LOG.warning("audit not indexed", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EACH_S)


def take_in(config: Config) -> None:
    """Take in what there is, at most so much that others wait for nothing; what cannot be read
    any more goes."""
    with caught_up(config, _MOST):
        pass
    drop_old(config, now())
