"""Evidence bundles of a wearer: the register, a form to make one, and one to hand one out."""

from datetime import date, datetime
from typing import Any, Final, Protocol

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.config import Config
from tagwatch.core.ids import WearerId
from tagwatch.core.units import DAY, Instant, instant, iso
from tagwatch.desk.bundle import (
    LINE_MOST,
    ReceivedBy,
    ReceiverMissing,
    ToldOf,
    enter_given,
    enter_made,
    enter_told,
    send_told,
)
from tagwatch.desk.clerk import Applied, Clerk, Done, NotRecorded
from tagwatch.query.bundle_facts import MOST_DAYS, BundleRefused
from tagwatch.query.bundle_register import (
    MOST_DAYS_HERE,
    BundleFile,
    ask_for,
    bundle_file,
    bundle_register,
    make_for,
)
from tagwatch.query.bundle_standing import reachable, to_tell, untold_bundles
from tagwatch.web.form import after, said
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page

_FIELDS: Final = ("first", "last", "reason", "replaces", "sure")


@page("/wearers/{wearer_id:str}/bundles", Verb.SEE_BUNDLES)
def bundles(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the register."""
    return _page(request, reader(request), wearer_id, {}, "", 200)


@act("/wearers/{wearer_id:str}/bundles", Verb.MAKE_BUNDLE, HANDS_OUT)
def make_bundle(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Make a bundle."""
    asks = reader(request)
    typed = {name: field(data, name, 300).strip() for name in _FIELDS}
    base = foundation(request)
    try:
        window = window_of(typed["first"], typed["last"])
        if typed["sure"] != "yes":
            raise BundleRefused("Think again who may see this, and tick that you have")
        done = made(asks, base, wearer_id, window, typed["reason"], typed["replaces"])
    except (BundleRefused, NotRecorded) as error:
        return _page(request, asks, wearer_id, typed, str(error), 422)
    if done.made_id.startswith("ask"):
        return Redirect(f"/wearers/{wearer_id}/bundles#asked", status_code=303)
    return after(f"/wearers/{wearer_id}/bundles", done)


@act("/wearers/{wearer_id:str}/bundles/{bundle_id:str}/give", Verb.MAKE_BUNDLE, HANDS_OUT)
def give_bundle(
    request: Asked, wearer_id: FromPath[str], bundle_id: FromPath[str], data: Form
) -> Response[Any]:
    """Enter who receives a bundle, and hand it out to be saved."""
    asks, base = reader(request), foundation(request)
    form, to, how = (field(data, name, 300).strip() for name in ("form", "to", "how"))
    receiver = ReceivedBy(to, how, field(data, "contact", 100).strip())
    try:
        file = given(asks, base, (wearer_id, bundle_id), form, receiver)
    except (ReceiverMissing, NotRecorded) as error:
        return _page(request, asks, wearer_id, {}, str(error), 422)
    return attachment(file)


@act("/wearers/{wearer_id:str}/bundles/{bundle_id:str}/told", Verb.MAKE_BUNDLE)
def tell_receiver(
    request: Asked, wearer_id: FromPath[str], bundle_id: FromPath[str], data: Form
) -> Response[Any]:
    """Record that a receiver was told that a bundle no longer stands, or send the message."""
    asks, base = reader(request), foundation(request)
    to, how = (field(data, name, 300).strip() for name in ("to", "how"))
    try:
        done = told(asks, base, (wearer_id, bundle_id), to, how, field(data, "way", 20))
    except (ReceiverMissing, NotRecorded) as error:
        return _page(request, asks, wearer_id, {}, str(error), 422)
    return after(f"/wearers/{wearer_id}/bundles", done)


@page("/bundles", Verb.SEE_BUNDLES)
def untold(request: Asked) -> Response[Any]:
    """List who within scope must be told that a bundle no longer stands."""
    found = untold_bundles(reader(request))
    may_make = who(request).actor.may(Verb.MAKE_BUNDLE)
    return show(request, "bundles_untold.html", {"found": found, "may_make": may_make})


class Base(Protocol):
    """What making and handing out stands on: a page's foundation, or a call of the API."""

    @property
    def clerk(self) -> Clerk:
        """Enters it in the register."""
        ...

    @property
    def config(self) -> Config:
        """Of the installation."""
        ...


def made(
    asks: Reader,
    base: Base,
    wearer_id: str,
    window: tuple[Instant, Instant],
    reason: str,
    replaces: str,
) -> Done:
    """Make a bundle and enter it; a long one is kept for batch to make, and `made_id` names the
    ask. Raises NotFound, BundleRefused, NotRecorded."""
    whose, why = WearerId(wearer_id), reason[:LINE_MOST]
    if window[1] - window[0] > MOST_DAYS_HERE * DAY:
        ask = ask_for(asks, base.config, whose, window, why, replaces)
        return Done(seq=0, applied=Applied.RECORDED, made_id=ask.ask_id)
    event, _ = make_for(asks, base.config, whose, window, why, replaces)
    return enter_made(asks, base.clerk, event)


def given(
    asks: Reader, base: Base, which: tuple[str, str], form: str, receiver: ReceivedBy
) -> BundleFile:
    """Enter who receives a bundle, and return its file; `which` is (wearer, bundle).

    Raises NotFound, Refused, ReceiverMissing, NotRecorded.
    """
    one, file = bundle_file(asks, base.config, WearerId(which[0]), which[1], form)
    enter_given(asks, base.clerk, one, file.form, file.sha256, receiver)
    return file


def told(asks: Reader, base: Base, which: tuple[str, str], to: str, how: str, way: str) -> Done:
    """Record that a receiver was told; `way` is `message` to send him one.

    Raises NotFound, ReceiverMissing, NotRecorded.
    """
    found = to_tell(asks, WearerId(which[0]), which[1], to)
    telling = ToldOf(found.made, to, found.receiver.contact_id, found.known_seq)
    if way == "message":
        return send_told(asks, base.clerk, telling)
    return enter_told(asks, base.clerk, telling, how)


def attachment(file: BundleFile) -> Response[Any]:
    """Return a bundle as an answer to be saved."""
    return Response(
        file.content,
        headers={
            "content-type": "application/zip",
            "content-disposition": f'attachment; filename="{file.name}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-sha256": file.sha256,
        },
    )


def window_of(first: str, last: str) -> tuple[Instant, Instant]:
    """Return the whole days from `first` to `last`, both included. Raises BundleRefused."""
    try:
        days = [date.fromisoformat(text) for text in (first, last)]
    except ValueError:
        raise BundleRefused("Write both days as 2026-11-18") from None
    if not all(date(1990, 1, 1) <= day <= date(2199, 12, 31) for day in days):
        raise BundleRefused("The days must lie between 1990 and 2199")
    start, end = (instant(datetime.fromisoformat(f"{day}T00:00:00+00:00")) for day in days)
    return start, Instant(end + DAY)


def _page(
    request: Asked,
    asks: Reader,
    wearer_id: str,
    typed: dict[str, str],
    problem: str,
    status: int,
) -> Response[Any]:
    register = bundle_register(asks, foundation(request).config, WearerId(wearer_id))
    yesterday = iso(Instant(asks.now() // DAY * DAY - DAY))[:10]
    accounts = {line.made.by for line in register.lines} | {ask.by for ask in register.asked}
    context = {
        "register": register,
        "wearer": register.wearer,
        "typed": {"first": yesterday, "last": yesterday} | typed,
        "problem": problem,
        "said": said(request),
        "may_make": who(request).actor.may(Verb.MAKE_BUNDLE),
        "longest": MOST_DAYS,
        "at_once": MOST_DAYS_HERE,
        "names": foundation(request).sign_in.names(accounts),
        "contacts": reachable(asks),
    }
    return show(request, "bundles.html", context, status)


ROUTES = (bundles, make_bundle, give_bundle, tell_receiver, untold)
