"""Crimes are matched in the batch process: each as it comes in, and when somebody asks anew.

What is waiting is seen from the tables, so a stop loses nothing: whatever has no run is matched.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine

from tagwatch.core.crime_profiles import DEFAULT_PROFILE, profile_of
from tagwatch.core.event import Event
from tagwatch.core.ids import derived_id
from tagwatch.core.match import MatchSettings
from tagwatch.core.recorded_match import CrimeMatched, PersonMatched
from tagwatch.engine.clock import now
from tagwatch.engine.settings_trials import Record
from tagwatch.query.match_facts import Matched, match_crime
from tagwatch.store.archive.footer import ArchiveDamage
from tagwatch.store.database import reading
from tagwatch.store.matches import WaitingCrime, waiting_crimes
from tagwatch.store.post import PostError

_LOG: Final = structlog.get_logger("batch")
LOOK_S: Final = 3.0
AT_ONCE: Final = 50
_GROUP: Final = 100
"""People recorded in one group."""


class Matching:
    """Looks for crimes that wait, and matches them."""

    def __init__(self, projections: Engine, record: Record) -> None:
        """`record` takes events to the journal."""
        self._projections, self._record = projections, record
        self._failed: set[tuple[str, int]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            await self.step(stop)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    async def step(self, stop: asyncio.Event) -> int:
        """Match what waits now; return how many crimes were matched."""
        done = 0
        for waiting in await asyncio.to_thread(self._waiting):
            if stop.is_set():
                break
            try:
                matched = await asyncio.to_thread(self._matched, waiting)
            except ArchiveDamage as error:
                # The other crimes do not wait for it; it is tried again at the next start.
                self._failed.add((waiting.crime_id, waiting.version))
                _LOG.error("a crime could not be matched", crime=waiting.crime_id, why=str(error))
                continue
            try:
                for events in _groups(matched):
                    await self._record(events)
            except PostError as error:
                _LOG.warning("a matched crime is not on record yet", error=str(error))
                break
            done += 1
        return done

    def _waiting(self) -> list[WaitingCrime]:
        with reading(self._projections) as connection:
            found = waiting_crimes(connection, AT_ONCE)
        return [one for one in found if (one.crime_id, one.version) not in self._failed]

    def _matched(self, waiting: WaitingCrime) -> Matched:
        profile = profile_of(waiting.profile_id) or DEFAULT_PROFILE
        settings = MatchSettings(rule=waiting.rule, vicinity_m=profile.vicinity_m)
        key = derived_id("mr", secrets.token_hex(16))
        with reading(self._projections) as connection:
            found = match_crime(connection, waiting, profile, settings, key, now())
        return Matched(msgspec.structs.replace(found.run, ended_at=now()), found.people)


def _groups(matched: Matched) -> list[list[Event]]:
    people: list[Event] = [PersonMatched(person=person) for person in matched.people]
    groups = [people[at : at + _GROUP] for at in range(0, len(people), _GROUP)]
    return [*groups, [CrimeMatched(run=matched.run)]]
