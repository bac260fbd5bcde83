"""What the API can do for police in the street and for those who are told: links, reports, photos,
test messages."""

from typing import Final

import msgspec

from tagwatch.access.police_link import PoliceLink
from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import ENTERS
from tagwatch.core.ids import AlertId, ContactId, LinkId, WearerId
from tagwatch.core.person import Contact
from tagwatch.core.recorded_police import Sighting
from tagwatch.desk.clerk import Done
from tagwatch.desk.contact import send_test
from tagwatch.desk.photo import UPLOAD_MOST, PhotoWrong, record_photo, remove_photo
from tagwatch.desk.police import issue_link, links_about, report, take_back_link
from tagwatch.query.police import PolicePage, police_page
from tagwatch.query.register import contacts
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Nothing, Wrong

_SEE: Final = Purpose.ALERT_RESPONSE
_LINKS: Final = "/alerts/{alert_id:str}/police-links"


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named officer may see the response page of one open alert for 1 to 12 hours."""

    officer: str
    force: str
    hours: int


class IssuedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link with its secrets, given this once: send the address one way, and have the code read
    out by telephone."""

    link: PoliceLink
    path: str
    """To be put after the installation's own address."""
    code: str


class SightingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What police say became of the wearer."""

    sighting: Sighting
    words: str = ""


class PhotoUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JPEG or PNG in base64, and the day it was taken as 2026-11-30 (empty: not known)."""

    content: bytes
    taken_on: str = ""


def _alert(call: Call) -> AlertId:
    return AlertId(call.path["alert_id"])


def _links(call: Call) -> tuple[PoliceLink, ...]:
    return links_about(call.reader, call.sign_in.accounts, _alert(call))


def _issue(call: Call) -> IssuedLink:
    body: LinkRecord = call.body
    accounts, alert = call.sign_in.accounts, _alert(call)
    asked = (body.officer, body.force, body.hours)
    link, made = issue_link(call.clerk, call.reader, accounts, alert, *asked)
    return IssuedLink(link=link, path=f"/p/enter/{made.key}", code=made.code)


def _revoke(call: Call) -> Done:
    link = LinkId(call.path["link_id"])
    return take_back_link(call.clerk, call.reader, call.sign_in.accounts, _alert(call), link)


def _page(call: Call) -> PolicePage:
    return police_page(call.reader, _alert(call))


def _report(call: Call) -> Done:
    body: SightingRecord = call.body
    return report(call.clerk, call.reader, _alert(call), body.sighting, body.words)


def _photo(call: Call) -> Done:
    body: PhotoUpload = call.body
    wearer = WearerId(call.path["wearer_id"])
    try:
        return record_photo(call.clerk, call.reader, wearer, body.content, body.taken_on)
    except PhotoWrong as error:
        raise Wrong(f"{error.field}: {error}") from error


def _no_photo(call: Call) -> Done:
    return remove_photo(call.clerk, call.reader, WearerId(call.path["wearer_id"]))


def _contacts(call: Call) -> tuple[Contact, ...]:
    return contacts(call.reader)


def _test(call: Call) -> Done:
    return send_test(call.clerk, call.reader, ContactId(call.path["contact_id"]))


POLICE: Final[tuple[Endpoint, ...]] = (
    read(
        "list_police_links",
        _LINKS,
        Verb.ISSUE_POLICE_LINK,
        "Links to the police response page of an alert, newest first, without their secrets",
        _links,
        tuple[PoliceLink, ...],
        purpose=_SEE,
    ),
    Endpoint(
        name="issue_police_link",
        method="POST",
        path=_LINKS,
        verb=Verb.ISSUE_POLICE_LINK,
        says="Make such a link; its key and code are given once, to go two ways",
        does=_issue,
        takes=LinkRecord,
        gives=IssuedLink,
        purpose=_SEE,
        writes=ENTERS,
    ),
    do(
        "revoke_police_link",
        f"{_LINKS}/{{link_id:str}}/revoke",
        Verb.ISSUE_POLICE_LINK,
        "Take a link back: the page on its phone stops at once",
        _revoke,
        Nothing,
        _SEE,
    ),
    read(
        "get_police_page",
        "/alerts/{alert_id:str}/police",
        Verb.SEE_POLICE_PAGE,
        "What the police response page says of an alert",
        _page,
        PolicePage,
        purpose=_SEE,
    ),
    do(
        "report_police",
        "/alerts/{alert_id:str}/police/report",
        Verb.SEE_POLICE_PAGE,
        "Record what police found",
        _report,
        SightingRecord,
        _SEE,
    ),
    do(
        "record_photo",
        "/wearers/{wearer_id:str}/photo",
        Verb.RECORD_APPEARANCE,
        "Put in the photo that police are shown, in place of the one before",
        _photo,
        PhotoUpload,
        body_most=2 * UPLOAD_MOST,
        text_most=2 * UPLOAD_MOST,
    ),
    do(
        "remove_photo",
        "/wearers/{wearer_id:str}/photo/remove",
        Verb.RECORD_APPEARANCE,
        "Show no photo any more",
        _no_photo,
        Nothing,
    ),
    read(
        "list_contacts",
        "/contacts",
        Verb.RECORD_CONTACT,
        "Who can be told of alerts",
        _contacts,
        tuple[Contact, ...],
        purpose=Purpose.UPKEEP,
    ),
    do(
        "send_test",
        "/contacts/{contact_id:str}/test",
        Verb.RECORD_CONTACT,
        "Send a contact a message that says that it is a test",
        _test,
        Nothing,
    ),
)
