"""What matching found, for pages and programs: a batch, one crime with its lists, one match.

Whoever may see a crime sees how many matched; persons are named only within his own scope.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.role import Role
from tagwatch.core.crime import Crime, CrimeBatch
from tagwatch.core.crime_match import ranked_key
from tagwatch.core.ids import WearerId
from tagwatch.core.match import CrimeMatch, MatchList
from tagwatch.core.match_run import ExcludedPerson, MatchedPerson, MatchRun, MatchWord
from tagwatch.core.person import Restriction
from tagwatch.core.units import Instant
from tagwatch.query.crimes import batch_view, crime_view
from tagwatch.query.reader import Reader
from tagwatch.report.match_csv import MATCHES, MatchedDevice, matched_row, table_lines
from tagwatch.store import schema
from tagwatch.store.crimes import crimes_of_batch
from tagwatch.store.matches import asked_at, people_of, person_of, run_of, runs_of, words_of

CRIMES_MOST: Final = 2_000
"""Of one batch on its page of matches; the API pages."""


Lists = dict[WearerId, tuple[MatchList, tuple[tuple[str, str], ...]]]
"""By wearer: his list, and the fixes that count with their labels."""


class CrimeState(msgspec.Struct, frozen=True, kw_only=True):
    """A crime of a batch, and its latest run: None, and it is not matched yet."""

    crime_id: str
    version: int
    reference: str
    crime_type: str
    from_at: Instant
    to_at: Instant
    run: MatchRun | None
    again: bool
    """A newer run was asked for and is not there yet."""


class BatchMatches(msgspec.Struct, frozen=True, kw_only=True):
    """The crimes of a batch, those with most matches first."""

    at: Instant
    batch: CrimeBatch
    crimes: tuple[CrimeState, ...]


class ListedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody within scope whom a run found, and what was said of it."""

    match_id: str
    wearer_id: WearerId
    name: str
    match: CrimeMatch
    words: tuple[MatchWord, ...] = ()


