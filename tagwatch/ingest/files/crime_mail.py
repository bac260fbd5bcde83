"""Police's crimes as an e-mail: "Crime Mapping Request" in the subject, one .csv file with it."""

from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Final, NamedTuple

from tagwatch.core.crime import CrimeProfile
from tagwatch.core.crime_errors import BatchErrorType, CrimeBatchStatus
from tagwatch.ingest.files.crime_csv import CrimesRead, read_crimes

SUBJECT: Final = "Crime Mapping Request"
MOST_PARTS: Final = 200
"""Parts of a mail that are looked at; more of them are no crime mapping request."""
MOST_HEADER: Final = 998
"""Characters of a header that are kept."""


class MailRefused(Exception):
    """The e-mail is no crime mapping request (INVALID_ATTACHMENT). The text says why."""

    def __init__(self, words: str, sender: str = "", heading: str = "") -> None:
        """`sender` and `heading`, the subject line, are as far as they could be read."""
        super().__init__(words)
        self.sender = sender
        self.heading = heading


class CrimeMail(NamedTuple):
    """What a crime mapping request brings."""

    sender: str
    """The bare address it says it comes from; '' if it says none. It proves nothing."""
    heading: str
    file_name: str
    data: bytes
    """The attached file."""


def read_mail(data: bytes) -> CrimeMail:
    """Return what is attached to an e-mail. Raises MailRefused for any other bytes."""
    sender = heading = ""
    try:
        mail = message_from_bytes(data, policy=default)
        heading = _header(mail, "subject")
        sender = parseaddr(_header(mail, "from"))[1]
        if SUBJECT not in heading:
            raise MailRefused(f'the subject does not contain "{SUBJECT}"')
        files = _csv_files(mail)
        if len(files) != 1:
            raise MailRefused(f"{len(files)} .csv files are attached; there must be exactly one")
        ((name, part),) = files
        content = part.get_payload(decode=True)
    except MailRefused as refused:
        raise MailRefused(str(refused), sender, heading) from refused
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError) as e:
        # The standard library's parser raises these on some malformed mails.
        why = f"it cannot be read as an e-mail ({type(e).__name__})"
        raise MailRefused(why, sender, heading) from e
    if not isinstance(content, bytes):
        raise MailRefused(f"the attachment {name!r} has no content", sender, heading)
    return CrimeMail(sender, heading, name, content)


def read_mailed_crimes(data: bytes, profile: CrimeProfile) -> CrimesRead:
    """Return the crimes in an e-mail; one that is no crime mapping request has failed."""
    try:
        mail = read_mail(data)
    except MailRefused:
        return CrimesRead(0, (), (), CrimeBatchStatus.FAILED, BatchErrorType.INVALID_ATTACHMENT)
    return read_crimes(mail.data, profile)


def _header(mail: EmailMessage, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())[:MOST_HEADER]


def _csv_files(mail: EmailMessage) -> list[tuple[str, EmailMessage]]:
    """Return the name and the part of every .csv file, also inside a mail that was forwarded."""
    found: list[tuple[str, EmailMessage]] = []
    for count, part in enumerate(mail.walk()):
        if count == MOST_PARTS:
            raise MailRefused(f"it has more than {MOST_PARTS} parts")
        name = part.get_filename() or ""
        if not part.is_multipart() and name.strip().lower().endswith(".csv"):
            found.append((name.strip()[:MOST_HEADER], part))
    return found
