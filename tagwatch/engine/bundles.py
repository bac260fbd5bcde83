"""Evidence bundles that were asked for are made in the batch process, the oldest first.

What waits is a file each, so a stop loses nothing: one that is in the register already is not made
again, and of one that cannot be made the file says why.
"""

import asyncio
from contextlib import suppress
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine

from tagwatch.config import Config
from tagwatch.core.recorded_bundle import BundleMade
from tagwatch.engine.bundle_worker import Answer, command
from tagwatch.engine.clock import now
from tagwatch.engine.settings_trials import Record
from tagwatch.store.bundle_asks import BundleAsk, drop_ask, failed, is_there, put_ask, waiting_asks
from tagwatch.store.bundles import bundles_of
from tagwatch.store.database import reading
from tagwatch.store.post import PostError

_LOG: Final = structlog.get_logger("batch")
LOOK_S: Final = 2.0
MOST_S: Final = 900.0
"""One bundle takes no longer."""
_MOST_LOOKED: Final = 100
_ENDED: Final = "the process that makes it ended twice: ask for fewer days, and see the log"


class Bundles:
    """Looks for bundles that are asked for, and makes them one at a time."""

    def __init__(self, config: Config, projections: Engine, record: Record) -> None:
        """`record` takes to the journal that one was made."""
        self._config, self._projections, self._record = config, projections, record
        self._made: dict[str, BundleMade] = {}
        """Made, and not on record yet: by ask."""

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            await self.step(stop)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    async def step(self, stop: asyncio.Event) -> int:
        """Make what waits now; return how many bundles were made and are on record."""
        done = 0
        for ask in await asyncio.to_thread(waiting_asks, self._config):
            if stop.is_set():
                break
            if await asyncio.to_thread(self._is_on_record, ask):
                await asyncio.to_thread(drop_ask, self._config, ask)
                continue
            if not await self._make(ask, stop):
                break
            done += 1
        return done

    async def _make(self, ask: BundleAsk, stop: asyncio.Event) -> bool:
        """Make one bundle, or keep why none can be made; say whether to go on with the next."""
        event = self._made.get(ask.ask_id)
        if event is None:
            answer = await self._asked(ask, stop) or await self._asked(ask, stop)
            if stop.is_set():
                return False
            event = None if answer is None else answer.made
            if event is None:
                why = _ENDED if answer is None else answer.why
                _LOG.error("a bundle could not be made", ask=ask.ask_id, why=why)
                if await asyncio.to_thread(is_there, self._config, ask):
                    await asyncio.to_thread(put_ask, self._config, failed(ask, why, now()))
                return True
            self._made[ask.ask_id] = event
        try:
            await self._record([event])
        except PostError as error:
            _LOG.warning("a bundle is not on record yet", error=str(error))
            return False
        del self._made[ask.ask_id]
        await asyncio.to_thread(drop_ask, self._config, ask)
        return True

    async def _asked(self, ask: BundleAsk, stop: asyncio.Event) -> Answer | None:
        """Return what the worker answers; None if it ended without an answer, or we stop."""
        if stop.is_set():
            return None
        worker = await asyncio.create_subprocess_exec(
            *command(self._config), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        stopping = asyncio.ensure_future(stop.wait())
        talking = asyncio.ensure_future(worker.communicate(msgspec.json.encode(ask) + b"\n"))
        try:
            await asyncio.wait(
                {stopping, talking}, timeout=MOST_S, return_when=asyncio.FIRST_COMPLETED
            )
            line = talking.result()[0] if talking.done() else b""
        finally:
            stopping.cancel()
            talking.cancel()
            with suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()
        return msgspec.json.decode(line, type=Answer) if line.endswith(b"\n") else None

    def _is_on_record(self, ask: BundleAsk) -> bool:
        with reading(self._projections) as connection:
            made = bundles_of(connection, ask.wearer_id, _MOST_LOOKED)
        return any(one.ask_id == ask.ask_id for one in made)
