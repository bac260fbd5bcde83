"""Every kind of event that can alter a decision or a message, as it is written in the journal.

The payload of a journal record is the MessagePack of one of these structs; the record's `kind`
is the struct's number in `KINDS`. Numbers are never reused and fields only ever added with a
default, so that any journal ever written can be read and replayed. What persons do with alerts is
in `recorded_act`.
"""

from typing import Final

import msgspec

from tagwatch.core.event import Event
from tagwatch.core.recorded_account import AccountAttached, AccountChecked, AccountQualified
from tagwatch.core.recorded_act import (
    AlertAcknowledged,
    AlertClaimed,
    AlertClosed,
    AlertLetGo,
    AlertNoted,
    AlertWaiting,
    CallRecorded,
    DrillCalled,
    HandoverTaken,
    HandoverWritten,
    OutboxReleased,
)
from tagwatch.core.recorded_archive import (
    ArchiveVoided,
    LegalHoldEnded,
    LegalHoldLiftAsked,
    LegalHoldLiftRefused,
    LegalHoldSet,
    TrailRewritten,
    TrailSealed,
    TrailStaged,
)
from tagwatch.core.recorded_bundle import (
    BundleGiven,
    BundleMade,
    ReceiverTold,
    SigningKeyRotated,
)
from tagwatch.core.recorded_case import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    CaseStepRecorded,
    CaseStepTakenBack,
    ContestAnswered,
    DecisionMade,
    DecisionSigned,
    DocumentAttached,
    DocumentKept,
    FindingContested,
    TaskDone,
    TaskSet,
)
from tagwatch.core.recorded_contact import (
    ContactRecorded,
    OverrideRecorded,
    RouteDecided,
    RouteProposed,
    ShiftRecorded,
    TestAsked,
)
from tagwatch.core.recorded_crime import CrimeBatchBegun, CrimeFileKept, CrimeRowsRead
from tagwatch.core.recorded_delivery import (
    AttemptRecorded,
    LinkAnswered,
    ReceiptRecorded,
)
from tagwatch.core.recorded_enquiry import (
    EnquiryAnswered,
    EnquiryLogged,
    EnquiryRefused,
    EnquiryTaken,
)
from tagwatch.core.recorded_erasure import (
    ForgettingBegun,
    ForgettingProved,
    RetentionPublished,
    WearerForgotten,
)
from tagwatch.core.recorded_frame import FrameQuarantined, FrameReceived
from tagwatch.core.recorded_glass import GlassActed, GlassBroken
from tagwatch.core.recorded_keys import KeyRotated, KeysDrilled, KeysExported
from tagwatch.core.recorded_leave import LeaveEnded, LeaveNoted, LeaveRecorded
from tagwatch.core.recorded_match import (
    CrimeMatched,
    MatchAsked,
    MatchQualified,
    PersonMatched,
)
from tagwatch.core.recorded_notice import HoldRecorded, NoticeDecided, NoticeWritten
from tagwatch.core.recorded_police import (
    AppearanceRecorded,
    PhotoRecorded,
    PoliceLinkEntered,
    PoliceLinkIssued,
    PoliceLinkRevoked,
    PoliceReported,
)
from tagwatch.core.recorded_programme import OriginNote, ProgrammeImported
from tagwatch.core.recorded_register import (
    ActivationEnded,
    ActivationStarted,
    ConditionRecorded,
    ConditionTold,
    CredentialIssued,
    CredentialRevoked,
    ExemptionRecorded,
    GeometryNeeded,
    GeometrySettled,
    OrderRecorded,
    OrderTold,
    PersonRecorded,
    TagMoved,
    TagRecorded,
    WearerRecorded,
)
from tagwatch.core.recorded_request import (
    RequestApproved,
    RequestAsked,
    RequestAuthenticated,
    RequestFetched,
    RequestNamed,
    RequestReleased,
    RequestTurned,
    SampleDrawn,
    SampleReviewed,
)
from tagwatch.core.recorded_review import ReviewRecorded
from tagwatch.core.recorded_risk import PlanRecorded, PlanReviewed, RiskNoted
from tagwatch.core.recorded_service import (
    Applied,
    HeartbeatMissed,
    KeyDestroyed,
    ProcessStarted,
    Tick,
)
from tagwatch.core.recorded_settings import (
    SettingsProposed,
    SettingsPublished,
    SettingsTried,
    SettingsWithdrawn,
    WearerTried,
)
from tagwatch.core.recorded_share import CaseShared, ShareFetched
from tagwatch.core.recorded_unsealing import (
    UnsealingAsked,
    UnsealingDecided,
    UnsealingEnded,
)
from tagwatch.core.recorded_week import WeekNoticeChosen, WeekOverviewsMade
from tagwatch.core.recorded_zone import ZoneDraftDecided, ZoneDrafted
from tagwatch.core.recorded_zones_only import FixesKept

