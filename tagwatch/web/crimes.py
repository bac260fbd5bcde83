"""Police's crimes: files are sent, their rows shown with what was wrong, one crime by versions."""

from collections.abc import Iterator
from typing import Any, Final

from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Response, Stream

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import COLLECTS, HANDS_OUT
from tagwatch.core.crime_errors import REQUIRED_ACTIONS, CrimeBatchStatus
from tagwatch.core.crime_profiles import DEFAULT_PROFILE, PROFILES, profile_of
from tagwatch.desk.clerk import NotRecorded
from tagwatch.desk.crime import MOST_BYTES, BatchTooLarge, CrimeFile, take_crimes
from tagwatch.query import crimes as ask
from tagwatch.query.reader import Reader
from tagwatch.web.form import Problems
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.route import Upload, field, page, upload

_FORM_MOST: Final = MOST_BYTES + (64 << 10)
_TITLES: Final = {one.profile_id: one.title for one in PROFILES}
_KINDS: Final = {kind: said for one in PROFILES for kind, said in one.crime_types.items()}
_COLOURS: Final = {
    CrimeBatchStatus.SUCCESSFUL: "green",
    CrimeBatchStatus.PARTIAL: "yellow",
    CrimeBatchStatus.ERROR: "red",
    CrimeBatchStatus.FAILED: "red",
}
_SAFE: Final = {"content-security-policy": "default-src 'none'; sandbox"}


def crime_reader(request: Asked) -> Reader:
    """Return a reader for work on crimes."""
    return reader(request, Purpose.CRIME_MATCHING)


@page("/crimes", Verb.SEE_CRIMES)
def crimes(request: Asked) -> Response[Any]:
    """List the files that came, and ask for another."""
    return _list(request, {"profile": DEFAULT_PROFILE.profile_id}, Problems())


@upload("/crimes", Verb.SEND_CRIMES, _FORM_MOST, COLLECTS)
def send_crimes(request: Asked, data: Upload) -> Response[Any]:
    """Take a file in: its good rows are kept, whatever is wrong with the others."""
    values = {"profile": field(data, "profile", 40)}
    problems, sent = Problems(), data.get("file")
    profile = profile_of(values["profile"])
    if profile is None:
        problems.add("profile", "Choose which crimes these are")
    if not isinstance(sent, UploadFile) or not sent.filename:
        problems.add("file", "Choose a file")
    elif profile is not None:
        size = sent.file.seek(0, 2)
        file = CrimeFile(sent.filename, sent.file, size)
        try:
            taken = take_crimes(
                foundation(request).clerk, crime_reader(request), file, profile, "page"
            )
        except (BatchTooLarge, NotRecorded) as error:
            problems.add("file", str(error))
        else:
            return Redirect(f"/crimes/{taken.batch.batch_key}?done=saved", status_code=303)
    return _list(request, values, problems)


@page("/crimes/{batch_key:str}", Verb.SEE_CRIMES)
def crime_batch(request: Asked, batch_key: FromPath[str]) -> Response[Any]:
    """Show one file: what it came to, its errors, its crimes."""
    found = ask.batch_view(crime_reader(request), batch_key, page_asked(request))
    by = found.batch.by
    context = {
        "found": found,
        "colours": _COLOURS,
        "titles": _TITLES,
        "kinds": _KINDS,
        "actions": REQUIRED_ACTIONS,
        "names": foundation(request).sign_in.names([] if by is None else [by]),
        "errors_shown": len(found.errors),
    }
    return show(request, "crime_batch.html", context)


@page("/crimes/{batch_key:str}/errors.csv", Verb.SEE_CRIMES, HANDS_OUT)
def crime_errors(request: Asked, batch_key: FromPath[str]) -> Response[Any]:
    """Hand out the table of what is wrong, as it goes back to the sender."""
    lines = ask.validation_csv(crime_reader(request), batch_key)
    name = f'attachment; filename="validation-{batch_key}.csv"'
    return Stream(
        _encoded(lines),
        headers={"content-type": "text/csv; charset=utf-8", "content-disposition": name, **_SAFE},
    )


@page("/crimes/{batch_key:str}/file", Verb.SEE_CRIMES, HANDS_OUT)
def crime_file(request: Asked, batch_key: FromPath[str]) -> Response[Any]:
    """Hand out the file byte by byte as it came, to be saved."""
    asks = crime_reader(request)
    batch, content = ask.crime_file(asks, foundation(request).config, batch_key)
    if content is None:
        said = {
            "title": "This file is gone",
            "words": "Its bytes were lawfully erased, or not all of them arrived. What was read "
            "from it, and its digest, stay on record.",
            "back": f"/crimes/{batch_key}",
        }
        return show(request, "case_problem.html", said, 410)
    ending = "eml" if batch.file_name.lower().endswith(".eml") else "csv"
    name = f'attachment; filename="{batch_key}.{ending}"'
    headers = {"content-type": "application/octet-stream", "content-disposition": name, **_SAFE}
    return Response(content, headers=headers)


@page("/crime/{crime_id:str}", Verb.SEE_CRIMES)
def crime(request: Asked, crime_id: FromPath[str]) -> Response[Any]:
    """Show one crime in its versions."""
    found = ask.crime_view(crime_reader(request), crime_id)
    return show(request, "crime.html", {"found": found, "titles": _TITLES, "kinds": _KINDS})


def _list(request: Asked, values: dict[str, str], problems: Problems) -> Response[Any]:
    context: dict[str, Any] = {
        "found": ask.batch_list(crime_reader(request), page_asked(request)),
        "may_send": who(request).actor.may(Verb.SEND_CRIMES),
        "profiles": PROFILES,
        "titles": _TITLES,
        "colours": _COLOURS,
        "values": values,
        "errors": problems.by_field,
        "summary": problems.summary(),
        "most_mb": MOST_BYTES >> 20,
    }
    return show(request, "crimes.html", context, 422 if problems else 200)


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == 500:  # lines sent at a time
            yield "".join(held).encode()
            held = []
    yield "".join(held).encode()


ROUTES = (crimes, send_crimes, crime_batch, crime_errors, crime_file, crime)
