"""A document of a case: its bytes, read from the journal, where alone they are."""

import msgspec

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.document import Document
from tagwatch.core.ids import CaseId
from tagwatch.query.kept_bytes import kept_event
from tagwatch.query.reader import Reader
from tagwatch.store.cases import case_of


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A document and its bytes; None: lawfully erased."""

    document: Document
    content: bytes | None


def document(reader: Reader, config: Config, case_id: CaseId, document_id: str) -> DocumentView:
    """Return a document of a case within scope. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        case = case_of(connection, case_id)
        if case is None:
            reader.refuse("document", [case_id, document_id], "unknown")
        reader.wearer(connection, case.wearer_id, "document")
    found = next((each for each in case.documents if each.document_id == document_id), None)
    if found is None:
        reader.refuse("document", [case_id, document_id], "unknown")
    content = _content(config, found)
    reader.disclosing("document", [case_id, document_id, case.wearer_id], found.sha256)
    return DocumentView(document=found, content=content)


def _content(config: Config, found: Document) -> bytes | None:
    event = kept_event(config, found.seq)
    if event is None:
        return None
    if not isinstance(event, ledger.DocumentKept) or event.document_id != found.document_id:
        raise ValueError(f"journal record {found.seq} does not hold document {found.document_id}")
    return event.content
