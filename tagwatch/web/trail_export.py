"""A wearer's trail as a file: a form that asks which format and window, and the file itself."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, Final, cast

import msgspec
from litestar.params import FromPath
from litestar.response import Response, Stream

from tagwatch.access.purpose import SAYS
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.sign_in import SignIn
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import DAY, Instant, parse_iso
from tagwatch.query.trail_export import LONGEST, TooMuch, TrailFile, export_trail, whose_trail
from tagwatch.report.trail_file import TrailFormat
from tagwatch.report.trail_formats import FORMATS
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import page

_CHUNK: Final = 256 << 10
_DAY: Final = timedelta(days=1)
_USUAL: Final = 7


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    kind: TrailFormat
    start: Instant
    end: Instant


class MadeTrail(msgspec.Struct, frozen=True, kw_only=True):
    """A trail as a file, for a program."""

    file: TrailFile
    content: bytes
    """Base64 in JSON."""


def asking_of(query: Mapping[str, str], now: Instant) -> Asking:
    """Return what `format`, `from` and `to` ask for: days of London, both included, or instants
    such as 2026-03-29T00:30:00Z, of which `to` is no part; the last days by default. Raises
    ValueError in words for the person."""
    given = query.get("format", "")
    if given not in list(TrailFormat):
        raise ValueError(f"Choose a format: format must be one of {', '.join(TrailFormat)}")
    last = query.get("to", "").strip()
    first = query.get("from", "").strip()
    end = _moment(last, _DAY) if last else now
    start = _moment(first, timedelta()) if first else Instant(end - _USUAL * DAY)
    if not 0 < end - start <= LONGEST:
        raise ValueError(f"The window must end after it begins, within {LONGEST // DAY} days")
    return Asking(kind=TrailFormat(given), start=start, end=end)


def made(
    asks: Reader, sign_in: SignIn, wearer_id: WearerId, asked: Asking
) -> tuple[TrailFile, IO[bytes]]:
    """Return the file that was asked for, which the caller closes. Raises NotFound, TooMuch."""

    def officer(wearer: Wearer) -> str:
        if wearer.officer is None:
            return ""
        return sign_in.names([wearer.officer]).get(wearer.officer, wearer.officer)

    file = TemporaryFile()  # noqa: SIM115  # closed by whoever sends it
    try:
        told = export_trail(
            asks, wearer_id, asked.start, asked.end, asked.kind, cast("BinaryIO", file), officer
        )
    except BaseException:
        file.close()
        raise
    return told, file


@page(
    "/wearers/{wearer_id:str}/trail/export",
    Verb.SEE_TRAIL,
    HANDS_OUT.unless("the form is not filled in yet: then it is a look"),
)
def trail_export(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask which format and window; with both, hand the file out, to be saved."""
    asks = reader(request)
    query = {name: str(value) for name, value in request.query_params.items()}
    if not query:
        return _form(request, asks, wearer_id, query, "")
    try:
        asked = asking_of(query, asks.now())
        told, file = made(asks, foundation(request).sign_in, WearerId(wearer_id), asked)
    except (ValueError, TooMuch) as error:
        return _form(request, asks, wearer_id, query, str(error))
    return Stream(
        _chunks(file),
        headers={
            "content-type": told.media_type,
            "content-length": str(told.bytes),
            "content-disposition": f'attachment; filename="{told.name}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-sha256": told.sha256,
        },
    )


def _form(
    request: Asked, asks: Reader, wearer_id: str, query: Mapping[str, str], problem: str
) -> Response[Any]:
    wearer = whose_trail(asks, WearerId(wearer_id))
    today = london(asks.now()).date()
    context = {
        "wearer": wearer,
        "formats": [
            {"value": kind.value, "text": facts.says, "checked": kind.value == query.get("format")}
            for kind, facts in FORMATS.items()
        ],
        "asked": {
            "from": query.get("from", (today - (_USUAL - 1) * _DAY).isoformat())[:40],
            "to": query.get("to", today.isoformat())[:40],
        },
        "problem": problem,
        "longest": LONGEST // DAY,
        "why": SAYS[asks.scope.purpose],
    }
    return show(request, "trail_export.html", context, 422 if problem else 200)


def _moment(text: str, whole_day: timedelta) -> Instant:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            return parse_iso(text)
        except (ValueError, OverflowError):
            raise ValueError(f"{text[:40]!r} is no day: write it as 2026-03-31") from None
    if not date(1990, 1, 1) <= day <= date(2199, 12, 31):
        raise ValueError("The days must lie between 1990 and 2199")
    return from_london(datetime.combine(day + whole_day, time()), Edge.FROM)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(_CHUNK):
            yield part


ROUTES = (trail_export,)
