"""A restore tried: out of a backup and an export of keys, into a folder that is then removed."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from tagwatch.access.audit import audit_line, open_reader, streams
from tagwatch.access.sign_in import FACTOR_USE
from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.engine import installation
from tagwatch.engine.compare import compare
from tagwatch.engine.installation import OS_FILES
from tagwatch.engine.safekeeping import Restored, bring_back
from tagwatch.store.account_keys import FactorSeal
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import account
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.verify import VerifyReport, verify
from tagwatch.store.key_export import KeySet

_LOOK_BACK: Final = 1000


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill found."""

    restored: Restored
    record: int
    """Number of the record that was opened."""
    rows: int
    """Of the tables, equal to those built anew."""
    wrong: tuple[str, ...]
    """What was not as it should be, in sentences; none: the restore holds."""


def drill(config: Config, source: Path, keys: KeySet, progress: Callable[[int], None]) -> Drill:
    """Restore the backup in `source` with `keys` into a temporary folder, look at it, and take it
    away. `config` says how the installation is set. Raises what a restore raises."""
    with tempfile.TemporaryDirectory(prefix="tagwatch-drill-") as folder:
        there = msgspec.structs.replace(config, data=Path(folder) / "data", keys=None)
        restored = bring_back(source, there, keys, progress=progress)
        wrong = [*_chains(there), *_archive(restored), *_factor(there)]
        record = _opened(there, restored.seq)
        if not record:
            wrong.append(f"none of the last {_LOOK_BACK} records of the journal opens")
        compared = compare(there, restored.seq, progress)
        wrong += [
            f"table {one.table} is not what the journal gives" for one in compared.differences
        ]
    return Drill(restored=restored, record=record, rows=compared.rows, wrong=tuple(wrong))


def _chains(there: Config) -> list[str]:
    """Prove every chain, and open the first lines of each audit."""
    found = _broken("the journal", verify(there.journal_folder, OS_FILES))
    for name in streams(there):
        report = verify(there.audit_folder(name), OS_FILES)
        found += _broken(f"the audit of {name}", report)
        reader = open_reader(there, name)
        try:
            for record in reader.read(0, report.head.seq, most=_LOOK_BACK):
                audit_line(record)
            found += [f"the audit of {name}: {damage.reason}" for damage in reader.damage]
        finally:
            reader.close()
    return found


def _broken(name: str, report: VerifyReport) -> list[str]:
    whole = report.chain is ChainState.WHOLE and not report.damage and not report.lost_records
    return [] if whole else [f"the chain of {name} is {report.chain.value}, or damaged"]


def _archive(restored: Restored) -> list[str]:
    return [f"archive: {lost}" for lost in restored.archive_lost]


def _opened(there: Config, upto: int) -> int:
    """Open the newest record that was not erased; return its number, 0 if none opens."""
    reader = installation.open_reader(there)
    try:
        for seq in range(upto, max(0, upto - _LOOK_BACK), -1):
            record = reader.get(seq)
            if record is not None and record.payload is not None:
                ledger.decode(record.kind, record.payload)
                return seq
    finally:
        reader.close()
    return 0


def _factor(there: Config) -> list[str]:
    """Open every second factor."""
    if not there.accounts_file.exists():
        return []
    seal = FactorSeal(OS_FILES, there.keys_folder)
    accounts = Accounts(there.accounts_file)
    try:
        column = account.c.second_factor
        with accounts.change() as connection:
            sealed = connection.scalars(select(column).where(column.is_not(None))).all()
    finally:
        accounts.close()
    shut = sum(not _opens(seal, each) for each in sealed)
    return [f"{shut} second factors do not open"] if shut else []


def _opens(seal: FactorSeal, sealed: bytes) -> bool:
    try:
        seal.open(sealed, FACTOR_USE)
    except InvalidTag:
        return False
    return True
