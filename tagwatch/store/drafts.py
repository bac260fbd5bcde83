"""Journal drafts from events: whose data each event is, and of which class."""

from collections.abc import Callable
from typing import Any, Final

from tagwatch.core import ledger
from tagwatch.core.ledger import Event
from tagwatch.core.person import THEMSELVES
from tagwatch.core.recorded_act import AlertAct
from tagwatch.core.recorded_enquiry import EnquiryAct
from tagwatch.core.recorded_request import RequestEvent
from tagwatch.core.units import Instant
from tagwatch.store.journal.record import DataClass, Draft, Lane, Owner, OwnerKind

INSTALLATION: Final = Owner(OwnerKind.INSTALLATION, "installation")


def draft_of(
    event: Event,
    received_at: Instant,
    *,
    lane: Lane = Lane.FRESH,
    owner: Owner | None = None,
) -> Draft:
    """Return the draft of `event`, ready to append.

    Its owner and class of data follow from its kind; `owner` overrides where the caller knows
    better (the wearer of an alert that is acknowledged, so that erasing him erases the words).
    """
    data_class, find = _OWNERS[type(event)]
    return Draft(
        received_at=received_at,
        lane=lane,
        kind=ledger.kind_of(event),
        owner=owner or find(event),
        data_class=data_class,
        payload=ledger.encode(event),
    )


def wearer_owner(wearer_id: str) -> Owner:
    """Return the owner of records about one wearer."""
    return Owner(OwnerKind.WEARER, wearer_id)


def _installation(_event: Any) -> Owner:
    return INSTALLATION


def _frame(event: ledger.FrameReceived) -> Owner:
    if event.activation_id is None:
        return INSTALLATION
    return Owner(OwnerKind.ACTIVATION, event.activation_id)


def _kept(event: ledger.FixesKept) -> Owner:
    return Owner(OwnerKind.ACTIVATION, event.activation_id)


def _wearer(event: ledger.WearerRecorded) -> Owner:
    return wearer_owner(event.wearer.wearer_id)


def _person(event: ledger.PersonRecorded) -> Owner:
    return Owner(OwnerKind.PROTECTED, event.person.person_id)


def _activation(event: ledger.ActivationStarted) -> Owner:
    return wearer_owner(event.activation.wearer_id)


def _contact(event: ledger.ContactRecorded) -> Owner:
    own = event.contact.duty in THEMSELVES and len(event.contact.wearers) == 1
    return wearer_owner(event.contact.wearers[0]) if own else INSTALLATION


def _order(event: ledger.OrderRecorded) -> Owner:
    return wearer_owner(event.order.wearer_id)


def _condition(event: ledger.ConditionRecorded) -> Owner:
    return wearer_owner(event.condition.wearer_id)


def _exemption(event: ledger.ExemptionRecorded) -> Owner:
    return wearer_owner(event.exemption.wearer_id)


def _plan(event: ledger.PlanRecorded) -> Owner:
    return wearer_owner(event.plan.wearer_id)


def _about(
    event: ledger.RiskNoted
    | ledger.PlanReviewed
    | ledger.AppearanceRecorded
    | ledger.PhotoRecorded
    | EnquiryAct
    | RequestEvent
    | ledger.SampleReviewed
    | ledger.MatchQualified
    | ledger.ZoneDraftDecided
    | ledger.LegalHoldSet
    | ledger.LegalHoldEnded
    | ledger.LegalHoldLiftAsked
    | ledger.LegalHoldLiftRefused
    | ledger.BundleMade
    | ledger.BundleGiven
    | ledger.ReceiverTold
    | ledger.GlassActed
    | ledger.ShareFetched
    | ledger.UnsealingDecided
    | ledger.UnsealingEnded
    | ledger.ReviewRecorded,
) -> Owner:
    return wearer_owner(event.wearer_id)


def _drawn(event: ledger.ZoneDrafted) -> Owner:
    return wearer_owner(event.draft.condition.wearer_id)


