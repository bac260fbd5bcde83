"""Officers attach documents to cases."""

import secrets
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from tagwatch.access.role import Verb
from tagwatch.core import case as cases
from tagwatch.core.case import CaseError
from tagwatch.core.document import Document, DocumentError, type_of
from tagwatch.core.ids import derived_id
from tagwatch.core.ledger import DocumentAttached, DocumentKept
from tagwatch.desk.case import LINE_MOST, OnCase, act_of, held_for, record_act
from tagwatch.desk.clerk import Done

NAME_MOST: Final = 120


class File(NamedTuple):
    """What was sent: the name it came with, and its bytes."""

    name: str
    content: bytes


def attach(on: OnCase, file: File, says: str, about: str = "") -> Done:
    """Attach a document to a case; `about` names the decision it belongs to, empty: the case.

    Its type follows from its content. Raises CaseError for a file that is not taken in, Conflict
    if somebody changed the case meanwhile, NotFound outside the scope, NotRecorded.
    """
    held = held_for(on, Verb.RECORD_CASE, "attach_document")
    try:
        found = type_of(file.content)
    except DocumentError as error:
        raise CaseError("document", str(error)) from error
    document = Document(
        document_id=derived_id("do", secrets.token_hex(16)),
        name=_shown(file.name) or f"unnamed.{found}",
        says=says.strip()[:LINE_MOST],
        about=about,
        type=found,
        size_bytes=len(file.content),
        sha256=sha256(file.content).hexdigest(),
        at=on.reader.now(),
        by=on.reader.actor.account_id,
    )
    cases.with_document(held, document)
    kept = on.clerk.record(
        DocumentKept(
            wearer_id=held.wearer_id,
            case_id=held.case_id,
            document_id=document.document_id,
            content=file.content,
        )
    )
    document = msgspec.structs.replace(document, seq=kept.seq)
    event = DocumentAttached(**act_of(on, held), document=document)
    return record_act(on, held, lambda: cases.with_document(held, document), event)


def _shown(name: str) -> str:
    """Return the last part of a file's name, without what cannot be printed."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:NAME_MOST]