KINDS: Final[dict[int, type[Event]]] = {
    1: FrameReceived,
    2: FrameQuarantined,
    10: WearerRecorded,
    11: PersonRecorded,
    12: TagRecorded,
    13: ActivationStarted,
    14: ActivationEnded,
    15: CredentialIssued,
    16: CredentialRevoked,
    17: ContactRecorded,
    18: OrderRecorded,
    19: ConditionRecorded,
    20: ConditionTold,
    21: SettingsPublished,
    22: ShiftRecorded,
    23: OverrideRecorded,
    24: RouteProposed,
    25: RouteDecided,
    26: TestAsked,
    27: ExemptionRecorded,
    28: OrderTold,
    29: TagMoved,
    30: AlertAcknowledged,
    31: AlertNoted,
    32: AlertClosed,
    33: OutboxReleased,
    34: AlertClaimed,
    35: AlertLetGo,
    36: AlertWaiting,
    37: CallRecorded,
    38: HandoverWritten,
    39: HandoverTaken,
    70: GeometryNeeded,
    71: GeometrySettled,
    40: AttemptRecorded,
    41: ReceiptRecorded,
    42: LinkAnswered,
    45: DrillCalled,
    50: Tick,
    51: ProcessStarted,
    52: Applied,
    53: KeyDestroyed,
    54: HeartbeatMissed,
    60: PlanRecorded,
    61: RiskNoted,
    62: PlanReviewed,
    63: PoliceLinkIssued,
    64: PoliceLinkRevoked,
    65: PoliceLinkEntered,
    66: PoliceReported,
    67: AppearanceRecorded,
    80: CaseOpened,
    81: CaseExtended,
    82: DecisionMade,
    83: DecisionSigned,
    84: TaskSet,
    85: TaskDone,
    86: CaseClosed,
    87: DocumentKept,
    72: EnquiryLogged,
    73: EnquiryTaken,
    74: EnquiryAnswered,
    75: EnquiryRefused,
    76: ZoneDrafted,
    77: ZoneDraftDecided,
    79: PhotoRecorded,
    88: DocumentAttached,
    89: FindingContested,
    90: ContestAnswered,
    91: HoldRecorded,
    92: NoticeDecided,
    93: NoticeWritten,
    94: SettingsProposed,
    95: SettingsTried,
    96: SettingsWithdrawn,
    97: WearerTried,
    98: LeaveRecorded,
    99: LeaveEnded,
    100: LeaveNoted,
    101: LegalHoldLiftAsked,
    102: LegalHoldLiftRefused,
    103: WeekNoticeChosen,
    110: TrailSealed,
    111: TrailRewritten,
    112: TrailStaged,
    113: ArchiveVoided,
    114: LegalHoldSet,
    115: LegalHoldEnded,
    116: WeekOverviewsMade,
    120: CaseStepRecorded,
    121: CaseStepTakenBack,
    130: BundleMade,
    131: BundleGiven,
    104: SigningKeyRotated,
    105: ReceiverTold,
    106: ReviewRecorded,
    122: CrimeBatchBegun,
    123: CrimeFileKept,
    124: CrimeRowsRead,
    126: MatchAsked,
    127: PersonMatched,
    128: CrimeMatched,
    129: MatchQualified,
    132: AccountChecked,
    133: AccountAttached,
    134: AccountQualified,
    140: RequestAsked,
    141: RequestAuthenticated,
    142: RequestApproved,
    143: RequestTurned,
    144: RequestReleased,
    145: RequestFetched,
    146: SampleDrawn,
    147: SampleReviewed,
    150: ForgettingBegun,
    151: WearerForgotten,
    152: ForgettingProved,
    153: RetentionPublished,
    118: ProgrammeImported,
    119: OriginNote,
    154: GlassBroken,
    155: GlassActed,
    156: CaseShared,
    157: ShareFetched,
    158: FixesKept,
    159: UnsealingAsked,
    160: UnsealingDecided,
    161: UnsealingEnded,
    164: KeyRotated,
    165: KeysExported,
    167: RequestNamed,
    168: KeysDrilled,
}

_NUMBERS: Final = {event: number for number, event in KINDS.items()}
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODERS: Final = {number: msgspec.msgpack.Decoder(event) for number, event in KINDS.items()}


def number_of(event: type[Event]) -> int:
    """Return the number under which events of this type are journaled."""
    return _NUMBERS[event]


def kind_of(event: Event) -> int:
    """Return the number under which this event is journaled."""
    return _NUMBERS[type(event)]


def encode(event: Event) -> bytes:
    """Return the payload of the journal record of `event`."""
    return _ENCODER.encode(event)


def decode(kind: int, payload: bytes) -> Event:
    """Return the event of a journal record.

    Raises ValueError for an unknown kind (a newer Tagwatch wrote it) or a payload not of it.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise ValueError(f"journal record of kind {kind} is unknown here; a newer version wrote it")
    return decoder.decode(payload)
