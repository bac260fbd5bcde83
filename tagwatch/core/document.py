"""Documents that prove something: what kind they are by their content, and within which bounds.

The name a file came with decides nothing. What is no PDF, JPEG, PNG or plain text by its first and
last bytes is not taken in; what such a file shows, nobody has looked at but the officer.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant

MOST_BYTES: Final = 4 << 20
MOST: Final = 40
"""Documents of one case."""
_TAIL_BYTES: Final = 1024


class DocumentType(StrEnum):
    """What a document is, by its content."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    TEXT = "text"


MEDIA: Final = {
    DocumentType.PDF: ("application/pdf", "pdf"),
    DocumentType.JPEG: ("image/jpeg", "jpg"),
    DocumentType.PNG: ("image/png", "png"),
    DocumentType.TEXT: ("text/plain; charset=utf-8", "txt"),
}
"""By type: the media type it is handed out as, and the end of its file name."""


class DocumentError(ValueError):
    """Such a file is not taken in; the text says what to do."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a case: all but its bytes, which the journal holds under the wearer's key."""

    document_id: str
    name: str
    """As the file was called; shown and never trusted."""
    says: str
    """What it shows, in the words of who attached it."""
    about: str = ""
    """The decision or contest it belongs to; empty: the whole case."""
    type: DocumentType
    size_bytes: int
    sha256: str
    at: Instant
    by: AccountId
    seq: int = 0
    """The journal record that holds its bytes."""


def type_of(content: bytes) -> DocumentType:
    """Return what `content` is. Raises DocumentError if it is nothing that is taken in."""
    if not content:
        raise DocumentError("The file is empty. Choose another one")
    if len(content) > MOST_BYTES:
        raise DocumentError(f"The file is larger than {MOST_BYTES >> 20} MB. Scan it smaller")
    tail = content[-_TAIL_BYTES:]
    if content.startswith(b"%PDF-") and b"%%EOF" in tail:
        return DocumentType.PDF
    if content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in tail:
        return DocumentType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in tail:
        return DocumentType.PNG
    if _plain(content):
        return DocumentType.TEXT
    raise DocumentError(
        "The file is no whole PDF, JPEG, PNG or plain text, whatever it is called. "
        "Save or print it as a PDF"
    )


def _plain(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\n\r\t\ufeff" for letter in text)