def _case(event: ledger.CaseOpened) -> Owner:
    return wearer_owner(event.case.wearer_id)


def _enquiry(event: ledger.EnquiryLogged) -> Owner:
    return wearer_owner(event.enquiry.wearer_id)


def _request(event: ledger.RequestAsked) -> Owner:
    return wearer_owner(event.request.wearer_id)


def _named(event: ledger.RequestNamed) -> Owner:
    # Nobody's yet: with a key of its own, so that it can be erased by itself and with the wearer.
    return Owner(OwnerKind.CASE, event.request.named_id)


def _account(
    event: ledger.AccountChecked | ledger.AccountAttached | ledger.AccountQualified,
) -> Owner:
    return wearer_owner(event.wearer_id)


def _glass(event: ledger.GlassBroken) -> Owner:
    return wearer_owner(event.glass.wearer_id)


def _unsealing(event: ledger.UnsealingAsked) -> Owner:
    return wearer_owner(event.unsealing.wearer_id)


def _share(event: ledger.CaseShared) -> Owner:
    return wearer_owner(event.share.wearer_id)


def _found(event: ledger.PersonMatched) -> Owner:
    return wearer_owner(event.person.wearer_id)


def _leave_note(event: ledger.LeaveNoted) -> Owner:
    return wearer_owner(event.wearer_id)


def _hold(event: ledger.HoldRecorded) -> Owner:
    return Owner(OwnerKind.PROTECTED, event.hold.person_id)


def _notice(event: ledger.NoticeWritten) -> Owner:
    return Owner(OwnerKind.PROTECTED, event.notice.person_id)


def _of_person(event: ledger.NoticeDecided) -> Owner:
    return Owner(OwnerKind.PROTECTED, event.person_id)


def _need(event: ledger.GeometryNeeded) -> Owner:
    return wearer_owner(event.need.wearer_id)


def _tried(event: ledger.WearerTried) -> Owner:
    return wearer_owner(event.trial.wearer_id)


def _staged(event: ledger.TrailStaged) -> Owner:
    if not event.activation:
        return wearer_owner(event.wearer)
    return Owner(OwnerKind.ACTIVATION, event.activation)


def _origin(event: ledger.OriginNote) -> Owner:
    return wearer_owner(event.wearer_id) if event.wearer_id else INSTALLATION


def _alert(event: AlertAct) -> Owner:
    return Owner(OwnerKind.CASE, event.alert_id)


