"""How far is what the pages show behind what the receiver has?"""

import asyncio
import time
from collections import deque

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from tagwatch.config import Config
from tagwatch.query.happenings import applied_seq
from tagwatch.store.post import AsyncJournalPost, PostError


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How old the oldest record is that the line has not applied yet, and what ails."""

    behind_s: float
    problem: str = ""
    """Empty, or what a person should read: the receiver does not answer."""


class LagMeter:
    """Samples the journal's durable end and the line's cursor once a second."""

    def __init__(self, config: Config, projections: Engine) -> None:
        self._post = AsyncJournalPost(config.receiver_socket, timeout_s=3.0)
        self._projections = projections
        self._heads: deque[tuple[float, int]] = deque(maxlen=3600)
        self.lag = Lag(behind_s=0.0)

    async def run(self) -> None:
        """Sample until cancelled."""
        try:
            while True:
                self.lag = await self._sample()
                await asyncio.sleep(1.0)
        finally:
            await self._post.close()

    async def _sample(self) -> Lag:
        at = time.monotonic()
        problem = ""
        try:
            self._heads.append((at, (await self._post.head()).seq))
        except (PostError, OSError):
            problem = "The receiver does not answer: fixes are not being taken in."
        try:
            applied = await asyncio.to_thread(applied_seq, self._projections)
        except SQLAlchemyError:
            return Lag(behind_s=0.0, problem="The projections cannot be read.")
        while self._heads and self._heads[0][1] <= applied:
            self._heads.popleft()
        behind_s = at - self._heads[0][0] if self._heads else 0.0
        return Lag(behind_s=round(behind_s, 1), problem=problem)
