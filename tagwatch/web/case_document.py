"""Documents of a case: attached by a form, handed out as attachments and never shown in a page."""

from typing import Any, Final

from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.document import MEDIA, MOST_BYTES
from tagwatch.core.ids import CaseId
from tagwatch.desk.document import File, attach
from tagwatch.query.document import document as ask_document
from tagwatch.web.case import case_problem, case_reader, do_on_case
from tagwatch.web.foundation import Asked, foundation
from tagwatch.web.layout import show
from tagwatch.web.route import Upload, field, page, upload

FORM_MOST: Final = MOST_BYTES + (64 << 10)
"""The file at its largest, and the words beside it."""


@upload("/cases/{case_id:str}/documents", Verb.RECORD_CASE, FORM_MOST)
def add_document(request: Asked, case_id: FromPath[str], data: Upload) -> Response[Any]:
    """Attach a document."""
    says, about = field(data, "says", 600), field(data, "about", 80)
    kept = {"document_says": says, "document_about": about}
    sent = data.get("document")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return case_problem(request, case_id, "document", "Choose a file", kept)
    file = File(sent.filename, sent.file.read(MOST_BYTES + 1))
    return do_on_case(request, case_id, data, lambda on: attach(on, file, says, about), kept)


@page("/cases/{case_id:str}/documents/{document_id:str}", Verb.SEE_CASES, HANDS_OUT)
def document(request: Asked, case_id: FromPath[str], document_id: FromPath[str]) -> Response[Any]:
    """Hand a document out, to be saved: no browser opens it in the place of a page."""
    reading = case_reader(request)
    found = ask_document(reading, foundation(request).config, CaseId(case_id), document_id)
    if found.content is None:
        said = {
            "title": "This document is gone",
            "words": "Its bytes were lawfully erased, or cannot be read. That it was there, and "
            "its digest, stay on record.",
            "back": f"/cases/{case_id}",
        }
        return show(request, "case_problem.html", said, 410)
    media, ending = MEDIA[found.document.type]
    return Response(
        found.content,
        headers={
            "content-type": media,
            "content-disposition": f'attachment; filename="{found.document.document_id}.{ending}"',
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )


ROUTES = (add_document, document)
