"""The words officers read for the codes of data requests. See `words`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from tagwatch.core.data_request import RequestRefusal, RequestState, RequestUrgency
from tagwatch.core.dip_sample import SampleFinding
from tagwatch.core.request_kinds import (
    KIND_RULES,
    IdentityCheck,
    LegalGround,
    ReleaseForm,
    RequestKind,
    Wanted,
)
from tagwatch.core.units import DAY

REQUEST_WORDS: Final[tuple[tuple[StrEnum, str], ...]] = (
    (RequestKind.POLICE, "Police"),
    (RequestKind.NHS, "National Health Service"),
    (RequestKind.ADVOCATE, "Advocate of a protected person"),
    (RequestKind.STAC, "Stalking Threat Assessment Centre"),
    (RequestKind.OWN_DATA, "The wearer, for his own data"),
    (RequestKind.DEFENCE, "Defence"),
    (RequestKind.COURT, "A court"),
    (LegalGround.LAW_ENFORCEMENT, "Law enforcement: Data Protection Act 2018, Part 3"),
    (LegalGround.CRIME_EXEMPTION, "Crime: Data Protection Act 2018, Schedule 2, paragraph 2"),
    (
        LegalGround.LEGAL_PROCEEDINGS,
        "Legal proceedings: Data Protection Act 2018, Schedule 2, paragraph 5",
    ),
    (LegalGround.RIGHT_OF_ACCESS, "Right of access: Data Protection Act 2018, section 45"),
    (
        LegalGround.CRIMINAL_DISCLOSURE,
        "Disclosure: Criminal Procedure and Investigations Act 1996",
    ),
    (LegalGround.COURT_ORDER, "An order of a court"),
    (LegalGround.VITAL_INTERESTS, "To save a life: UK GDPR, Article 6(1)(d)"),
    (
        LegalGround.SAFEGUARDING,
        "Safeguarding: Data Protection Act 2018, Schedule 1, paragraph 18",
    ),
    (LegalGround.CONSENT, "Consent: UK GDPR, Article 6(1)(a)"),
    (Wanted.FIXES, "Fixes within the area and time"),
    (Wanted.PRESENCE, "Was he in the area in that time: yes, no or cannot say"),
    (Wanted.ALERTS, "Alerts of that time"),
    (Wanted.DECISIONS, "Decisions of that time"),
    (Wanted.ORDER, "The text of his order"),
    (Wanted.BUNDLE, "An evidence bundle of those days"),
    (RequestUrgency.LIFE, "A life is at risk"),
    (RequestUrgency.URGENT, "Urgent"),
    (RequestUrgency.ROUTINE, "Routine"),
    (IdentityCheck.OWN_ACCOUNT, "Signed in here, with a second factor"),
    (IdentityCheck.CALL_BACK, "Rung back on a published number"),
    (IdentityCheck.WARRANT_CARD, "Warrant card seen"),
    (IdentityCheck.COURT_SEAL, "Seal of the court seen"),
    (IdentityCheck.IDENTITY_DOCUMENT, "Identity document seen"),
    (IdentityCheck.ON_THE_RECORD, "Lawyer on the record of the court, and rung back"),
    (RequestState.ASKED, "Asked"),
    (RequestState.AUTHENTICATED, "Made sure who asks"),
    (RequestState.RETURNED, "Returned for more"),
    (RequestState.APPROVED, "Approved"),
    (RequestState.RELEASED, "Released"),
    (RequestState.REFUSED, "Refused"),
    (RequestState.WITHDRAWN, "Withdrawn"),
    (RequestState.EXPIRED, "Over: its time ran out"),
    (RequestState.CLOSED, "Closed"),
    (RequestRefusal.NO_GROUND, "No legal ground"),
    (RequestRefusal.NOT_IDENTIFIED, "Who asks could not be made sure of"),
    (RequestRefusal.TOO_WIDE, "It asks for more than it needs"),
    (RequestRefusal.NOT_NEEDED, "It is not needed for what it says"),
    (RequestRefusal.NOT_HELD, "Nothing is held that would answer it"),
    (RequestRefusal.HARM, "It would harm a protected person or an investigation"),
    (RequestRefusal.ELSEWHERE, "It is for somebody else to answer"),
    (ReleaseForm.ORDINARY, "Only what he was told of"),
    (ReleaseForm.EXPERT, "For a named expert: secret places too"),
    (SampleFinding.IN_ORDER, "In order"),
    (SampleFinding.TOO_MUCH, "More was released than was needed"),
    (SampleFinding.BADLY_RECORDED, "Not recorded as it must be"),
    (SampleFinding.NO_GROUND, "Without a legal ground"),
    (SampleFinding.NOT_IDENTIFIED, "Who asked was not made sure of"),
    (SampleFinding.WRONGLY_REFUSED, "Wrongly refused"),
)


def kinds_table() -> str:
    """Return what each kind of request may ask for as a Markdown table, as docs/requests.md prints
    it."""
    said: dict[tuple[type[StrEnum], str], str] = {
        (type(code), code.value): words for code, words in REQUEST_WORDS
    }

    def joined(codes: Sequence[StrEnum]) -> str:
        return "; ".join(said[type(code), code.value] for code in codes)

    heads = "who asks", "on which law", "how it is made sure who he is", "data", "at most"
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|"]
    for kind, rules in KIND_RULES.items():
        cells = (
            joined((kind,)),
            joined(rules.grounds),
            joined(rules.checks),
            ", ".join(rules.wanted),
            f"{rules.longest // DAY} days",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
