"""Roles and what each may do: the permission matrix is data, and docs/access.md prints it."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is in the programme. One account has one role."""

    PRACTITIONER = "practitioner"
    OPERATOR = "operator"
    POLICE = "police"
    LIAISON = "liaison"
    PARTNER = "partner"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"


class Verb(StrEnum):
    """What can be done. Every route of the web application names exactly one of these."""

    SEE_ALERTS = "see_alerts"
    SEE_ALERT = "see_alert"
    ACT_ON_ALERT = "act_on_alert"
    RUN_SHIFT = "run_shift"
    SEE_CASES = "see_cases"
    RECORD_CASE = "record_case"
    DECIDE = "decide"
    SEE_WEARERS = "see_wearers"
    SEE_WEARER = "see_wearer"
    SEE_TRAIL = "see_trail"
    CHECK_ACCOUNT = "check_account"
    SEE_LIVE = "see_live"
    REGISTER_WEARER = "register_wearer"
    REGISTER_TAG = "register_tag"
    FIT_TAG = "fit_tag"
    RECORD_ORDER = "record_order"
    RECORD_CONDITION = "record_condition"
    RECORD_PERSON = "record_person"
    RECORD_CONTACT = "record_contact"
    SEE_ON_CALL = "see_on_call"
    RECORD_ROTA = "record_rota"
    PROPOSE_ROUTES = "propose_routes"
    DECIDE_ROUTES = "decide_routes"
    SEE_PLAN = "see_plan"
    RECORD_PLAN = "record_plan"
    ISSUE_CREDENTIAL = "issue_credential"
    PUBLISH_SETTINGS = "publish_settings"
    RELEASE_OUTBOX = "release_outbox"
    SEE_PROGRAMME = "see_programme"
    SEE_HEALTH = "see_health"
    SEE_AUDIT = "see_audit"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_POLICE_PAGE = "see_police_page"
    ISSUE_POLICE_LINK = "issue_police_link"
    RECORD_APPEARANCE = "record_appearance"
    SEE_INFORMED = "see_informed"
    INFORM_SIDE = "inform_side"
    RECORD_LEAVE = "record_leave"
    RECORD_LEAVE_FOR = "record_leave_for"
    SEE_CASELOAD = "see_caseload"
    SEE_ENQUIRIES = "see_enquiries"
    ASK_ENQUIRY = "ask_enquiry"
    ANSWER_ENQUIRY = "answer_enquiry"
    SEE_ANSWER_TIMES = "see_answer_times"
    SEE_REQUESTS = "see_requests"
    ASK_REQUEST = "ask_request"
    NAME_REQUEST = "name_request"
    APPROVE_REQUEST = "approve_request"
    RELEASE_REQUEST = "release_request"
    REVIEW_SAMPLE = "review_sample"
    SEE_REVIEWS = "see_reviews"
    RECORD_REVIEW = "record_review"
    SEE_HOLDS = "see_holds"
    SET_HOLD = "set_hold"
    LIFT_HOLD = "lift_hold"
    SEE_BUNDLES = "see_bundles"
    MAKE_BUNDLE = "make_bundle"
    SEE_CRIMES = "see_crimes"
    SEND_CRIMES = "send_crimes"
    MATCH_CRIMES = "match_crimes"
    BREAK_GLASS = "break_glass"
    ANSWER_GLASS = "answer_glass"
    OPEN_SEALED = "open_sealed"
    APPROVE_SEALED = "approve_sealed"
    SHARE_CASE = "share_case"
    SEE_SHARED = "see_shared"
    USE_OWN_ACCOUNT = "use_own_account"


