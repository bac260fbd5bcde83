"""Crimes are matched in the batch process: each as it comes in, and when somebody asks anew.

What is waiting is seen from the tables, so a stop loses nothing: whatever has no run is matched.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec
import structlog
from sqlalchemy import Engine

from tagwatch.core.crime_profiles import DEFAULT_PROFILE, profile_of
from tagwatch.core.event import Event
from tagwatch.core.ids import derived_id
from tagwatch.core.match import MatchSettings
from tagwatch.core.recorded_match import CrimeMatched, PersonMatched
from tagwatch.core.recorded_service import HeartbeatMissed, PartState
from tagwatch.engine.clock import now
from tagwatch.engine.settings_trials import Record
from tagwatch.query.match_facts import Matched, match_crime
from tagwatch.store.archive.footer import ArchiveDamage
from tagwatch.store.database import reading
from tagwatch.store.matches import WaitingCrime, waiting_crimes
from tagwatch.store.post import PostError, PostRefused, Refusal

_LOG: Final = structlog.get_logger("batch")
LOOK_S: Final = 3.0
AGAIN_S: Final = 5.0
AGAIN_MOST_S: Final = 600.0
"""A run that cannot be recorded is tried again after AGAIN_S, then after twice as long each time,
up to this."""
AT_ONCE: Final = 50
PART: Final = "crime matching"
_GROUP: Final = 100
"""People recorded in one group."""
_Name = tuple[str, int]


class _Put(NamedTuple):
    """A crime that is put off: tried so often, and not before this by the monotonic clock."""

    tries: int
    not_before: float


class Matching:
    """Looks for crimes that wait, and matches them."""

    def __init__(
        self, projections: Engine, record: Record, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`record` takes events to the journal; `clock` counts seconds."""
        self._projections, self._record, self._clock = projections, record, clock
        self._failed: dict[_Name, str] = {}
        """Not tried again before the next start, and why."""
        self._later: dict[_Name, _Put] = {}
        self._said = ""
        """What Health says of it; empty: it is well."""

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            await self.step(stop)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    async def step(self, stop: asyncio.Event) -> int:
        """Match what waits now; return how many crimes were matched."""
        done, wrong = 0, ""
        for waiting in await asyncio.to_thread(self._waiting):
            if stop.is_set():
                break
            name = waiting.crime_id, waiting.version
            try:
                matched = await asyncio.to_thread(self._matched, waiting)
                for events in _groups(matched):
                    await self._record(events)
            except ArchiveDamage as error:
                # The other crimes do not wait for it; it is tried again at the next start.
                self._failed[name] = str(error)
                _LOG.error("a crime could not be matched", crime=waiting.crime_id, why=str(error))
            except PostError as error:
                wrong = str(error)
                self._put_off(name)
                _LOG.warning("a matched crime is not on record yet", error=wrong)
                if not isinstance(error, PostRefused) or error.reason is not Refusal.BAD:
                    break  # nothing can be recorded now, of every other crime either
            else:
                self._later.pop(name, None)
                done += 1
        await self._say(wrong)
        return done

    def _put_off(self, name: _Name) -> None:
        tries = self._later[name].tries + 1 if name in self._later else 1
        wait_s = min(AGAIN_S * 2.0 ** min(tries - 1, 20), AGAIN_MOST_S)
        self._later[name] = _Put(tries, self._clock() + wait_s)

    async def _say(self, wrong: str) -> None:
        """Journal for Health what is wrong, once, and that it is well again."""
        words = self._said if self._later and not wrong else ""
        if wrong:
            words = f"{len(self._later)} matched crimes are not on record: {wrong}"
        elif not words and self._failed:
            words = f"{len(self._failed)} crimes could not be matched: " + next(
                iter(self._failed.values())
            )
        if bool(words) is bool(self._said):
            return
        state = PartState.AILING if words else PartState.HEALTHY
        try:
            await self._record(
                [HeartbeatMissed(part=PART, at=now(), state=state, words=words[:500])]
            )
        except PostError as error:
            _LOG.warning("the state of crime matching is not reported", error=str(error))
        else:
            self._said = words

    def _waiting(self) -> list[WaitingCrime]:
        """Return what is to be matched now: those put off take no place from the others."""
        apart = len(self._failed) + len(self._later)
        with reading(self._projections) as connection:
            found = waiting_crimes(connection, AT_ONCE + apart)
        at = self._clock()
        names = [(one, (one.crime_id, one.version)) for one in found]
        return [
            one
            for one, name in names
            if name not in self._failed
            and (name not in self._later or self._later[name].not_before <= at)
        ][:AT_ONCE]

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
