"""Matched crimes in the projections."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.core.crime import Crime
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import CrimeMatched, MatchAsked, MatchQualified, PersonMatched
from tagwatch.core.match import MatchRule
from tagwatch.core.match_run import MatchedPerson, MatchRun, MatchTrigger, MatchWord
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.crimes import decode_crime
from tagwatch.store.writes import Writes

_RUN: Final = msgspec.json.Decoder(MatchRun)
_PERSON: Final = msgspec.json.Decoder(MatchedPerson)
_WORD: Final = msgspec.json.Decoder(MatchWord)


class WaitingCrime(NamedTuple):
    """A crime that is to be matched, and why."""

    crime_id: str
    version: int
    profile_id: str
    crime: Crime
    trigger: MatchTrigger
    by: AccountId | None
    rule: MatchRule = MatchRule.OVERLAP_50


def put_asked(writes: Writes, event: MatchAsked) -> None:
    """Note that a crime is to be matched."""
    row = {"crime_id": event.crime_id, "at": event.at, "account_id": event.by}
    row |= {"rule": event.rule.value}
    writes.put(schema.crime_match_ask, row)


def put_person(writes: Writes, event: PersonMatched) -> None:
    """Write whom a run found."""
    person = event.person
    row = {"match_id": person.match_id, "run_key": person.run_key, "wearer_id": person.wearer_id}
    row |= {"found": person.match.found.value, "body": msgspec.json.encode(person).decode()}
    writes.put(schema.crime_match, row)


def put_run(writes: Writes, event: CrimeMatched) -> None:
    """Write a run."""
    row = {name: getattr(event.run, name) for name in ("run_key", "crime_id", "version")}
    row |= {"ended_at": event.run.ended_at, "body": msgspec.json.encode(event.run).decode()}
    writes.put(schema.crime_match_run, row)


def put_word(writes: Writes, event: MatchQualified) -> None:
    """Write what somebody said of a match."""
    row = {"match_id": event.match_id, "at": event.word.at, "account_id": event.word.by}
    row |= {"wearer_id": event.wearer_id, "body": msgspec.json.encode(event.word).decode()}
    writes.put(schema.crime_match_word, row)


def waiting_crimes(connection: Connection, most: int) -> list[WaitingCrime]:
    """Return crimes whose latest version no run has matched, or of which a run was asked for
    since; the oldest first."""
    version, run, ask = (
        schema.crime_version.c,
        schema.crime_match_run.c,
        schema.crime_match_ask.c,
    )
    latest = (
        select(version.crime_id, func.max(version.version).label("version"))
        .group_by(version.crime_id)
        .subquery()
    )
    runs = (
        select(
            run.crime_id, func.max(run.version).label("version"), func.max(run.ended_at).label("at")
        )
        .group_by(run.crime_id)
        .subquery()
    )
    fresh = runs.c.version.is_(None) | (runs.c.version < version.version)
    again = ask.at.is_not(None) & (ask.at > runs.c.at)
    query = (
        select(version.crime_id, version.version, version.profile_id, version.body,
               ask.account_id, ask.rule, again.label("again"), fresh.label("fresh"))
        .join_from(schema.crime_version, latest,
                   (version.crime_id == latest.c.crime_id) & (version.version == latest.c.version))
        .join(runs, runs.c.crime_id == version.crime_id, isouter=True)
        .join(schema.crime_match_ask, ask.crime_id == version.crime_id, isouter=True)
        .where(fresh | again)
        .order_by(version.from_at, version.crime_id)
        .limit(most)
    )  # fmt: skip
    return [
        WaitingCrime(
            row.crime_id,
            row.version,
            row.profile_id,
            decode_crime(row.body),
            MatchTrigger.AUTOMATIC if row.fresh else MatchTrigger.MANUAL,
            None if row.fresh else AccountId(row.account_id),
            MatchRule.OVERLAP_50 if row.fresh else MatchRule(row.rule),
        )
        for row in connection.execute(query)
    ]


def runs_of(connection: Connection, crime_ids: Sequence[str]) -> dict[str, list[MatchRun]]:
    """Return the runs of each of these crimes, the latest first."""
    column = schema.crime_match_run.c
    query = (
        select(column.crime_id, column.body)
        .where(column.crime_id.in_(crime_ids))
        .order_by(column.ended_at.desc(), column.run_key)
    )
    found: dict[str, list[MatchRun]] = {name: [] for name in crime_ids}
    for row in connection.execute(query):
        found[row.crime_id].append(_RUN.decode(row.body))
    return found


def run_of(connection: Connection, run_key: str) -> MatchRun | None:
    """Return a run, None if there is none of that key."""
    column = schema.crime_match_run.c
    body = connection.scalar(select(column.body).where(column.run_key == run_key))
    return None if body is None else _RUN.decode(body)


def people_of(connection: Connection, run_keys: Sequence[str]) -> list[MatchedPerson]:
    """Return whom these runs found, in no set order."""
    column = schema.crime_match.c
    query = select(column.body).where(column.run_key.in_(run_keys)).order_by(column.match_id)
    return [_PERSON.decode(body) for body in connection.execute(query).scalars()]


def person_of(connection: Connection, match_id: str) -> MatchedPerson | None:
    """Return one match, None if there is none of that id."""
    column = schema.crime_match.c
    body = connection.scalar(select(column.body).where(column.match_id == match_id))
    return None if body is None else _PERSON.decode(body)


def words_of(connection: Connection, match_ids: Sequence[str]) -> dict[str, list[MatchWord]]:
    """Return what was said of each of these matches, the oldest first."""
    column = schema.crime_match_word.c
    query = (
        select(column.match_id, column.body)
        .where(column.match_id.in_(match_ids))
        .order_by(column.at)
    )
    found: dict[str, list[MatchWord]] = {name: [] for name in match_ids}
    for row in connection.execute(query):
        found[row.match_id].append(_WORD.decode(row.body))
    return found


def asked_at(connection: Connection, crime_ids: Sequence[str]) -> dict[str, Instant]:
    """Return when matching of these crimes was last asked for, of those it was."""
    column = schema.crime_match_ask.c
    query = select(column.crime_id, column.at).where(column.crime_id.in_(crime_ids))
    return {row.crime_id: Instant(row.at) for row in connection.execute(query)}