_OWNERS: Final[dict[type[Event], tuple[DataClass, Callable[[Any], Owner]]]] = {
    ledger.FrameReceived: (DataClass.FRAME, _frame),
    ledger.FrameQuarantined: (DataClass.QUARANTINE, _installation),
    ledger.WearerRecorded: (DataClass.REGISTER, _wearer),
    ledger.PersonRecorded: (DataClass.REGISTER, _person),
    ledger.TagRecorded: (DataClass.REGISTER, _installation),
    ledger.GeometryNeeded: (DataClass.REGISTER, _need),
    ledger.GeometrySettled: (DataClass.REGISTER, _about),
    ledger.TagMoved: (DataClass.REGISTER, _installation),
    ledger.ActivationStarted: (DataClass.REGISTER, _activation),
    ledger.ActivationEnded: (DataClass.REGISTER, _installation),
    ledger.CredentialIssued: (DataClass.CREDENTIAL, _installation),
    ledger.CredentialRevoked: (DataClass.CREDENTIAL, _installation),
    ledger.ContactRecorded: (DataClass.REGISTER, _contact),
    ledger.OrderRecorded: (DataClass.REGISTER, _order),
    ledger.OrderTold: (DataClass.REGISTER, _installation),
    ledger.ConditionRecorded: (DataClass.REGISTER, _condition),
    ledger.ConditionTold: (DataClass.REGISTER, _installation),
    ledger.ZoneDrafted: (DataClass.REGISTER, _drawn),
    ledger.ZoneDraftDecided: (DataClass.REGISTER, _about),
    ledger.ExemptionRecorded: (DataClass.REGISTER, _exemption),
    ledger.SettingsPublished: (DataClass.SETTING, _installation),
    ledger.SettingsProposed: (DataClass.SETTING, _installation),
    ledger.SettingsTried: (DataClass.SETTING, _installation),
    ledger.SettingsWithdrawn: (DataClass.SETTING, _installation),
    ledger.WearerTried: (DataClass.SETTING, _tried),
    ledger.ShiftRecorded: (DataClass.REGISTER, _installation),
    ledger.OverrideRecorded: (DataClass.REGISTER, _installation),
    ledger.AlertAcknowledged: (DataClass.ACT, _alert),
    ledger.AlertNoted: (DataClass.ACT, _alert),
    ledger.AlertClosed: (DataClass.ACT, _alert),
    ledger.AlertClaimed: (DataClass.ACT, _alert),
    ledger.AlertLetGo: (DataClass.ACT, _alert),
    ledger.AlertWaiting: (DataClass.ACT, _alert),
    ledger.CallRecorded: (DataClass.ACT, _alert),
    ledger.HandoverWritten: (DataClass.ACT, _installation),
    ledger.HandoverTaken: (DataClass.ACT, _installation),
    ledger.DrillCalled: (DataClass.ACT, _installation),
    ledger.OutboxReleased: (DataClass.ACT, _installation),
    ledger.RouteProposed: (DataClass.SETTING, _installation),
    ledger.RouteDecided: (DataClass.SETTING, _installation),
    ledger.TestAsked: (DataClass.ACT, _installation),
    ledger.ReceiptRecorded: (DataClass.DELIVERY, _installation),
    ledger.LinkAnswered: (DataClass.ACT, _installation),
    ledger.AttemptRecorded: (DataClass.DELIVERY, _installation),
    ledger.Tick: (DataClass.SERVICE, _installation),
    ledger.ProcessStarted: (DataClass.SERVICE, _installation),
    ledger.Applied: (DataClass.SERVICE, _installation),
    ledger.KeyDestroyed: (DataClass.SERVICE, _installation),
    ledger.HeartbeatMissed: (DataClass.SERVICE, _installation),
    ledger.WeekOverviewsMade: (DataClass.SERVICE, _installation),
    ledger.WeekNoticeChosen: (DataClass.ACT, _installation),
    ledger.CaseOpened: (DataClass.ACT, _case),
    ledger.CaseExtended: (DataClass.ACT, _about),
    ledger.DecisionMade: (DataClass.ACT, _about),
    ledger.DecisionSigned: (DataClass.ACT, _about),
    ledger.TaskSet: (DataClass.ACT, _about),
    ledger.TaskDone: (DataClass.ACT, _about),
    ledger.CaseClosed: (DataClass.ACT, _about),
    ledger.DocumentKept: (DataClass.DOCUMENT, _about),
    ledger.DocumentAttached: (DataClass.ACT, _about),
    ledger.FindingContested: (DataClass.ACT, _about),
    ledger.ContestAnswered: (DataClass.ACT, _about),
    ledger.CaseStepRecorded: (DataClass.ACT, _about),
    ledger.CaseStepTakenBack: (DataClass.ACT, _about),
    ledger.CrimeBatchBegun: (DataClass.ACT, _installation),
    ledger.CrimeFileKept: (DataClass.DOCUMENT, _installation),
    ledger.CrimeRowsRead: (DataClass.ACT, _installation),
    ledger.MatchAsked: (DataClass.ACT, _installation),
    ledger.PersonMatched: (DataClass.ACT, _found),
    ledger.CrimeMatched: (DataClass.ACT, _installation),
    ledger.MatchQualified: (DataClass.ACT, _about),
    ledger.EnquiryLogged: (DataClass.ACT, _enquiry),
    ledger.EnquiryTaken: (DataClass.ACT, _about),
    ledger.EnquiryAnswered: (DataClass.ACT, _about),
    ledger.EnquiryRefused: (DataClass.ACT, _about),
    ledger.RequestAsked: (DataClass.ACT, _request),
    ledger.RequestNamed: (DataClass.ACT, _named),
    ledger.RequestAuthenticated: (DataClass.ACT, _about),
    ledger.RequestApproved: (DataClass.ACT, _about),
    ledger.RequestTurned: (DataClass.ACT, _about),
    ledger.RequestReleased: (DataClass.ACT, _about),
    ledger.RequestFetched: (DataClass.ACT, _about),
    ledger.SampleDrawn: (DataClass.ACT, _installation),
    ledger.SampleReviewed: (DataClass.ACT, _about),
    ledger.AccountChecked: (DataClass.ACT, _account),
    ledger.AccountAttached: (DataClass.ACT, _account),
    ledger.AccountQualified: (DataClass.ACT, _account),
    ledger.LeaveRecorded: (DataClass.ACT, _installation),
    ledger.LeaveEnded: (DataClass.ACT, _installation),
    ledger.LeaveNoted: (DataClass.ACT, _leave_note),
    ledger.HoldRecorded: (DataClass.ACT, _hold),
    ledger.NoticeDecided: (DataClass.ACT, _of_person),
    ledger.NoticeWritten: (DataClass.ACT, _notice),
    ledger.PlanRecorded: (DataClass.PLAN, _plan),
    ledger.RiskNoted: (DataClass.PLAN, _about),
    ledger.PlanReviewed: (DataClass.PLAN, _about),
    ledger.PoliceLinkIssued: (DataClass.ACT, _alert),
    ledger.PoliceLinkRevoked: (DataClass.ACT, _alert),
    ledger.PoliceLinkEntered: (DataClass.ACT, _alert),
    ledger.PoliceReported: (DataClass.ACT, _alert),
    ledger.ProgrammeImported: (DataClass.SERVICE, _installation),
    ledger.OriginNote: (DataClass.ACT, _origin),
    ledger.AppearanceRecorded: (DataClass.PICTURE, _about),
    ledger.PhotoRecorded: (DataClass.PICTURE, _about),
    ledger.BundleMade: (DataClass.ACT, _about),
    ledger.BundleGiven: (DataClass.ACT, _about),
    ledger.ReceiverTold: (DataClass.ACT, _about),
    ledger.SigningKeyRotated: (DataClass.SERVICE, _installation),
    ledger.KeyRotated: (DataClass.SERVICE, _installation),
    ledger.KeysExported: (DataClass.SERVICE, _installation),
    ledger.KeysDrilled: (DataClass.SERVICE, _installation),
    ledger.TrailSealed: (DataClass.SERVICE, _installation),
    ledger.TrailRewritten: (DataClass.SERVICE, _installation),
    ledger.TrailStaged: (DataClass.STAGED, _staged),
    ledger.ArchiveVoided: (DataClass.SERVICE, _installation),
    ledger.LegalHoldSet: (DataClass.ACT, _about),
    ledger.LegalHoldEnded: (DataClass.ACT, _about),
    ledger.LegalHoldLiftAsked: (DataClass.ACT, _about),
    ledger.LegalHoldLiftRefused: (DataClass.ACT, _about),
    ledger.ReviewRecorded: (DataClass.ACT, _about),
    ledger.GlassBroken: (DataClass.ACT, _glass),
    ledger.GlassActed: (DataClass.ACT, _about),
    ledger.CaseShared: (DataClass.ACT, _share),
    ledger.ShareFetched: (DataClass.ACT, _about),
    ledger.FixesKept: (DataClass.FRAME, _kept),
    ledger.UnsealingAsked: (DataClass.ACT, _unsealing),
    ledger.UnsealingDecided: (DataClass.ACT, _about),
    ledger.UnsealingEnded: (DataClass.ACT, _about),
    ledger.ForgettingBegun: (DataClass.SERVICE, _installation),
    ledger.WearerForgotten: (DataClass.SERVICE, _installation),
    ledger.ForgettingProved: (DataClass.SERVICE, _installation),
    ledger.RetentionPublished: (DataClass.SETTING, _installation),
}
