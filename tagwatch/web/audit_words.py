"""What people read for the questions, verbs and details that the audit keeps."""

import re
from typing import Final

from tagwatch.core.alert import reference
from tagwatch.core.ids import AlertId
from tagwatch.web.render import stamped

QUESTIONS: Final = {
    "sign_in": "Signed in, or tried to",
    "crime_matched": "Whom a crime found, when it was matched by itself",
    "crimes_taken_in": "A file of crimes taken in from the folder",
    "released_files_destroyed": "Released files destroyed: access to them is over",
    "received": "What the tag sent in a day",
    "messages_sent": "Messages that went out in a day",
    "open_alerts": "List of open alerts",
    "stream": "Live alerts on an open page",
    "alert": "One alert",
    "wearers": "List of wearers",
    "wearer": "One wearer",
    "trail": "Trail of a wearer",
    "movements": "Stops, trips and gaps of a wearer",
    "patterns": "Patterns around protected people",
    "trail_export": "Trail of a wearer, as a file",
    "programme_export": "Whole programme, handed over",
    "programme_import": "Whole programme, brought in",
    "live": "Live map",
    "tags": "List of tags",
    "tag": "One tag",
    "gateways": "Traccar gateways",
    "contacts": "Contacts",
    "contact": "One contact",
    "on_call": "Who is on call",
    "shift": "One shift",
    "override": "One stand-in",
    "answer_by_link": "A link in a message",
    "receipt": "A carrier's receipt",
    "send_test": "Sent a test to a contact",
    "routes": "Routes by legal basis",
    "propose_routes": "Proposed other routes",
    "decide_routes": "Approved or refused other routes",
    "call_list": "Call list of a blind interval",
    "order_form": "Form of an order's conditions",
    "not_monitored": "Ordered but not monitored",
    "order": "One order",
    "condition": "One condition",
    "person": "One protected person",
    "activation": "One fitting of a tag",
    "zone": "Where a secret zone lies",
    "health": "Health",
    "audit": "Audit",
    "odd_looks": "Looks to ask about",
    "odd_looks_told": "Told that there are looks to ask about",
    "review_odd_look": "Asked about a look",
    "ties": "People one knows",
    "declare_tie": "Declared to know somebody",
    "end_tie": "Ended such a declaration",
    "audit_line": "One line of the audit",
    "audit_export": "Lines of the audit, as a file",
    "who_looked": "Who looked at a wearer",
    "preview_import": "Looked at what a file would record",
    "record_import": "Brought in the records of a file",
    "name_request": "Asked for data about a person he named",
    "named_requests": "List of requests about persons who are named",
    "named_request": "One request about a person who is named",
    "match_named": "Said which wearer a request is about",
    "answer_named": "Answered that nothing is released",
    "withdraw_named": "Took a request about a named person back",
    "record_wearer": "Entered or corrected a wearer",
    "record_person": "Entered or corrected a protected person",
    "record_order": "Entered, corrected or varied an order",
    "record_order_told": "Recorded that the wearer was told of an order",
    "record_condition": "Entered or changed a condition",
    "record_told": "Recorded that the wearer was told",
    "record_tag": "Entered or corrected a tag",
    "settle_need": "Said that a place was drawn, or need not be",
    "places_to_draw": "Places to be drawn",
    "place_to_draw": "One place to be drawn",
    "move_tag": "Said where a tag is",
    "swap_tag": "Swapped a tag",
    "record_contact": "Entered or changed a contact",
    "record_shift": "Entered or changed a shift",
    "withdraw_shift": "Withdrew a shift",
    "record_override": "Entered or changed a stand-in",
    "withdraw_override": "Withdrew a stand-in",
    "fit_tag": "Recorded that a tag was fitted",
    "end_activation": "Recorded that a tag came off",
    "issue_credential": "Issued a code for a tag or gateway",
    "revoke_credential": "Revoked a code",
    "publish_settings": "Published rule settings",
    "propose_settings": "Proposed rule settings",
    "withdraw_settings": "Withdrew proposed rule settings",
    "settings_trial": "Had other rule settings tried on past trails",
    "settings_proposal": "Proposed rule settings with their rehearsal",
    "settings_proposals": "List of proposed rule settings",
}
"""What people read for the questions and verbs the audit keeps; routes are kept as they are."""
_SPAN: Final = re.compile(r"\[(\d{15,17}), (\d{15,17})\)")
_ID: Final = re.compile(r"[a-z]+_[0-9a-f]{16,}")


def about(identity: str) -> str:
    """Return how a record is named to people: an alert by its code, others by their id."""
    if identity.startswith("al_"):
        return f"alert {reference(AlertId(identity))}"
    return f"{identity[:10]}…" if _ID.fullmatch(identity) else identity


def detail(text: str) -> str:
    """Return a line's detail with the times in it as London reads them."""

    def span(found: re.Match[str]) -> str:
        return f"{stamped(int(found[1]))} to {stamped(int(found[2]))},"

    return _SPAN.sub(span, text)
