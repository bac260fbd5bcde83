"""Who may ask for which data, on which law, for how long: one table. Pure. See `data_request`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.units import DAY


class RequestKind(StrEnum):
    """On whose side whoever asks stands."""

    POLICE = "police"
    NHS = "nhs"
    ADVOCATE = "advocate"
    STAC = "stac"
    OWN_DATA = "own_data"
    DEFENCE = "defence"
    COURT = "court"


class LegalGround(StrEnum):
    """The law under which data may be asked for and released."""

    LAW_ENFORCEMENT = "law_enforcement"
    CRIME_EXEMPTION = "crime_exemption"
    LEGAL_PROCEEDINGS = "legal_proceedings"
    RIGHT_OF_ACCESS = "right_of_access"
    CRIMINAL_DISCLOSURE = "criminal_disclosure"
    COURT_ORDER = "court_order"
    VITAL_INTERESTS = "vital_interests"
    SAFEGUARDING = "safeguarding"
    CONSENT = "consent"


CITES: Final[Mapping[LegalGround, str]] = {
    LegalGround.LAW_ENFORCEMENT: "the crime or incident number",
    LegalGround.CRIME_EXEMPTION: "the crime or incident number",
    LegalGround.LEGAL_PROCEEDINGS: "the proceedings and their number",
    LegalGround.RIGHT_OF_ACCESS: "the date of his request",
    LegalGround.CRIMINAL_DISCLOSURE: "the case and the item of the schedule",
    LegalGround.COURT_ORDER: "the court, the number of the order and its date",
    LegalGround.VITAL_INTERESTS: "whose life is at risk, without a name, and why",
    LegalGround.SAFEGUARDING: "the safeguarding reference",
    LegalGround.CONSENT: "who consented, when, and where it is kept",
}
"""What a request on each ground must cite."""


class Wanted(StrEnum):
    """A class of data that can be asked for."""

    FIXES = "fixes"
    PRESENCE = "presence"
    """Was he in the area in that time: yes, no or cannot say."""
    ALERTS = "alerts"
    DECISIONS = "decisions"
    ORDER = "order"
    BUNDLE = "bundle"


class IdentityCheck(StrEnum):
    """How it was made sure that whoever asks is who he says."""

    OWN_ACCOUNT = "own_account"
    """Signed in here, with a second factor."""
    CALL_BACK = "call_back"
    """Rung back on a published number."""
    WARRANT_CARD = "warrant_card"
    COURT_SEAL = "court_seal"
    IDENTITY_DOCUMENT = "identity_document"
    ON_THE_RECORD = "on_the_record"
    """A lawyer who is on the record of the court, and rung back."""


class ReleaseForm(StrEnum):
    """How much of what is secret goes out."""

    ORDINARY = "ordinary"
    """Only what the wearer was told of."""
    EXPERT = "expert"
    """With places the wearer was not told of: for a named expert, by leave of somebody whose duty
    secret places are."""


class KindRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a request of one kind may ask for and must show."""

    grounds: tuple[LegalGround, ...]
    checks: tuple[IdentityCheck, ...]
    wanted: tuple[Wanted, ...]
    longest: int
    """Microseconds: the longest time that one request may ask about."""
    forms: tuple[ReleaseForm, ...] = (ReleaseForm.ORDINARY,)


_LOOK: Final = (Wanted.PRESENCE, Wanted.ALERTS, Wanted.ORDER)
_ALL: Final = tuple(Wanted)
_BOTH: Final = tuple(ReleaseForm)
_GROUND: Final = LegalGround
_RUNG: Final = (IdentityCheck.OWN_ACCOUNT, IdentityCheck.CALL_BACK)

KIND_RULES: Final[Mapping[RequestKind, KindRules]] = {
    RequestKind.POLICE: KindRules(
        grounds=(
            _GROUND.LAW_ENFORCEMENT,
            _GROUND.CRIME_EXEMPTION,
            _GROUND.VITAL_INTERESTS,
            _GROUND.COURT_ORDER,
        ),
        checks=(*_RUNG, IdentityCheck.WARRANT_CARD),
        wanted=_ALL,
        longest=7 * DAY,
        forms=_BOTH,
    ),
    RequestKind.NHS: KindRules(
        grounds=(_GROUND.VITAL_INTERESTS, _GROUND.SAFEGUARDING, _GROUND.CONSENT),
        checks=_RUNG,
        wanted=_LOOK,
        longest=2 * DAY,
    ),
    RequestKind.ADVOCATE: KindRules(
        grounds=(_GROUND.SAFEGUARDING, _GROUND.VITAL_INTERESTS),
        checks=_RUNG,
        wanted=_LOOK,
        longest=7 * DAY,
    ),
    RequestKind.STAC: KindRules(
        grounds=(_GROUND.SAFEGUARDING, _GROUND.CRIME_EXEMPTION, _GROUND.VITAL_INTERESTS),
        checks=_RUNG,
        wanted=(*_LOOK, Wanted.DECISIONS),
        longest=28 * DAY,
    ),
    RequestKind.OWN_DATA: KindRules(
        grounds=(_GROUND.RIGHT_OF_ACCESS,),
        checks=(IdentityCheck.IDENTITY_DOCUMENT,),
        wanted=(Wanted.FIXES, Wanted.ALERTS, Wanted.DECISIONS, Wanted.ORDER),
        longest=31 * DAY,
    ),
    RequestKind.DEFENCE: KindRules(
        grounds=(_GROUND.CRIMINAL_DISCLOSURE, _GROUND.LEGAL_PROCEEDINGS, _GROUND.COURT_ORDER),
        checks=(IdentityCheck.ON_THE_RECORD, IdentityCheck.CALL_BACK),
        wanted=_ALL,
        longest=31 * DAY,
        forms=_BOTH,
    ),
    RequestKind.COURT: KindRules(
        grounds=(_GROUND.COURT_ORDER,),
        checks=(IdentityCheck.COURT_SEAL, IdentityCheck.CALL_BACK),
        wanted=_ALL,
        longest=31 * DAY,
        forms=_BOTH,
    ),
}
"""docs/requests.md prints it. The longest times are our own choice."""