SAYS: Final[dict[Verb, str]] = {
    Verb.SEE_ALERTS: "See the list of open alerts",
    Verb.SEE_ALERT: "See an alert with its circumstances and the fixes it used",
    Verb.ACT_ON_ALERT: "Acknowledge, note and close an alert",
    Verb.RUN_SHIFT: "Read the shift report, hand over and take over, call a drill",
    Verb.SEE_CASES: "See cases, decisions and tasks",
    Verb.RECORD_CASE: "Open a case, add to it, set tasks and do them",
    Verb.DECIDE: "Decide a case, sign another's decision, close it",
    Verb.SEE_WEARERS: "See the list of wearers",
    Verb.SEE_WEARER: "See a wearer's orders, conditions and tag",
    Verb.SEE_TRAIL: "See where a wearer has been",
    Verb.CHECK_ACCOUNT: "Hold what somebody said against wearers' fixes, and read such checks",
    Verb.SEE_LIVE: "See where wearers are now",
    Verb.REGISTER_WEARER: "Enter or correct a wearer",
    Verb.REGISTER_TAG: "Enter a tag into the inventory",
    Verb.FIT_TAG: "Record that a tag was fitted or taken off",
    Verb.RECORD_ORDER: "Enter or correct an order",
    Verb.RECORD_CONDITION: "Enter or change a zone or curfew, and when it was told",
    Verb.RECORD_PERSON: "Enter a protected person",
    Verb.RECORD_CONTACT: "Say who is told of alerts",
    Verb.SEE_ON_CALL: "See who is on call",
    Verb.RECORD_ROTA: "Enter or change shifts and stand-ins",
    Verb.PROPOSE_ROUTES: "Propose who acts under a legal basis",
    Verb.DECIDE_ROUTES: "Approve or refuse such a proposal of somebody else",
    Verb.SEE_PLAN: "See a wearer's risk management plan, as much of it as the role needs",
    Verb.RECORD_PLAN: "Write or review a risk management plan, or note a risk",
    Verb.ISSUE_CREDENTIAL: "Let a tag or phone speak to us, or stop it",
    Verb.PUBLISH_SETTINGS: "Publish rule settings",
    Verb.RELEASE_OUTBOX: "Send or drop messages held back after a restore",
    Verb.SEE_PROGRAMME: "See the programme in figures, as counts that tell of nobody",
    Verb.SEE_HEALTH: "See the health of the installation",
    Verb.SEE_AUDIT: "See the audit",
    Verb.MANAGE_ACCOUNTS: "Manage accounts and tokens",
    Verb.SEE_POLICE_PAGE: "See the police response page of an alert, and report from it",
    Verb.ISSUE_POLICE_LINK: "Make a link to the police response page, or take it back",
    Verb.RECORD_APPEARANCE: "Record what a wearer looks like",
    Verb.SEE_INFORMED: "See what a protected person's side was told",
    Verb.INFORM_SIDE: "Hold messages to a protected person's side, release them, tell of a release",
    Verb.RECORD_LEAVE: "Record own leave, hand the caseload over, cover for a colleague",
    Verb.RECORD_LEAVE_FOR: "Record leave for an officer who cannot, with the reason, or end it",
    Verb.SEE_CASELOAD: "See what changed in one's own caseload and those one covers",
    Verb.SEE_ENQUIRIES: "See enquiries about wearers; police and liaison those of their own agency",
    Verb.ASK_ENQUIRY: "Ask about a wearer, or log that somebody asked",
    Verb.ANSWER_ENQUIRY: "Take an enquiry on, answer or refuse it",
    Verb.SEE_ANSWER_TIMES: "See how long answers took, as figures that tell of nobody",
    Verb.SEE_REQUESTS: "See data requests; those who only ask see those of their own agency",
    Verb.ASK_REQUEST: "Ask for data about a wearer, or record that somebody asks",
    Verb.NAME_REQUEST: "Ask for data about a person one names, whether or not he is known here",
    Verb.APPROVE_REQUEST: "Approve, refuse or return a data request of somebody else",
    Verb.RELEASE_REQUEST: "Make sure of who asks; release and hand over what was approved",
    Verb.REVIEW_SAMPLE: "Review data requests of the monthly sample that one had no part in",
    Verb.SEE_REVIEWS: "See which orders, restricted cases and legal holds are to be reviewed",
    Verb.RECORD_REVIEW: "Record a review: police of orders under which they act, "
    "an administrator of legal holds",
    Verb.SEE_HOLDS: "See legal holds, with who set them and why",
    Verb.SET_HOLD: "Set a legal hold, or ask that one be lifted",
    Verb.LIFT_HOLD: "Lift a legal hold that somebody else asked to lift, or refuse it",
    Verb.SEE_BUNDLES: "See the register of evidence bundles, and save one",
    Verb.MAKE_BUNDLE: "Make an evidence bundle, and record to whom it was given",
    Verb.SEE_CRIMES: "See crimes that were sent; police those of their own agency and the folder's",
    Verb.SEND_CRIMES: "Send a file of crimes",
    Verb.MATCH_CRIMES: "Have crimes matched anew, and say what to think of a match",
    Verb.BREAK_GLASS: "Open a record outside of scope for an hour, with a reason",
    Verb.ANSWER_GLASS: "Say whether an opening of one's own case by break-glass was justified",
    Verb.OPEN_SEALED: "Ask to see a stretch of a sealed trail, and see it once that is approved",
    Verb.APPROVE_SEALED: "Approve or refuse that somebody else sees a sealed trail, and end it",
    Verb.SHARE_CASE: "Share the least of an own case with a partner agency, vary and end that",
    Verb.SEE_SHARED: "See what is shared with one's own agency, and nothing beside it",
    Verb.USE_OWN_ACCOUNT: "Sign out, state a purpose, own preferences",
}

