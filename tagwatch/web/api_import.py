"""The API's endpoints of files of records: shown first, then recorded all at once."""

from typing import Final, Literal

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import COLLECTS
from tagwatch.core.ids import AccountId
from tagwatch.desk.clerk import Done
from tagwatch.desk.import_reading import Source
from tagwatch.desk.import_records import ImportPreview, preview_import, record_import
from tagwatch.web.api_endpoint import Endpoint, do
from tagwatch.web.api_record import Call

CONTENT_MOST: Final = 4 << 20
_BODY_MOST: Final = 2 * CONTENT_MOST
"""A text in JSON is longer than what it says."""


class ImportAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file, as docs/import.md describes it. Of a drawing: the order its zones belong to, and
    whether the wearer knows them."""

    content: str
    order: str = ""
    knowledge: Literal["", "told", "secret"] = ""


class ImportConfirmed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same file again, and the digest of the preview that was looked at."""

    content: str
    seen: str
    order: str = ""
    knowledge: Literal["", "told", "secret"] = ""


def _source(body: ImportAsked | ImportConfirmed) -> Source:
    return Source(body.content.encode(), body.order, body.knowledge)


def _accounts(call: Call) -> dict[str, AccountId]:
    return {one.sign_in_name: one.account_id for one in call.sign_in.accounts.all()}


def _check(call: Call) -> ImportPreview:
    return preview_import(call.reader, _accounts(call), _source(call.body))


def _record(call: Call) -> Done:
    body: ImportConfirmed = call.body
    return record_import(call.clerk, call.reader, _accounts(call), _source(body), body.seen)


IMPORTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        name="check_import",
        method="POST",
        path="/imports/check",
        verb=Verb.REGISTER_WEARER,
        says="What a file of records would record, or every mistake in it; nothing is recorded",
        does=_check,
        gives=ImportPreview,
        takes=ImportAsked,
        body_most=_BODY_MOST,
        text_most=CONTENT_MOST,
        purpose=Purpose.UPKEEP,
        writes=COLLECTS,
    ),
    do(
        "record_import",
        "/imports/record",
        Verb.REGISTER_WEARER,
        "Record all that a file says, or nothing, after its preview",
        _record,
        ImportConfirmed,
        body_most=_BODY_MOST,
        text_most=CONTENT_MOST,
        writes=COLLECTS,
    ),
)
