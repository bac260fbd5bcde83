"""Checks of accounts on a case: each with its versions, what a later one said otherwise, and what
persons say of it. Nothing is decided by them."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection

from tagwatch.core.account_check import AccountCheck, differences
from tagwatch.core.ids import AccountId, CaseId
from tagwatch.core.units import Instant
from tagwatch.store.account_checks import attachings_to, versions_of, words_to


class AccountWord(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's words to a version of a check."""

    version: int
    at: Instant
    by: AccountId
    words: str


class CheckVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a check, and what it says otherwise than the one before."""

    check: AccountCheck
    superseded_by: int | None
    """The version after it; None: it is the newest."""
    differences: tuple[str, ...]


class AccountOnCase(msgspec.Struct, frozen=True, kw_only=True):
    """A check that was attached to a case."""

    check_id: str
    attached_at: Instant
    attached_by: AccountId
    attached_version: int
    taken_back: str
    """Why it does not belong to the case; empty: it does."""
    taken_back_at: Instant | None
    taken_back_by: AccountId | None
    versions: tuple[CheckVersion, ...]
    """The first first."""
    words: tuple[AccountWord, ...]

    @property
    def newest(self) -> AccountCheck:
        """Its newest version."""
        return self.versions[-1].check


def accounts_on(connection: Connection, case_id: CaseId) -> tuple[AccountOnCase, ...]:
    """Return the checks that were ever attached to a case, as they were attached. The caller has
    checked the scope."""
    latest: dict[str, AccountOnCase] = {}
    for event in attachings_to(connection, case_id):
        held = latest.get(event.check_id)
        if event.taken_back and held is not None:
            latest[event.check_id] = msgspec.structs.replace(
                held,
                taken_back=event.taken_back,
                taken_back_at=event.at,
                taken_back_by=event.by,
            )
        elif not event.taken_back and (held is None or held.taken_back):
            latest[event.check_id] = AccountOnCase(
                check_id=event.check_id,
                attached_at=event.at,
                attached_by=event.by,
                attached_version=event.version,
                taken_back="",
                taken_back_at=None,
                taken_back_by=None,
                versions=(),
                words=(),
            )
    return tuple(_filled(connection, latest))


def _filled(connection: Connection, latest: dict[str, AccountOnCase]) -> Iterator[AccountOnCase]:
    words = words_to(connection, list(latest))
    for check_id, one in latest.items():
        kept = versions_of(connection, check_id)
        if kept:
            said = (each for each in words if each.check_id == check_id)
            yield msgspec.structs.replace(
                one,
                versions=tuple(_versions(kept)),
                words=tuple(
                    AccountWord(version=w.version, at=w.at, by=w.by, words=w.words) for w in said
                ),
            )


def _versions(kept: list[AccountCheck]) -> Iterator[CheckVersion]:
    for place, check in enumerate(kept):
        after = kept[place + 1].version if place + 1 < len(kept) else None
        changed = differences(kept[place - 1], check) if place else ()
        yield CheckVersion(check=check, superseded_by=after, differences=changed)


def tally_words(check: AccountCheck) -> str:
    """Return how many statements got which answer, in words."""
    return ", ".join(f"{verdict.value}: {count}" for verdict, count in check.tally.items() if count)
