"""The words officers read for the codes Tagwatch keeps."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from tagwatch.core.alert import AlertEvent, AlertKind
from tagwatch.core.attendance import Attended
from tagwatch.core.case import Agreement, CaseState, DecisionKind
from tagwatch.core.case_step import Proof, StepKind
from tagwatch.core.ending import LocationBearing, OrderOutcome
from tagwatch.core.exemption import ExemptionCause
from tagwatch.core.fix import Source
from tagwatch.core.inventory import TagState
from tagwatch.core.notice import NoticeKind, NoticeState
from tagwatch.core.order import Demand, LegalBasis, Programme
from tagwatch.core.outcome import AlertState, Disposition, Finding, Phase, RuleKind, Severity, Stage
from tagwatch.core.person import Channel
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.core.recorded_police import Sighting
from tagwatch.core.reminder import ReminderKind
from tagwatch.core.review import ReviewOf
from tagwatch.core.rota import HolidayRule
from tagwatch.core.rules.watch import Absence
from tagwatch.core.supervision import NotifyingOrganisation, OrderKind, ResponsibleOrganisation
from tagwatch.core.unmonitored import Turn
from tagwatch.notify.retry import NotificationState
from tagwatch.query.who_told import ToldRole
from tagwatch.web.data_request_words import REQUEST_WORDS
from tagwatch.web.enquiry_words import ENQUIRY_WORDS
from tagwatch.web.share_words import SHARE_WORDS

_SAID: Final[tuple[tuple[StrEnum, str], ...]] = (
    (AlertKind.ZONE_ENTRY, "Exclusion zone entered"),
    (AlertKind.ZONE_APPROACH, "Near an exclusion zone"),
    (AlertKind.CURFEW_ABSENCE, "Absent from where he must be"),
    (AlertKind.CURFEW_UNSEEN, "Cannot see if he is where he must be"),
    (AlertKind.ENCOUNTER, "Near somebody he must not meet"),
    (AlertKind.STRAP, "Strap tampered with"),
    (AlertKind.CASE, "Case opened"),
    (AlertKind.NOT_WORN, "Tag not worn"),
    (AlertKind.BATTERY_LOW, "Battery low"),
    (AlertKind.BATTERY_CRITICAL, "Battery critical"),
    (AlertKind.POWER_OFF, "Tag switched off"),
    (AlertKind.NO_COMMS, "Tag not heard from"),
    (AlertKind.NO_LOCATION, "No location"),
    (AlertKind.JAMMING_SIGNS, "Signs of jamming"),
    (AlertKind.ALARM, "Alarm button"),
    (AlertKind.BLIND, "The centre could not see"),
    (AlertKind.MASS_SILENCE, "Many tags silent at once"),
    (AlertKind.WATCH, "Part of the centre is failing"),
    (AlertKind.DRILL, "Drill, not real"),
    (AlertKind.ROTA_GAP, "Nobody on shift"),
    (AlertKind.PLAN_REVIEW, "Risk plan to be reviewed"),
    (AlertKind.NOT_MONITORED, "Ordered but not monitored"),
    (AlertKind.ZONE_DRAFT, "Secret zone not published"),
    (AlertKind.TASK_OVERDUE, "Task of a case overdue"),
    (AlertKind.NOTICE_FAILED, "Her side was not told"),
    (AlertKind.ENQUIRY_OVERDUE, "Enquiry not answered in time"),
    (AlertKind.REQUEST_OVERDUE, "Data request not answered in time"),
    (AlertKind.REVIEW_DUE, "Review overdue"),
    (ReviewOf.ORDER, "Order"),
    (ReviewOf.RESTRICTION, "Restricted case"),
    (ReviewOf.HOLD, "Legal hold"),
    *ENQUIRY_WORDS,
    *SHARE_WORDS,
    *REQUEST_WORDS,
    (NoticeKind.RELEASE, "Release"),
    (NoticeKind.TAG_FITTED, "Tag fitted"),
    (NoticeKind.TAG_REMOVED, "Tag taken off"),
    (NoticeKind.ORDER_CHANGED, "Order changed"),
    (NoticeKind.ORDER_ENDED, "Order ended"),
    (NoticeKind.BLIND, "The tag could not be seen"),
    (NoticeKind.BLIND_OVER, "The tag is seen again"),
    (NoticeState.SENT, "Sent"),
    (NoticeState.HELD, "Held: sending is unsafe"),
    (NoticeState.NOBODY, "Nobody to tell"),
    (NoticeState.DROPPED, "Not told"),
    (NoticeState.TOLD, "Told by a person"),
    (NoticeState.GATHERED, "Goes out when the outage is over"),
    (NoticeState.FAILED, "Did not arrive"),
    (NoticeState.OVERTAKEN, "Did not arrive; a later one did"),
    (ReminderKind.CURFEW, "Reminder of a curfew"),
    (ReminderKind.CHARGE, "To charge the tag"),
    (ToldRole.HERSELF, "Herself"),
    (ToldRole.HER_SPEAKER, "Who speaks with her"),
    (ToldRole.WEARER, "The wearer himself"),
    (NotificationState.PENDING, "Waits to be sent"),
    (NotificationState.ACCEPTED, "With the carrier"),
    (NotificationState.DELIVERED, "Delivered"),
    (NotificationState.FAILED, "Did not arrive"),
    (NotificationState.HELD, "Held back after a restore"),
    (NotificationState.DROPPED, "Not sent after a restore"),
    (Finding.POSSIBLE, "Possible"),
    (Finding.CONFIRMED, "Confirmed"),
    (Finding.WITHDRAWN, "Withdrawn"),
    (Finding.UNDETERMINED, "Undetermined"),
    (Phase.OPEN, "ongoing"),
    (Phase.ENDED, "ended"),
    (Severity.LIFE, "Life at risk"),
    (Severity.URGENT, "Urgent"),
    (Severity.ROUTINE, "Routine"),
    (AlertState.RAISED, "New"),
    (AlertState.NOTIFIED, "Sent out"),
    (AlertState.ACKNOWLEDGED, "Acknowledged"),
    (AlertState.CLOSED, "Closed"),
    (Disposition.TRUE_BREACH, "True breach"),
    (Disposition.EXPLAINED, "Explained by the wearer"),
    (Disposition.TECHNICAL, "Technical cause"),
    (Disposition.AUTHORISED, "Authorised absence"),
    (Disposition.DUPLICATE, "Same as another alert"),
    (Disposition.UNKNOWN, "Not known"),
    (Party.WEARER, "The wearer"),
    (Party.PROTECTED_SIDE, "The protected person's side"),
    (Party.PRACTITIONER, "The responsible officer"),
    (Party.POLICE, "The police"),
    (Party.OTHER, "Somebody else"),
    (CallOutcome.ANSWERED, "Answered"),
    (CallOutcome.NO_ANSWER, "No answer"),
    (CallOutcome.VOICEMAIL, "Voicemail"),
    (CallOutcome.WRONG_NUMBER, "Wrong number"),
    (CallOutcome.LINE_DEAD, "Line dead"),
    (CallOutcome.REFUSED, "Would not speak"),
    (Programme.KNIFE_CRIME, "Knife crime"),
    (Programme.DOMESTIC_ABUSE, "Domestic abuse"),
    (Programme.STALKING, "Stalking"),
    (Programme.OTHER, "Other"),
    (CaseState.OPEN, "Open"),
    (CaseState.DECIDED, "Decided"),
    (CaseState.CLOSED, "Closed"),
    (DecisionKind.NO_ACTION, "No action"),
    (DecisionKind.REASONABLE_EXCUSE, "Reasonable excuse"),
    (DecisionKind.AUTHORISED_ABSENCE, "Authorised absence"),
    (DecisionKind.WARNING, "Warning"),
    (DecisionKind.VARIATION, "Vary the order"),
    (DecisionKind.BREACH, "Breach"),
    (DecisionKind.RECALL_REQUEST, "Request recall"),
    (DecisionKind.ARREST_REQUEST, "Request arrest"),
    (StepKind.AUTHORITY_NOTIFIED, "Authority notified"),
    (StepKind.AGENCY_ACTION, "Action of an agency"),
    (StepKind.AGENCY_RESPONSE, "Response of an agency"),
    (StepKind.WEARER_CONTACTED, "Wearer contacted"),
    (StepKind.EXCUSE_GIVEN, "Reasonable excuse given"),
    (StepKind.ABSENCE_AUTHORISED, "Absence authorised"),
    (StepKind.WARNING_LETTER, "Warning letter sent"),
    (StepKind.PACK_REQUESTED, "Breach pack requested"),
    (StepKind.PACK_SENT, "Breach pack sent"),
    (StepKind.SECTION_9_STATEMENT, "Section 9 statement made"),
    (StepKind.SUMMONS, "Summons"),
    (StepKind.HEARING, "Hearing"),
    (StepKind.RECALL_REQUESTED, "Recall requested"),
    (StepKind.RECALL_EXECUTED, "Recall carried out"),
    (StepKind.OUTCOME, "Outcome"),
    (Proof.NONE_SHOWN, "Nothing was shown"),
    (Proof.MEDICAL_LETTER, "Letter of a doctor or hospital"),
    (Proof.EMPLOYER_LETTER, "Letter of his employer"),
    (Proof.FAMILY_EVENT, "A wedding or funeral"),
    (Proof.OFFICIAL_LETTER, "Letter of a court, school or authority"),
    (Proof.TRAVEL_RECORD, "Ticket or record of a journey"),
    (Proof.OTHER, "Something else"),
    (Agreement.AGREES, "Agrees"),
    (Agreement.DISAGREES, "Disagrees"),
    (OrderOutcome.COMPLETED, "Completed"),
    (OrderOutcome.RECALLED, "Recalled"),
    (OrderOutcome.ENDED_EARLY, "Ended early by a court or authority"),
    (OrderOutcome.DIED, "Died"),
    (LocationBearing.SUPPORTED, "Supported it"),
    (LocationBearing.CONTRADICTED, "Contradicted it"),
    (LocationBearing.CANNOT_SAY, "Was looked at and cannot say"),
    (LocationBearing.NOT_USED, "Was not used"),
    (Demand.CURFEW, "Curfew"),
    (Demand.INCLUSION_ZONE, "Inclusion zone"),
    (Demand.RESTRICTION_ZONE, "Restriction zone"),
    (Demand.ATTENDANCE, "Attendance"),
    (Attended.ATTENDED, "Attended"),
    (Attended.LATE, "Late"),
    (Attended.MISSED, "Missed"),
    (Attended.CANNOT_SAY, "Cannot say"),
    (Attended.EXCUSED, "Excused"),
    (ExemptionCause.AUTHORISED_ABSENCE, "Authorised absence"),
    (ExemptionCause.PERMISSION, "Permission to be in a place"),
    (ExemptionCause.HOSPITAL, "In hospital"),
    (ExemptionCause.AGREED_TRAVEL, "Agreed travel"),
    (ExemptionCause.CUSTODY, "In custody"),
    (ExemptionCause.DECEASED, "Deceased"),
    (LegalBasis.BAIL, "Bail"),
    (LegalBasis.LICENCE, "Licence"),
    (LegalBasis.COMMUNITY_SENTENCE, "Community sentence"),
    (LegalBasis.RESTRAINING_ORDER, "Restraining order"),
    (LegalBasis.STALKING_PROTECTION_ORDER, "Stalking protection order"),
    (LegalBasis.DAPO, "Domestic abuse protection order"),
    (TagState.IN_STOCK, "In stock"),
    (TagState.ISSUED, "Issued"),
    (TagState.FITTED, "Fitted"),
    (TagState.TO_BE_RETURNED, "To be returned"),
    (TagState.LOST, "Lost"),
    (TagState.FAULTY, "Faulty"),
    (TagState.RETIRED, "Retired"),
    (Turn.FIT, "Monitoring centre: fit a tag"),
    (Turn.HEAR, "Monitoring centre: the tag is on and was never heard of"),
    (Turn.DECIDE, "Overdue: monitoring centre fits, responsible officer decides until then"),
    (OrderKind.COURT_BAIL, "Court bail"),
    (OrderKind.POLICE_BAIL, "Police bail"),
    (OrderKind.REMAND_TO_LOCAL_AUTHORITY, "Remand to local authority accommodation"),
    (OrderKind.STANDARD_DETERMINATE, "Standard determinate sentence"),
    (OrderKind.EXTENDED_DETERMINATE, "Extended determinate sentence"),
    (OrderKind.PARTICULAR_CONCERN, "Offender of particular concern"),
    (OrderKind.LIFE, "Life sentence"),
    (OrderKind.PUBLIC_PROTECTION, "Imprisonment for public protection"),
    (OrderKind.DETENTION_AND_TRAINING, "Detention and training order"),
    (OrderKind.SECTION_250, "Section 250 detention"),
    (OrderKind.COMMUNITY_ORDER, "Community order"),
    (OrderKind.SUSPENDED_SENTENCE, "Suspended sentence order"),
    (OrderKind.YOUTH_REHABILITATION, "Youth rehabilitation order"),
    (OrderKind.CIVIL, "Civil order"),
    (NotifyingOrganisation.CROWN_COURT, "Crown Court"),
    (NotifyingOrganisation.MAGISTRATES_COURT, "Magistrates’ court"),
    (NotifyingOrganisation.YOUTH_COURT, "Youth court"),
    (NotifyingOrganisation.FAMILY_COURT, "Family court"),
    (NotifyingOrganisation.COUNTY_COURT, "County court"),
    (NotifyingOrganisation.MILITARY_COURT, "Military court"),
    (NotifyingOrganisation.SCOTTISH_COURT, "Scottish court"),
    (NotifyingOrganisation.PRISON, "Prison"),
    (NotifyingOrganisation.PROBATION, "Probation"),
    (NotifyingOrganisation.HOME_OFFICE, "Home Office"),
    (NotifyingOrganisation.YOUTH_CUSTODY_SERVICE, "Youth Custody Service"),
    (ResponsibleOrganisation.PROBATION, "Probation"),
    (ResponsibleOrganisation.POLICE, "Police"),
    (ResponsibleOrganisation.YOUTH_JUSTICE_SERVICE, "Youth justice service"),
    (ResponsibleOrganisation.FIELD_MONITORING_SERVICE, "Field monitoring service"),
    (ResponsibleOrganisation.HOME_OFFICE, "Home Office"),
    (RuleKind.ZONE, "Exclusion zone"),
    (RuleKind.APPROACH, "Approach to a zone"),
    (RuleKind.CURFEW, "Curfew"),
    (RuleKind.ENCOUNTER, "No contact"),
    (RuleKind.TAMPER, "Tamper"),
    (RuleKind.BATTERY, "Battery"),
    (RuleKind.COMMS, "Communication and location"),
    (Stage.POSSIBLE, "possible breach"),
    (Stage.CONFIRMED, "confirmed breach"),
    (Stage.FACT, "reported fact"),
    (Stage.ESCALATED, "not acknowledged in time"),
    (Stage.HANDED_OVER, "handed over to the next shift"),
    (Stage.TEST, "a test"),
    (Stage.NOTICE, "to be told"),
    (Stage.ENDED, "it ended"),
    (Stage.WITHDRAWN, "it was withdrawn"),
    (Channel.IN_APP, "list of open alerts"),
    (Channel.EMAIL, "e-mail"),
    (Channel.WEBHOOK, "webhook"),
    (Channel.GOVUK_NOTIFY, "GOV.UK Notify: text message or e-mail"),
    (Channel.SMS, "text message through our gateway"),
    (HolidayRule.AS_USUAL, "As on other days"),
    (HolidayRule.NOT_ON, "Not on bank holidays"),
    (HolidayRule.ONLY, "On bank holidays only"),
    (AlertEvent.RAISED, "Raised"),
    (AlertEvent.REOPENED, "Opened again"),
    (AlertEvent.REPORTED_AGAIN, "Reported again"),
    (AlertEvent.CONFIRMED, "Confirmed"),
    (AlertEvent.AMENDED, "Finding amended"),
    (AlertEvent.ENDED, "Ended"),
    (AlertEvent.WITHDRAWN, "Withdrawn"),
    (AlertEvent.ESCALATED, "Passed to the next contact"),
    (AlertEvent.NOTIFIED, "1 message delivered"),
    (AlertEvent.ACKNOWLEDGED, "Acknowledged"),
    (AlertEvent.LINK_ISSUED, "Police link made"),
    (AlertEvent.LINK_REVOKED, "Police link taken back"),
    (AlertEvent.LINK_ENTERED, "Police link opened"),
    (AlertEvent.POLICE_REPORTED, "Police report"),
    (Sighting.SEEN, "Seen"),
    (Sighting.ARRESTED, "Arrested"),
    (Sighting.NO_TRACE, "No trace"),
    (AlertEvent.NOTED, "The officer's view"),
    (AlertEvent.ACCOUNT, "The wearer's account"),
    (AlertEvent.CLOSED, "Closed"),
    (AlertEvent.CLAIMED, "Taken in hand"),
    (AlertEvent.LET_GO, "No longer in hand"),
    (AlertEvent.WAITING, "Put aside"),
    (AlertEvent.WAIT_OVER, "The wait is over, nobody came back"),
    (AlertEvent.CALLED, "Call"),
    (AlertEvent.EXPLAINED, "Explained by another alert"),
    (AlertEvent.RELEASED, "No longer explained by another alert"),
    (AlertEvent.CIRCUMSTANCES, "Circumstances brought up to date"),
)

WORDS: Final[dict[tuple[type[StrEnum], str], str]] = {
    (type(code), code.value): text for code, text in _SAID
}


def word(code: object) -> str:
    """Return the words for a code; an unknown one is shown as it is, with spaces."""
    if isinstance(code, StrEnum) and (type(code), code.value) in WORDS:
        return WORDS[type(code), code.value]
    text = str(code).replace("_", " ")
    return text[:1].upper() + text[1:]


_ABSENCES: Final = {
    Demand.INCLUSION_ZONE: ("came late", "left", "away at the end", "away all the time"),
    Demand.RESTRICTION_ZONE: ("outside, then back", "left the area", "still outside", "outside"),
    Demand.ATTENDANCE: (
        "came late",
        "left before the end",
        "away at the end",
        "away for all of it",
    ),
}


def absence_words(detail: str, demand: Demand) -> str:
    """Return how an absence lies in its hours, in words that fit what the order calls it."""
    if detail not in list(Absence) or demand not in _ABSENCES:
        return detail
    return _ABSENCES[demand][list(Absence).index(Absence(detail))]


_SOURCES: Final = {
    Source.UNKNOWN: "Not stated",
    Source.GNSS: "Satellites",
    Source.RF: "Radio beacon",
    Source.LBS: "Cell towers",
    Source.WIFI: "Wi-Fi",
}
_MARKS: Final = {
    "bad_time": "impossible time",
    "bad_position": "impossible position",
    "duplicate": "sent before",
    "late": "came late",
    "out_of_order": "out of order",
    "mock": "set by an app, not measured",
    "not_valid": "not valid, says the tag",
    "clock_ahead": "clock ahead",
    "no_owner": "on nobody",
}


def source(code: Source) -> str:
    """Return the words for what a fix was made from."""
    return _SOURCES[code]


def marks(names: Iterable[str]) -> str:
    """Return the words for what is odd about a fix, empty if nothing is."""
    return ", ".join(_MARKS.get(name, name.replace("_", " ")) for name in names)


def chance(probability: float) -> str:
    """Return the words for a probability (the scale of verbal probability used in UK reports)."""
    for below, text in (
        (0.05, "a remote chance"),
        (0.225, "highly unlikely"),
        (0.375, "unlikely"),
        (0.525, "a realistic possibility"),
        (0.775, "likely"),
        (0.925, "highly likely"),
        (0.99, "almost certain"),
    ):
        if probability < below:
            return text
    return "practically certain"
