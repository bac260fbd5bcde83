"""How long what is kept, who would be forgotten today, why some are kept, who was forgotten."""

from typing import Final

import msgspec

from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_erasure import RetentionPublished
from tagwatch.core.retention import RetentionPeriods
from tagwatch.core.units import DAY, Instant
from tagwatch.query.reader import Reader
from tagwatch.store import forgettings
from tagwatch.store.archive.parts import folder_of
from tagwatch.store.backups import BackupMade, backups
from tagwatch.store.forgettings import Forgetting
from tagwatch.store.traces import due, keepers, named_due

MOST: Final = 500
"""Wearers whose periods are over, on one page."""


class DueWearer(msgspec.Struct, frozen=True, kw_only=True):
    """A wearer within scope whose periods are over."""

    wearer_id: WearerId
    name: str
    since: Instant
    why: tuple[str, ...]
    """What he is kept for; empty: he is to be forgotten."""


class KnownBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup on the register."""

    made: BackupMade
    expires_at: Instant | None
    """None: no limit."""
    is_overdue: bool


class RetentionView(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    periods: RetentionPeriods
    """Those tried, else those in force."""
    is_trial: bool
    history: tuple[RetentionPublished, ...]
    due: tuple[DueWearer, ...]
    named: int
    """Requests about somebody who is named and on no register, whose period is over."""
    hidden: int
    """Wearers outside the reader's scope whose periods are over."""
    forgotten: tuple[Forgetting, ...]
    backups: tuple[KnownBackup, ...]


def retention_view(
    reader: Reader, otherwise: RetentionPeriods, trial: RetentionPeriods | None = None
) -> RetentionView:
    """Return how retention stands, by the periods in force or by those of a trial. On the audit.

    `otherwise` are the periods until some are published.
    """
    at = reader.now()
    with reader.connection() as connection:
        published = forgettings.published(connection)
        periods = trial or (published[0].periods if published else otherwise)
        over = due(connection, at, periods)
        seen = reader.wearers(connection, [name for name, _ in over])
        shown = tuple(
            DueWearer(
                wearer_id=name,
                name=seen[name].name,
                since=since,
                why=keepers(connection, name, at, periods),
            )
            for name, since in over[:MOST]
            if name in seen
        )
        forgotten = tuple(forgettings.forgettings(connection)[:MOST])
        named = len(named_due(connection, at, periods))
        folder = folder_of(connection)
    known = () if folder is None else backups(folder.parent)
    reader.consulted("retention", sorted(each.wearer_id for each in shown))
    return RetentionView(
        periods=periods,
        is_trial=trial is not None,
        history=tuple(published),
        due=shown,
        named=named,
        hidden=len(over) - len(shown),
        forgotten=forgotten,
        backups=tuple(_backup(made, periods, at) for made in known),
    )


def forgetting_view(reader: Reader, name: str) -> Forgetting:
    """Return one erasure with its proof, by its id or his. On the audit. Raises NotFound."""
    with reader.connection() as connection:
        found = forgettings.forgetting_of(connection, name)
    if found is None:
        reader.refuse("erasure_proof", [name], "unknown")
    reader.consulted("erasure_proof", [found.begun.trace.wearer_id])
    return found


def proof_to_hand_out(reader: Reader, name: str) -> Forgetting:
    """Return the same, to leave as a paper: that is a disclosure. Raises NotFound."""
    found = forgetting_view(reader, name)
    reader.disclosing("erasure_proof", [found.begun.trace.wearer_id], "as a certificate")
    return found


def _backup(made: BackupMade, periods: RetentionPeriods, at: Instant) -> KnownBackup:
    days = periods.backup_days
    expires = Instant(made.at + days * DAY) if days else None
    return KnownBackup(
        made=made, expires_at=expires, is_overdue=expires is not None and expires <= at
    )
