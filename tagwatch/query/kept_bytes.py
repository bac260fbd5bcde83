"""What only the journal holds, read where the projections say it is; None: lawfully erased."""

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.event import Event
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader


def kept_event(config: Config, seq: int) -> Event | None:
    """Return the event of the journal record `seq`, None if its key was destroyed.

    The caller has checked the scope and put the question on the audit.
    """
    files = OsFiles()
    keyring = Keyring.open(config.keys_folder, files)
    journal = JournalReader(config.journal_folder, keyring, files)
    try:
        record = journal.get(seq)
    finally:
        journal.close()
        keyring.close()
    if record is None or record.payload is None:
        return None
    return ledger.decode(record.kind, record.payload)
