"""Records are brought in from a file: shown first, then recorded all at once, or not at all."""

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import Connection

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.scope import may_see_zone
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import Event
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.desk.import_file import ImportRefused
from tagwatch.desk.import_lines import ImportLine, counted, lines_of
from tagwatch.desk.import_plan import Planned
from tagwatch.desk.import_reading import Source, plan_file
from tagwatch.desk.import_scope import forbidden, ids_of
from tagwatch.desk.import_two import two_person
from tagwatch.store.known import KnownRecords

SHOWN: Final = 500
"""Lines and mistakes of a preview at most; it says how many there are."""
_LATER: Final = frozenset({"at", "recorded_at", "draft_id"})
"""What of a record is set when it is recorded: it is no part of what was shown."""


class ImportMistake(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a file, and where in it."""

    where: str
    what: str


class ImportPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would record. With a mistake nothing of it can be recorded."""

    kind: str
    """What the file is; empty if that cannot be told."""
    digest: str
    """Of all that would be recorded; confirming it needs the same."""
    counts: tuple[tuple[str, int], ...] = ()
    lines: tuple[ImportLine, ...] = ()
    """The first SHOWN."""
    warnings: tuple[str, ...] = ()
    mistakes: tuple[ImportMistake, ...] = ()
    """The first SHOWN."""
    mistakes_count: int = 0

    @property
    def total(self) -> int:
        """How many records it would make."""
        return sum(count for _, count in self.counts)


class _Held(NamedTuple):
    """A file held against the register."""

    preview: ImportPreview
    planned: list[Planned]


def preview_import(
    reader: Reader, accounts: Mapping[str, AccountId], source: Source
) -> ImportPreview:
    """Return what the file would record, or every mistake; nothing is recorded. On the audit.

    `accounts` maps sign-in names. Raises NotFound without the verb.
    """
    need(reader, Verb.REGISTER_WEARER)
    held = _held(reader, accounts, source)
    reader.collecting("preview_import", about(held.planned), _detail(held.preview, source))
    return held.preview


def record_import(
    clerk: Clerk, reader: Reader, accounts: Mapping[str, AccountId], source: Source, seen: str
) -> Done:
    """Record all that the file says, as one group of the journal. On the audit.

    `seen` is the digest of the preview. Raises Conflict, and nothing is recorded, if the file has
    a mistake or the register changed so that it would record something else by now.
    """
    need(reader, Verb.REGISTER_WEARER)
    held = _held(reader, accounts, source)
    if held.preview.mistakes:
        first = held.preview.mistakes[0]
        count = held.preview.mistakes_count
        raise Conflict(
            f"Nothing was recorded: the file has {count} mistake{'' if count == 1 else 's'}, first "
            f"{first.where}: {first.what}. Correct the file and bring it in again."
        )
    if held.preview.digest != seen:
        raise Conflict(
            "Nothing was recorded: the register changed since the preview was made, and the file "
            "would record something else by now. Look at the new preview and confirm it."
        )
    if not held.planned:
        raise Conflict("There is nothing to record: the register says what the file says.")
    reader.collecting("record_import", about(held.planned), _detail(held.preview, source))
    return clerk.record_all([(one.event, one.owner) for one in held.planned])


def _held(reader: Reader, accounts: Mapping[str, AccountId], source: Source) -> _Held:
    with reader.connection() as connection:
        return _held_against(reader, connection, accounts, source)


def _held_against(
    reader: Reader, connection: Connection, accounts: Mapping[str, AccountId], source: Source
) -> _Held:
    known = KnownRecords(connection, reader.scope.condition(), partial(may_see_zone, reader.actor))
    by, at = reader.actor.account_id, reader.now()
    kind, planned, warnings = "", list[Planned](), list[str]()
    try:
        plan = plan_file(source, known, accounts, at, by)
        kind = plan.kind.value
        wrong = list(dict.fromkeys(forbidden(reader, plan.planned, known)))
        planned, waiting, said = two_person(plan.planned, known, connection, at)
        wrong, warnings = [*wrong, *waiting], [*plan.warnings, *said]
    except ImportRefused as error:
        wrong = error.errors
    if wrong:
        mistakes = tuple(_mistake(error) for error in wrong[:SHOWN])
        preview = ImportPreview(kind=kind, digest="", mistakes=mistakes, mistakes_count=len(wrong))
        return _Held(preview, [])
    events = [one.event for one in planned]
    lines = lines_of(events, known)
    preview = ImportPreview(
        kind=kind,
        digest=_digest(events),
        counts=tuple(counted(lines)),
        lines=tuple(lines[:SHOWN]),
        warnings=tuple(warnings),
    )
    return _Held(preview, planned)


def _mistake(error: str) -> ImportMistake:
    where, colon, what = error.partition(": ")
    return ImportMistake(where=where.removeprefix("$."), what=what if colon else error)


def _detail(preview: ImportPreview, source: Source) -> str:
    digest = sha256(source.data).hexdigest()[:16]
    said = f"{preview.mistakes_count} mistakes" if preview.mistakes else f"{preview.total} records"
    return f"{preview.kind or 'unknown'} file {digest}, {said}"


def about(planned: list[Planned]) -> list[str]:
    """Return the ids of whom and what this is about, each once."""
    return list(dict.fromkeys(ids[0] for one in planned if (ids := ids_of(one.event))))


def _digest(events: list[Event]) -> str:
    plain = [[type(event).__name__, _timeless(msgspec.to_builtins(event))] for event in events]
    return sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        return {name: _timeless(part) for name, part in given.items() if name not in _LATER}
    if isinstance(value, list):
        return [_timeless(part) for part in cast("list[Any]", value)]
    return value