_ALERTS: Final = frozenset({Verb.SEE_ALERTS, Verb.SEE_ALERT, Verb.ACT_ON_ALERT})
_WEARERS: Final = frozenset({Verb.SEE_WEARERS, Verb.SEE_WEARER})
_MOVEMENTS: Final = frozenset({Verb.SEE_TRAIL, Verb.SEE_LIVE})
_REGISTER: Final = frozenset(
    {
        Verb.REGISTER_WEARER,
        Verb.REGISTER_TAG,
        Verb.FIT_TAG,
        Verb.RECORD_ORDER,
        Verb.RECORD_CONDITION,
        Verb.RECORD_PERSON,
        Verb.ISSUE_CREDENTIAL,
    }
)
_CASES: Final = frozenset({Verb.SEE_CASES, Verb.RECORD_CASE, Verb.DECIDE})
_POLICE_LINKS: Final = frozenset(
    {Verb.SEE_POLICE_PAGE, Verb.ISSUE_POLICE_LINK, Verb.RECORD_APPEARANCE}
)
_SIDES: Final = frozenset({Verb.SEE_INFORMED, Verb.INFORM_SIDE})
_ASKING: Final = frozenset({Verb.SEE_ENQUIRIES, Verb.ASK_ENQUIRY})
_ENQUIRIES: Final = _ASKING | {Verb.ANSWER_ENQUIRY, Verb.SEE_ANSWER_TIMES}
_REQUESTING: Final = frozenset({Verb.SEE_REQUESTS, Verb.ASK_REQUEST})
_NAMING: Final = frozenset({Verb.NAME_REQUEST})
_REQUESTS: Final = _REQUESTING | {
    Verb.APPROVE_REQUEST,
    Verb.RELEASE_REQUEST,
    Verb.REVIEW_SAMPLE,
}
_HOLDS: Final = frozenset({Verb.SEE_HOLDS, Verb.SET_HOLD})
_REVIEWS: Final = frozenset({Verb.SEE_REVIEWS, Verb.RECORD_REVIEW})
_BUNDLES: Final = frozenset({Verb.SEE_BUNDLES, Verb.MAKE_BUNDLE})
_GLASS: Final = frozenset({Verb.BREAK_GLASS})
_SEALED: Final = frozenset({Verb.OPEN_SEALED, Verb.APPROVE_SEALED})
_CRIMES: Final = frozenset({Verb.SEE_CRIMES, Verb.SEND_CRIMES, Verb.MATCH_CRIMES})
_OWN: Final = frozenset({Verb.USE_OWN_ACCOUNT})