class ListedExcluded(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody within scope whom a run excludes."""

    name: str
    excluded: ExcludedPerson


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a run says otherwise than the one before it: names within scope."""

    before: Instant
    """As of when the other looked."""
    moved: tuple[tuple[str, str, str], ...]
    """Name, on which list he was (empty: on none), on which he is."""
    relabelled: tuple[str, ...]
    """Still matched, by other fixes."""


class CrimeMatches(msgspec.Struct, frozen=True, kw_only=True):
    """One crime with the lists of a run, ranked."""

    at: Instant
    crime_id: str
    crime: Crime
    run: MatchRun | None
    runs: tuple[MatchRun, ...]
    """All of this crime, the latest first."""
    matched: tuple[ListedPerson, ...] = ()
    not_excluded: tuple[ListedPerson, ...] = ()
    excluded: tuple[ListedExcluded, ...] = ()
    outside: int = 0
    """People on the three lists who are outside the reader's scope."""
    difference: Difference | None = None


class MatchView(msgspec.Struct, frozen=True, kw_only=True):
    """One person at one crime, as the run saw it."""

    at: Instant
    match_id: str
    crime_id: str
    crime: Crime
    run: MatchRun
    person: MatchedPerson
    words: tuple[MatchWord, ...]


def batch_matches(reader: Reader, batch_key: str) -> BatchMatches:
    """Return how far the crimes of a batch within scope are matched. Raises NotFound."""
    batch = batch_view(reader, batch_key).batch
    with reader.connection() as connection:
        known = crimes_of_batch(connection, batch_key, 0, CRIMES_MOST)
        ids = [one.crime_id for one in known]
        runs, asked = runs_of(connection, ids), asked_at(connection, ids)
        people = people_of(connection, [run.run_key for each in runs.values() for run in each[:1]])
        hidden = _hidden(reader, connection, {one.wearer_id for one in people})
    shown = {one.wearer_id for one in people}
    found: list[CrimeState] = []
    for one in known:
        run = next((each for each in runs[one.crime_id] if each.version >= one.version), None)
        state = CrimeState(
            crime_id=one.crime_id,
            version=one.version,
            reference=one.crime.reference,
            crime_type=one.crime.crime_type,
            from_at=one.crime.from_at,
            to_at=one.crime.to_at,
            run=run if run is None else _counted(reader, run, people, hidden),
            again=run is not None and asked.get(one.crime_id, run.ended_at) > run.ended_at,
        )
        found.append(state)
    found.sort(key=lambda one: (-(one.run.matched if one.run else -1), one.reference))
    reader.combined("batch_matches", [batch_key, *sorted(shown - hidden)])
    return BatchMatches(at=reader.now(), batch=batch, crimes=tuple(found))


def crime_matches(reader: Reader, crime_id: str, run_key: str = "") -> CrimeMatches:
    """Return the lists of a run, by default the latest, of a crime within scope. Raises
    NotFound."""
    view = crime_view(reader, crime_id)
    with reader.connection() as connection:
        runs = runs_of(connection, [crime_id])[crime_id]
        place = next((k for k, run in enumerate(runs) if run.run_key == run_key or not run_key), -1)
        if place < 0:
            if run_key:
                reader.refuse("crime_matches", [crime_id], "no such run")
            reader.combined("crime_matches", [crime_id], "not matched yet")
            crime = view.versions[0].crime
            return CrimeMatches(at=reader.now(), crime_id=crime_id, crime=crime, run=None, runs=())
        run = runs[place]
        older = (each for each in runs[place + 1 :] if each.settings.rule is run.settings.rule)
        before = next(older, None)
        people = people_of(connection, [run.run_key])
        past = [] if before is None else people_of(connection, [before.run_key])
        gone = () if before is None else before.excluded
        names = {one.wearer_id for one in (*people, *past)}
        names |= {one.wearer_id for one in (*run.excluded, *gone)}
        seen = reader.wearers(connection, names)
        everybody = people_of(connection, [each.run_key for each in runs])
        hidden = _hidden(reader, connection, names | {one.wearer_id for one in everybody})
        words = words_of(connection, [one.match_id for one in people])
    mine = [one for one in people if one.wearer_id in seen]
    mine.sort(key=lambda one: ranked_key(one.match), reverse=True)
    listed = [_listed(one, words[one.match_id]) for one in mine]
    excluded = [one for one in run.excluded if one.wearer_id in seen]
    version = next((v for v in view.versions if v.version == run.version), view.versions[0])
    reader.combined("crime_matches", [crime_id, *sorted(seen)], f"run {run.run_key}")
    return CrimeMatches(
        at=reader.now(),
        crime_id=crime_id,
        crime=version.crime,
        run=_counted(reader, run, people, hidden),
        runs=tuple(_counted(reader, each, everybody, hidden) for each in runs),
        matched=tuple(one for one in listed if one.match.found is MatchList.MATCHED),
        not_excluded=tuple(one for one in listed if one.match.found is MatchList.NOT_EXCLUDED),
        excluded=tuple(
            ListedExcluded(name=seen[one.wearer_id].name, excluded=one) for one in excluded
        ),
        outside=len(people)
        + len(run.excluded)
        - len(mine)
        - len(excluded)
        - _of_these(run, people, hidden),
        difference=None
        if before is None
        else _difference(
            before.as_of,
            _lists(before, past),
            _lists(run, people),
            {name: wearer.name for name, wearer in seen.items()},
        ),
    )


def _hidden(reader: Reader, connection: Connection, names: set[WearerId]) -> set[WearerId]:
    """Return those of these wearers whose cases are restricted and outside the reader's scope:
    they are counted nowhere."""
    row = schema.wearer.c
    query = select(row.wearer_id).where(
        row.wearer_id.in_(sorted(names)), row.restriction == Restriction.RESTRICTED.value
    )
    restricted = {WearerId(each) for each in connection.scalars(query)}
    return restricted - set(reader.wearers(connection, restricted)) if restricted else restricted


def _counted(
    reader: Reader, run: MatchRun, people: Sequence[MatchedPerson], hidden: set[WearerId]
) -> MatchRun:
    """Return a run without its excluded, and with nobody counted who is hidden. How many were not
    looked at is for those who reach everybody."""
    barred = run.barred if reader.actor.role is Role.OPERATOR else 0
    run = msgspec.structs.replace(run, excluded=(), barred=barred)
    if not hidden:
        return run
    gone = [p for p in people if p.run_key == run.run_key and p.wearer_id in hidden]
    matched = sum(one.match.found is MatchList.MATCHED for one in gone)
    return msgspec.structs.replace(
        run,
        matched=run.matched - matched,
        not_excluded=run.not_excluded - (len(gone) - matched),
    )


def _of_these(run: MatchRun, people: Sequence[MatchedPerson], hidden: set[WearerId]) -> int:
    """Return how many on a run's three lists are hidden."""
    found = [one.wearer_id for one in people if one.run_key == run.run_key]
    return sum(name in hidden for name in (*found, *(one.wearer_id for one in run.excluded)))


def match_view(reader: Reader, match_id: str) -> MatchView:
    """Return one match of a wearer and a crime within scope. Raises NotFound."""
    with reader.connection() as connection:
        person = person_of(connection, match_id)
        if person is None:
            reader.refuse("match", [match_id], "unknown")
        reader.wearer(connection, person.wearer_id, "match")
        run = run_of(connection, person.run_key)
        words = words_of(connection, [match_id])[match_id]
        people = people_of(connection, [person.run_key])
        hidden = _hidden(reader, connection, {one.wearer_id for one in people})
    if run is None:
        reader.refuse("match", [match_id], "its run is not recorded yet")
    view = crime_view(reader, run.crime_id)
    version = next((v for v in view.versions if v.version == run.version), view.versions[0])
    reader.combined("match", [match_id, person.wearer_id])
    return MatchView(
        at=reader.now(),
        match_id=match_id,
        crime_id=run.crime_id,
        crime=version.crime,
        run=_counted(reader, run, people, hidden),
        person=person,
        words=tuple(words),
    )


def matches_csv(reader: Reader, batch_key: str) -> Iterator[str]:
    """Return the lines of the Ministry's CSV of a batch's matches within scope. Raises NotFound."""
    batch_view(reader, batch_key)
    with reader.connection() as connection:
        known = crimes_of_batch(connection, batch_key, 0, CRIMES_MOST)
        latest = _latest(connection, [one.crime_id for one in known])
        people = people_of(connection, [run.run_key for run in latest.values()])
        seen = reader.wearers(connection, [one.wearer_id for one in people])
    people = [one for one in people if one.wearer_id in seen]
    rows: list[list[str]] = []
    for one in known:
        run = latest.get(one.crime_id)
        mine = [p for p in people if run is not None and p.run_key == run.run_key]
        for person in sorted(mine, key=lambda p: ranked_key(p.match), reverse=True):
            rows += [matched_row(one.crime, device) for device in _devices(person)]
    reader.disclosing("matches_csv", [batch_key, *sorted(seen)], f"{len(rows)} rows")
    return table_lines(MATCHES, rows)


def _latest(connection: Connection, crime_ids: Sequence[str]) -> dict[str, MatchRun]:
    runs = runs_of(connection, crime_ids)
    return {name: each[0] for name, each in runs.items() if each}


def _devices(person: MatchedPerson) -> list[MatchedDevice]:
    """Return the tags of a person of which a fix counts: none of somebody who did not match."""
    used = {fix.tag for fix in person.fixes if fix.label}
    return [
        MatchedDevice(
            tag.tag_id,
            tag.serial,
            tag.model,
            person.wearer_id,
            person.name,
            person.nomis_id or "",
            person.pnc_ref or "",
            "",
            person.date_of_birth or "",
        )
        for number, tag in enumerate(person.tags)
        if number in used
    ]


def _listed(person: MatchedPerson, words: Sequence[MatchWord]) -> ListedPerson:
    return ListedPerson(
        match_id=person.match_id,
        wearer_id=person.wearer_id,
        name=person.name,
        match=person.match,
        words=tuple(words),
    )


def _lists(run: MatchRun, people: Sequence[MatchedPerson]) -> Lists:
    """Return, by wearer, his list, and the fixes that count with their labels."""
    found: Lists = {one.wearer_id: (MatchList.EXCLUDED, ()) for one in run.excluded}
    for one in people:
        counting = tuple((str(fix.fix_id), fix.label) for fix in one.fixes if fix.label)
        found[one.wearer_id] = one.match.found, counting
    return found


def _difference(
    before: Instant,
    was: Lists,
    now: Lists,
    names: dict[WearerId, str],
) -> Difference:
    moved: list[tuple[str, str, str]] = []
    relabelled: list[str] = []
    for wearer_id, name in sorted(names.items(), key=lambda item: item[1]):
        first, then = was.get(wearer_id), now.get(wearer_id)
        lists = tuple("" if one is None else one[0].value for one in (first, then))
        if lists[0] != lists[1]:
            moved.append((name, lists[0], lists[1]))
        elif first != then:
            relabelled.append(name)
    return Difference(before=before, moved=tuple(moved), relabelled=tuple(relabelled))
