"""What goes by its age alone: keys of fixes, quarantine and crime files, month by month.

The month is that of receipt, which is the period of a key. Nothing of a wearer on legal hold goes;
when the hold ends, the next run takes what is due by then.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import structlog
from sqlalchemy import select

from tagwatch.config import Config
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.retention import RetentionPeriods
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_rewrite import month_before, month_start, take_out
from tagwatch.store import forgettings, holds, schema
from tagwatch.store.database import reading
from tagwatch.store.journal.record import DataClass, Owner, OwnerKind

_LOG: Final = structlog.get_logger("archive")
BY: Final = AccountId("system:retention")

Destroy = Callable[[Owner, DataClass, str, str], object]
"""Destroys the keys of an owner's class and period, for a reason, and journals it."""


class LetGo(NamedTuple):
    """What one run of the retention did."""

    keys: int
    held: int
    """Keys that would have gone, of wearers on hold."""


def apply_retention(keeper: ArchiveKeeper, destroy: Destroy, at: Instant) -> LetGo:
    """Let go of what was received more months ago than the periods in force allow.

    Raises LineBehind, PostError, OSError, ArchiveDamage; to run it again completes it.
    """
    keeper.settle()
    with reading(keeper.projections) as connection:
        periods = forgettings.periods(connection, periods_of(keeper.config))
        on_hold = holds.held(connection)
        column = schema.activation.c
        rows = connection.execute(select(column.activation_id, column.wearer_id))
        wearer_of = {row.activation_id: WearerId(row.wearer_id) for row in rows}
    keyring = installation.open_keyring(keeper.config)
    try:
        uses = keyring.uses()
    finally:
        keyring.close()
    gone = kept = 0
    for owner, data_class, period in sorted(uses):
        months = months_of(owner, data_class, periods)
        if not months or period[:7] >= month_before(at, months):
            continue
        if owner.kind is OwnerKind.ACTIVATION and wearer_of.get(owner.id) in on_hold:
            kept += 1
            continue
        destroy(owner, data_class, period, f"retention: kept for {months} months")
        gone += 1
    if gone and periods.fixes_months:
        before = month_start(month_before(at, periods.fixes_months))
        take_out(keeper, at, let_go_before=before)
    _LOG.info("retention", keys=gone, on_hold=kept)
    return LetGo(gone, kept)


def months_of(owner: Owner, data_class: DataClass, periods: RetentionPeriods) -> int:
    """Return how many months after receipt the data of a key go by their age alone; 0: they do
    not."""
    match data_class:
        case DataClass.FRAME | DataClass.STAGED:
            return periods.fixes_months
        case DataClass.QUARANTINE:
            return periods.quarantine_months
        case DataClass.DOCUMENT if owner.kind is OwnerKind.INSTALLATION:
            return periods.crime_file_months
        case _:
            return 0


def periods_of(config: Config) -> RetentionPeriods:
    """Return the periods until some are published: those of fixes as the installation's file has
    them, all others as they come."""
    return RetentionPeriods(fixes_months=max(config.archive.retention_months, 0))
