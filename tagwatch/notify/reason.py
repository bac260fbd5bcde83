"""Why somebody is told: codes, and their sentences."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why this contact was told: the code; `WHY` has the sentence."""

    BAIL = "bail"
    LICENCE = "licence"
    COMMUNITY_SENTENCE = "community_sentence"
    RESTRAINING_ORDER = "restraining_order"
    STALKING_PROTECTION_ORDER = "stalking_protection_order"
    DAPO = "dapo"
    FOR_INFORMATION = "for_information"
    LIAISON = "liaison"
    MONITORING = "monitoring"
    TAG_HEALTH = "tag_health"
    WARN_WEARER = "warn_wearer"
    YOUR_TAG = "your_tag"
    INSTALLATION = "installation"
    PLAN_REVIEW = "plan_review"
    NOT_MONITORED = "not_monitored"
    ZONE_DRAFT = "zone_draft"
    TASK_OVERDUE = "task_overdue"
    NOT_TOLD = "not_told"
    COVER_BEGINS = "cover_begins"
    ENQUIRY_OVERDUE = "enquiry_overdue"
    REQUEST_OVERDUE = "request_overdue"
    REVIEW_DUE = "review_due"
    WEEK_READY = "week_ready"
    NOBODY_TO_TELL = "nobody_to_tell"
    NO_ORDER = "no_order"
    DRILL = "drill"
    TEST = "test"
    YOUR_ORDER = "your_order"
    YOUR_CURFEW = "your_curfew"
    SPEAKS_WITH_HER = "speaks_with_her"
    CRIME_REPORT = "crime_report"
    BUNDLE_SUPERSEDED = "bundle_superseded"
    GLASS_BROKEN = "glass_broken"
    GLASS_UNHEARD = "glass_unheard"
    SHARE_ENDS = "share_ends"


WHY: Final[dict[Reason, str]] = {
    Reason.BAIL: "the wearer is on bail: a breach of bail is for the police",
    Reason.LICENCE: "the wearer is on licence: probation decides about a breach or a recall",
    Reason.COMMUNITY_SENTENCE: "the wearer serves a community sentence: probation decides",
    Reason.RESTRAINING_ORDER: "a restraining order applies: its breach is for the police",
    Reason.STALKING_PROTECTION_ORDER: "a stalking protection order applies: breach is for police",
    Reason.DAPO: "a domestic abuse protection order applies: its breach is for the police",
    Reason.FOR_INFORMATION: "for your information: the police have been asked to act",
    Reason.LIAISON: "you speak with the person whom the condition protects",
    Reason.MONITORING: "you watch the open alerts of all wearers",
    Reason.TAG_HEALTH: "tags' health is in your charge",
    Reason.WARN_WEARER: "the wearer must be warned: a flat battery is not a wish to disobey",
    Reason.YOUR_TAG: "it is your tag",
    Reason.INSTALLATION: "the installation is in your charge",
    Reason.ZONE_DRAFT: "a zone of a wearer of yours waits for a second person to publish it",
    Reason.PLAN_REVIEW: "the wearer is in your caseload: reviewing his plan is probation's",
    Reason.NOT_MONITORED: "no tag reports under an order in force: fit one, or decide what is done",
    Reason.TASK_OVERDUE: "the wearer is in your caseload: his case has a task that is overdue",
    Reason.NOT_TOLD: (
        "a message to a protected person's side did not arrive: see that she is told another way"
    ),
    Reason.COVER_BEGINS: "you cover for an officer whose leave has begun",
    Reason.WEEK_READY: "you asked to be told when the week's overviews are ready",
    Reason.ENQUIRY_OVERDUE: "a question about a wearer in your charge waits too long",
    Reason.REQUEST_OVERDUE: "a data request about a wearer in your charge waits too long",
    Reason.REVIEW_DUE: "it is yours to review something about a wearer, or to see that it is done",
    Reason.NOBODY_TO_TELL: (
        "nobody is recorded whom this should go to: find somebody, and act until then"
    ),
    Reason.NO_ORDER: "no order in force was found for this wearer: find out who must act",
    Reason.TEST: "somebody asked for a test of this address",
    Reason.YOUR_ORDER: "you asked to be told by this channel what becomes of the order",
    Reason.YOUR_CURFEW: "it is your curfew",
    Reason.SPEAKS_WITH_HER: "you speak with a protected person who must be told this",
    Reason.CRIME_REPORT: "you sent a file of crimes, and something is wrong with it",
    Reason.BUNDLE_SUPERSEDED: "you received an evidence bundle that no longer stands",
    Reason.GLASS_BROKEN: "a record was opened by break-glass, by you or in your charge",
    Reason.GLASS_UNHEARD: "whoever answers for the case cannot be told: find somebody",
    Reason.SHARE_ENDS: "you answer for a case that is shared with a partner agency",
    Reason.DRILL: "this is a drill: nothing happened, and nobody outside the centre is told",
}
