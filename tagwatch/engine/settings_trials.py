"""Rehearsals of proposed rule settings in the batch process: nobody waits for them, and what
comes out is journaled with the proposal.

One wearer after the other, so that a zone that somebody tries on a page comes in between. After a
restart a proposal is tried from the beginning.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

import structlog
from sqlalchemy import Engine

from tagwatch.core.event import Event
from tagwatch.core.ids import SettingsProposalId, WearerId
from tagwatch.core.ledger import SettingsTried, WearerTried
from tagwatch.core.settings_trial import SettingsProposal, WearerTrial, can_be_tried, summed
from tagwatch.engine.clock import now
from tagwatch.query.rehearsal import Unrehearsed
from tagwatch.query.settings_trial import SettingsPair
from tagwatch.store.database import reading
from tagwatch.store.post import PostError
from tagwatch.store.settings_proposals import proposal_of, settings_version, untried

_LOG: Final = structlog.get_logger("batch")
LOOK_S: Final = 1.0
Record: TypeAlias = Callable[[Sequence[Event]], Awaitable[object]]
"""Makes events durable in the journal, all or none. Raises PostError."""


class SettingsTrials:
    """Looks for proposals that were not tried yet, and tries them."""

    def __init__(
        self, projections: Engine, record: Record, one: asyncio.Lock, most_s: float
    ) -> None:
        """Whoever works something out holds `one`; a proposal takes at most `most_s`."""
        self._projections, self._record = projections, record
        self._one, self._most_s = one, most_s
        self._done: set[SettingsProposalId] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            proposal = self._next()
            if proposal is not None:
                events = await self._tried(proposal, stop)
                while events and not stop.is_set():
                    try:
                        await self._record(events)
                    except PostError as error:
                        _LOG.warning("a rehearsal is not recorded yet", error=str(error))
                        await _wait(stop)
                        continue
                    self._done.add(proposal.proposal_id)
                    break
            await _wait(stop)

    def _next(self) -> SettingsProposal | None:
        with reading(self._projections) as connection:
            for kept in untried(connection):
                said = kept.proposal
                before = settings_version(connection, said.seen_version)
                if said.proposal_id not in self._done and can_be_tried(before, said.settings):
                    return said
        return None

    async def _tried(self, proposal: SettingsProposal, stop: asyncio.Event) -> list[Event]:
        """Return what is to be journaled; nothing if it was withdrawn meanwhile, or we stop."""
        begun_at, begun = now(), time.monotonic()
        trials: list[WearerTrial] = []
        failed: list[str] = []
        with reading(self._projections) as connection:
            before = settings_version(connection, proposal.seen_version)
        pair = SettingsPair(before, proposal.settings, (proposal.start, proposal.end))
        for wearer_id in proposal.wearers:
            if stop.is_set() or not self._waits(proposal.proposal_id):
                return []
            if time.monotonic() - begun > self._most_s:
                break
            async with self._one:
                found = await asyncio.to_thread(self._of_one, pair, wearer_id)
            if isinstance(found, str):
                failed.append(found)
            else:
                trials.append(found)
        unreached = len(proposal.wearers) - len(trials) - len(failed)
        took_ms = round(1000 * (time.monotonic() - begun))
        name, at = proposal.proposal_id, now()
        if not trials:
            why = failed[0] if failed else "nobody in scope had conditions and a tag on"
            return [SettingsTried(proposal_id=name, trial=None, failure=why, at=at)]
        trial = summed(trials, failed, unreached, begun_at, took_ms)
        differing = [WearerTried(proposal_id=name, trial=each) for each in trials if each.differs]
        return [*differing, SettingsTried(proposal_id=name, trial=trial, at=at)]

    def _waits(self, name: SettingsProposalId) -> bool:
        with reading(self._projections) as connection:
            kept = proposal_of(connection, name)
        return kept is not None and kept.waits

    def _of_one(self, pair: SettingsPair, wearer_id: WearerId) -> WearerTrial | str:
        try:
            with reading(self._projections) as connection:
                return pair.tried_on(connection, wearer_id)
        except Unrehearsed as error:
            return str(error)
        except MemoryError:
            return "it takes more memory than there is for it: try fewer days"
        except Exception as error:  # noqa: BLE001  # told, logged, and the next wearer is tried
            _LOG.exception("rehearsal of settings failed", error=type(error).__name__)
            return f"it failed ({type(error).__name__}): the log of the batch process says why"


async def _wait(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK_S)
