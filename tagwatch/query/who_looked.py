"""Who looked at one wearer, for the officer who answers for the case: names and how often."""

from typing import Final

import msgspec

from tagwatch.access.audit import SYSTEM, Act
from tagwatch.access.audit_index import caught_up
from tagwatch.access.refusal import Refused, not_his_case
from tagwatch.config import Config
from tagwatch.core.person import Wearer
from tagwatch.core.units import DAY, Instant
from tagwatch.query.reader import Reader
from tagwatch.store.audit_index import Found, people_of

DAYS: Final = 90
_MOST_TAKEN_IN: Final = 10_000


class Looker(msgspec.Struct, frozen=True, kw_only=True):
    """One account that asked about the wearer, altered something or took something along."""

    by: str
    role: str
    times: dict[Act, int]
    last_at: Instant


class WhoLooked(msgspec.Struct, frozen=True, kw_only=True):
    """Who looked at a wearer since `since`, most first."""

    wearer: Wearer
    since: Instant
    lookers: tuple[Looker, ...]


def who_looked(reader: Reader, config: Config, wearer_id: str) -> WhoLooked:
    """Return who looked at a wearer of the reader's own caseload, or of one he covers.

    Raises Refused for another officer's, NotFound for one out of reach.
    """
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "who_looked")
    actor = reader.actor
    if wearer.officer is None or wearer.officer not in {actor.account_id, *actor.covers}:
        reader.refused("who_looked", [wearer_id], "not his case")
        raise Refused(not_his_case("sees who looked at the wearer"))
    since = Instant(reader.now() - DAYS * DAY)
    lookers: dict[tuple[str, str], Looker] = {}
    with caught_up(config, _MOST_TAKEN_IN) as (index, _):
        for act in Act:
            found = Found(about=wearer_id, act=act.value, since=since)
            for by, role, times, at in people_of(index, found):
                if role == SYSTEM:  # nobody: what came in, went out or was matched by itself
                    continue
                held = lookers.get((by, role), Looker(by=by, role=role, times={}, last_at=at))
                lookers[by, role] = msgspec.structs.replace(
                    held, times={**held.times, act: times}, last_at=max(held.last_at, at)
                )
    reader.consulted("who_looked", [wearer_id], f"{len(lookers)} accounts")
    return WhoLooked(
        wearer=wearer,
        since=since,
        lookers=tuple(
            sorted(lookers.values(), key=lambda each: (-sum(each.times.values()), each.by))
        ),
    )
