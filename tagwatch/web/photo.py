"""The photo of a wearer: put in by an officer, shown on the wearer's page and to police alone."""

from typing import Any, Final

from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.desk.clerk import NotRecorded
from tagwatch.desk.photo import KEPT_MOST, UPLOAD_MOST, PhotoWrong, record_photo, remove_photo
from tagwatch.query.photo import photo_bytes, photo_view
from tagwatch.web.form import TOP, Problems, after, said
from tagwatch.web.foundation import Asked, foundation, reader, role_reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, Upload, act, field, page, upload

FORM_MOST: Final = UPLOAD_MOST + (64 << 10)


@page("/wearers/{wearer_id:str}/photo", Verb.RECORD_APPEARANCE)
def ask_photo(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the photo that police see, and ask for another."""
    return _ask(request, wearer_id, {}, Problems())


@upload("/wearers/{wearer_id:str}/photo", Verb.RECORD_APPEARANCE, FORM_MOST)
def put_photo(request: Asked, wearer_id: FromPath[str], data: Upload) -> Response[Any]:
    """Record another photo."""
    values, problems = {"taken_on": field(data, "taken_on", 20)}, Problems()
    asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
    content = _sent(data)
    try:
        done = record_photo(clerk, asking, WearerId(wearer_id), content, values["taken_on"])
        return after(f"/wearers/{wearer_id}/photo", done)
    except PhotoWrong as error:
        problems.add(error.field, str(error))
    except NotRecorded as error:
        problems.add(TOP, str(error))
    return _ask(request, wearer_id, values, problems)


@act("/wearers/{wearer_id:str}/photo/remove", Verb.RECORD_APPEARANCE)
def take_photo_out(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:  # noqa: ARG001  # the form's token is in it
    """Show no photo any more."""
    asking, problems = reader(request, Purpose.UPKEEP), Problems()
    try:
        done = remove_photo(foundation(request).clerk, asking, WearerId(wearer_id))
        return after(f"/wearers/{wearer_id}/photo", done)
    except NotRecorded as error:
        problems.add(TOP, str(error))
    return _ask(request, wearer_id, {}, problems)


@page("/wearers/{wearer_id:str}/photo/{photo_id:str}", Verb.SEE_POLICE_PAGE)
def photo(request: Asked, wearer_id: FromPath[str], photo_id: FromPath[str]) -> Response[Any]:
    """Give the picture."""
    asking = role_reader(request)
    return picture(request, asking, WearerId(wearer_id), photo_id)


def picture(request: Asked, asking: Reader, wearer_id: WearerId, photo_id: str) -> Response[Any]:
    """Return the picture of a wearer within scope; 410 if it was lawfully erased."""
    content = photo_bytes(asking, foundation(request).config, wearer_id, photo_id)
    return Response(
        content or b"",
        status_code=410 if content is None else 200,
        headers={
            "content-type": "image/jpeg",
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )


def _sent(data: Upload) -> bytes:
    sent = data.get("photo")
    if not isinstance(sent, UploadFile):
        return b""
    return sent.file.read(UPLOAD_MOST + 1)


def _ask(
    request: Asked, wearer_id: str, values: dict[str, str], problems: Problems
) -> Response[Any]:
    found = photo_view(reader(request, Purpose.UPKEEP), WearerId(wearer_id))
    context: dict[str, Any] = {
        "wearer": found.wearer,
        "photo": found.photo,
        "values": values,
        "errors": problems.by_field,
        "summary": problems.summary(),
        "said": said(request),
        "most_mb": UPLOAD_MOST >> 20,
        "kept_kb": KEPT_MOST >> 10,
    }
    return show(request, "photo.html", context, 422 if problems else 200)


ROUTES = (ask_photo, put_photo, take_photo_out, photo)
