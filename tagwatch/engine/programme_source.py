"""What an export reads of an installation besides its records: how far, whose, erased, by whom."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.recorded_service import Applied
from tagwatch.engine.installation import InstallationError
from tagwatch.store.accounts import Account, Accounts
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Lane, OwnerKind, Record
from tagwatch.store.programme.layout import ErasedKey

_BATCH = 2_000


def applied_upto(reader: JournalReader, projections: Path, head: int) -> int:
    """Return the number up to which the projections say what the journal says."""
    with closing(sqlite3.connect(projections)) as connection:
        cursors: dict[int, int] = dict(connection.execute("SELECT lane, seq FROM cursor"))
    fresh, late = cursors.get(Lane.FRESH, 0), cursors.get(Lane.BACKFILL, 0)
    upto = fresh
    after = min(fresh, late)
    while records := reader.read(after, head, most=_BATCH):
        for record in records:
            after = record.seq
            if record.seq <= fresh:
                if record.lane is Lane.BACKFILL and record.seq > late:
                    raise InstallationError(
                        "late data is still being taken in: wait until `tagwatch status` shows no "
                        "lag, and export again"
                    )
            elif record.seq <= upto + 1 and _said_of(record, cursors):
                upto = record.seq
            else:
                return upto
    return upto


def _said_of(record: Record, cursors: dict[int, int]) -> bool:
    """Tell whether a record beyond the cursor is the line's own note of what it has applied."""
    if record.payload is None:
        return False
    event = ledger.decode(record.kind, record.payload)
    return isinstance(event, Applied) and event.to_seq <= cursors.get(event.lane, 0)


def wearers_by_owner(projections: Path) -> dict[tuple[OwnerKind, str], str]:
    """Return the wearer of each owner of data that belongs to one."""
    found: dict[tuple[OwnerKind, str], str] = {}
    with closing(sqlite3.connect(projections)) as connection:
        for (wearer,) in connection.execute("SELECT wearer_id FROM wearer"):
            found[OwnerKind.WEARER, wearer] = wearer
        for activation, wearer in connection.execute(
            "SELECT activation_id, wearer_id FROM activation"
        ):
            found[OwnerKind.ACTIVATION, activation] = wearer
        for alert, wearer in connection.execute("SELECT alert_id, wearer_id FROM alert"):
            found[OwnerKind.CASE, alert] = wearer or ""
    return found


def erased_keys(keyring: Keyring, erased: dict[int, int]) -> Iterator[ErasedKey]:
    """Give what is on record of destroyed keys; `erased` counts the records of each."""
    for key_id, records in sorted(erased.items()):
        slot = keyring.slot(key_id)
        if slot is not None:
            yield ErasedKey(
                owner_kind=slot.owner.kind.name.lower(),
                owner_id=slot.owner.id,
                data_class=slot.data_class.name.lower(),
                period=slot.period,
                erased_at=slot.destroyed_at,
                records=records,
            )


def authors(config: Config) -> list[Account]:
    """Return who the authors are; nothing by which anybody could sign in."""
    if not config.accounts_file.exists():
        return []
    accounts = Accounts(config.accounts_file)
    try:
        return [msgspec.structs.replace(one, email="") for one in accounts.all()]
    finally:
        accounts.close()
