"""Bring in records: a file is uploaded, shown as what it would record, then confirmed."""

from collections.abc import Mapping
from typing import Any, Final

from litestar.datastructures import UploadFile
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import COLLECTS, FORM
from tagwatch.core.ids import AccountId
from tagwatch.desk.import_csv import ROWS_MOST
from tagwatch.desk.import_reading import Source, SourceKind
from tagwatch.desk.import_records import ImportPreview, preview_import, record_import
from tagwatch.web.form import Problems, after, attempt, said
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, Upload, act, field, page, upload

FILE_MOST: Final = 4 << 20
_FORM_MOST: Final = FILE_MOST + (64 << 10)
KINDS: Final = {
    SourceKind.RECORDS: "an import file of Tagwatch",
    SourceKind.ORDERS: "field-monitoring orders",
    SourceKind.WEARERS: "wearers, as a table",
    SourceKind.ACTIVATIONS: "activations, as a table",
    SourceKind.GEOJSON: "zones drawn as GeoJSON",
    SourceKind.KML: "zones drawn as KML",
}
KNOWN: Final = ("", "told", "secret")
MISTAKES: Final = "mistakes"
"""Where on the page the mistakes are listed."""


@page("/import", Verb.REGISTER_WEARER, FORM)
def ask_file(request: Asked) -> Response[Any]:
    """Ask for a file."""
    values = {"order": request.query_params.get("order", "")[:100], "knowledge": ""}
    return _ask(request, values, Problems())


@upload("/import", Verb.REGISTER_WEARER, _FORM_MOST, COLLECTS)
def show_file(request: Asked, data: Upload) -> Response[Any]:
    """Show what the file would record, or every mistake in it; nothing is recorded."""
    values = {"order": field(data, "order", 100), "knowledge": field(data, "knowledge", 10)}
    problems, sent = Problems(), data.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        problems.add("file", "Choose a file")
        return _ask(request, values, problems)
    content = sent.file.read(FILE_MOST + 1)
    if len(content) > FILE_MOST:
        problems.add("file", f"The file is larger than {FILE_MOST >> 20} MB: part it")
        return _ask(request, values, problems)
    if values["knowledge"] not in KNOWN:
        problems.add("knowledge", "Choose whether the wearer knows where the zones lie")
        return _ask(request, values, problems)
    source = Source(content, values["order"], values["knowledge"])
    return _preview(request, source, _named(sent.filename), values, problems)


@act("/import/confirm", Verb.REGISTER_WEARER, COLLECTS)
def confirm_file(request: Asked, data: Form) -> Response[Any]:
    """Record all that the shown file says, or nothing."""
    asking, base, problems = reader(request, Purpose.UPKEEP), foundation(request), Problems()
    uploads, by = base.uploads, asking.actor.account_id
    kept = uploads.find(by, field(data, "upload_id", 64), asking.now())
    if kept is None:
        asking.refused("record_import", [], "no such preview is kept")
        problems.add(
            "file",
            "This preview is not kept any more, and nothing was recorded. Choose the file again",
        )
        return _ask(request, {"order": "", "knowledge": ""}, problems)
    names = accounts_of(request)
    done = attempt(
        problems, lambda: record_import(base.clerk, asking, names, kept.source, kept.digest)
    )
    if done is None:
        values = {"order": kept.source.order, "knowledge": kept.source.knowledge}
        return _preview(request, kept.source, kept.name, values, problems)
    uploads.drop(kept)
    return after("/import", done)


def accounts_of(request: Asked) -> Mapping[str, AccountId]:
    """Return the accounts by sign-in name."""
    accounts = foundation(request).sign_in.accounts
    return {one.sign_in_name: one.account_id for one in accounts.all()}


def _preview(
    request: Asked, source: Source, name: str, values: dict[str, str], problems: Problems
) -> Response[Any]:
    asking, base = reader(request, Purpose.UPKEEP), foundation(request)
    found = preview_import(asking, accounts_of(request), source)
    if found.mistakes:
        first = found.mistakes[0]
        if first.where == "order":
            problems.add("order", f"{first.what[:1].upper()}{first.what[1:]}")
            return _ask(request, values, problems)
        problems.add(MISTAKES, _refusal(name, found))
        return _ask(request, values, problems, found)
    kept = base.uploads.keep(asking.actor.account_id, name, source, found.digest, asking.now())
    context: dict[str, Any] = {
        "found": found,
        "name": name,
        "kind": KINDS[SourceKind(found.kind)],
        "upload_id": kept.upload_id,
        "more": found.total - len(found.lines),
        "summary": problems.summary(),
    }
    return show(request, "import_preview.html", context, 422 if problems else 200)


def _refusal(name: str, found: ImportPreview) -> str:
    count = found.mistakes_count
    mistakes = "one mistake" if count == 1 else f"{count} mistakes"
    return f"{name} has {mistakes}, so nothing of it can be brought in"


def _ask(
    request: Asked,
    values: dict[str, str],
    problems: Problems,
    found: ImportPreview | None = None,
) -> Response[Any]:
    context: dict[str, Any] = {
        "values": values,
        "errors": problems.by_field,
        "summary": problems.summary(),
        "found": found,
        "said": said(request),
        "most_mb": FILE_MOST >> 20,
        "rows_most": ROWS_MOST,
        "may_draw": who(request).actor.may(Verb.RECORD_CONDITION),
    }
    return show(request, "import.html", context, 422 if problems else 200)


def _named(given: str) -> str:
    """Return the name of a file without the folders it was in."""
    return given.replace("\\", "/").rsplit("/", 1)[-1].strip()[:100] or "The file"


ROUTES = (ask_file, show_file, confirm_file)
