"""What can go wrong with a journal, each as a type a caller can act upon."""


class JournalError(Exception):
    """Something is wrong with a journal. The text says what, which, and what to do."""


class JournalLocked(JournalError):
    """Another process writes this journal."""


class JournalFull(JournalError):
    """The disk is full: nothing of the group was acknowledged; append works again with room."""


class JournalWriteFailed(JournalError):
    """The disk refused the group for another reason; nothing of it was acknowledged."""


class JournalBroken(JournalError):
    """The disk could not be brought back to the last durable group: reopen the journal."""


class KeysDamaged(JournalError):
    """The key file or the installation key cannot be used as it is."""


class BackupRefused(JournalError):
    """A backup or restore would overwrite something or does not equal its source."""
