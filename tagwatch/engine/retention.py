"""Fixes that have been kept as long as they may be: their keys are destroyed, month by month.

The month is that of receipt, which is the period of a key. Nothing of a wearer on legal hold goes;
when the hold ends, the next run takes what is due by then.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import structlog
from sqlalchemy import select

from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_rewrite import month_before, month_start, take_out
from tagwatch.store import holds, schema
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
    """Let go of the fixes received more months ago than is configured.

    Raises LineBehind, PostError, OSError, ArchiveDamage; to run it again completes it.
    """
    months = keeper.config.archive.retention_months
    if months <= 0:
        return LetGo(0, 0)
    first_kept = month_before(at, months)
    keeper.settle()
    with reading(keeper.projections) as connection:
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
        if data_class not in (DataClass.FRAME, DataClass.STAGED) or period[:7] >= first_kept:
            continue
        if owner.kind is OwnerKind.ACTIVATION and wearer_of.get(owner.id) in on_hold:
            kept += 1
            continue
        destroy(owner, data_class, period, f"retention: kept for {months} months")
        gone += 1
    if gone:
        take_out(keeper, at, let_go_before=month_start(first_kept))
    _LOG.info("retention", keys=gone, on_hold=kept, first_kept=first_kept)
    return LetGo(gone, kept)