MATRIX: Final[dict[Role, frozenset[Verb]]] = {
    Role.PRACTITIONER: (
        _ALERTS | _WEARERS | _MOVEMENTS | _REGISTER | _CASES | _OWN | _POLICE_LINKS | _SIDES
        | _ENQUIRIES | _REQUESTS | _HOLDS | _REVIEWS | _BUNDLES | _GLASS | _SEALED
        | {
            Verb.SEE_ON_CALL,
            Verb.SEE_PLAN,
            Verb.RECORD_PLAN,
            Verb.RECORD_LEAVE,
            Verb.SEE_CASELOAD,
            Verb.CHECK_ACCOUNT,
            Verb.ANSWER_GLASS,
            Verb.SHARE_CASE,
        }
    ),
    Role.OPERATOR: (
        _ALERTS | _WEARERS | _MOVEMENTS | _REGISTER | _OWN | _POLICE_LINKS | _SIDES
        | _ENQUIRIES | _REQUESTS | _BUNDLES | _CRIMES | _GLASS | _SEALED
        | {
            Verb.RECORD_CONTACT,
            Verb.SEE_REVIEWS,
            Verb.SEE_PLAN,
            Verb.SEE_CASES,
            Verb.RECORD_CASE,
            Verb.SEE_ON_CALL,
            Verb.RECORD_ROTA,
            Verb.RUN_SHIFT,
            Verb.PROPOSE_ROUTES,
            Verb.SEE_HEALTH,
            Verb.RELEASE_OUTBOX,
        }
    ),
    Role.POLICE: (
        _ALERTS | _WEARERS | _MOVEMENTS | _CASES | _OWN | _ASKING | _REQUESTING | _BUNDLES | _CRIMES
        | _GLASS | _NAMING | _REVIEWS
        | {Verb.SEE_ON_CALL, Verb.SEE_PLAN, Verb.SEE_POLICE_PAGE, Verb.CHECK_ACCOUNT}
        | {Verb.OPEN_SEALED}
    ),
    Role.LIAISON: (
        frozenset({Verb.SEE_ALERTS, Verb.SEE_WEARERS}) | _OWN | _SIDES | _ASKING | _REQUESTING
        | _NAMING
    ),
    Role.PARTNER: frozenset({Verb.SEE_SHARED}) | _OWN | _REQUESTING | _NAMING,
    Role.EVALUATOR: frozenset({Verb.SEE_HEALTH, Verb.SEE_PROGRAMME, Verb.SEE_ANSWER_TIMES}) | _OWN,
    Role.ADMINISTRATOR: (
        _WEARERS | _REGISTER | _OWN | _HOLDS | _REVIEWS
        | {
            Verb.LIFT_HOLD,
            Verb.REVIEW_SAMPLE,
            Verb.RECORD_CONTACT,
            Verb.SEE_ON_CALL,
            Verb.RECORD_ROTA,
            Verb.PROPOSE_ROUTES,
            Verb.DECIDE_ROUTES,
            Verb.PUBLISH_SETTINGS,
            Verb.RELEASE_OUTBOX,
            Verb.SEE_PROGRAMME,
            Verb.SEE_ANSWER_TIMES,
            Verb.SEE_HEALTH,
            Verb.SEE_AUDIT,
            Verb.MANAGE_ACCOUNTS,
            Verb.RECORD_LEAVE_FOR,
        }
    ),
}  # fmt: skip
"""Which verbs a role has. Which wearers they reach is `scope`'s to say."""


class Duty(StrEnum):
    """A duty given to one named person, on top of the role."""

    SECRET_ZONES = "secret_zones"
    """May see where zones lie that the wearer was not told of."""


def may(role: Role, verb: Verb) -> bool:
    """Say whether the role has the verb."""
    return verb in MATRIX[role]


def permission_table() -> str:
    """Return the matrix as a Markdown table, as docs/access.md prints it."""
    heads = [role.value for role in Role]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'|'.join(':-:' for _ in heads)}|"]
    for verb in Verb:
        marks = ["yes" if may(role, verb) else "" for role in Role]
        lines.append(f"| {SAYS[verb]} | {' | '.join(marks)} |")
    return "\n".join(lines)
