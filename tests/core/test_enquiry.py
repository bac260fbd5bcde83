"""An enquiry: by when it is due, what may be done with it when, and what must be said."""

import msgspec
import pytest

from tagwatch.core import enquiry as enquiries
from tagwatch.core.enquiry import (
    AskedBy,
    AskedFor,
    AskedUrgency,
    Asker,
    DisclosureBasis,
    Enquiry,
    EnquiryError,
    EnquiryState,
    RefusalReason,
)
from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.core.settings import EnquirySettings
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant

AT = Instant(1_790_000_000 * SECOND)
ME = AccountId("ac_me")
ASKED = Enquiry(
    enquiry_id=EnquiryId("en_1"),
    wearer_id=WearerId("w1"),
    asker=Asker.POLICE,
    role="custody sergeant",
    organisation="Metropolitan Police",
    asked_by=AskedBy.TELEPHONE,
    asked_for=AskedFor.INVESTIGATE,
    question="was he near the station on Tuesday?",
    urgency=AskedUrgency.URGENT,
    received_at=AT,
    due_at=Instant(AT + 4 * HOUR),
    recorded_at=AT,
    recorded_by=ME,
)


@pytest.mark.parametrize(
    ("urgency", "within"),
    [
        (AskedUrgency.IMMEDIATE, 30 * MINUTE),
        (AskedUrgency.URGENT, 4 * HOUR),
        (AskedUrgency.ROUTINE, 72 * HOUR),
    ],
)
def test_the_published_settings_say_by_when(urgency: AskedUrgency, within: int) -> None:
    assert enquiries.due(EnquirySettings(), urgency, AT) == AT + within


def test_it_is_taken_on_given_on_answered_and_then_over() -> None:
    taken = enquiries.taken(ASKED, ME, Instant(AT + MINUTE))
    given = enquiries.taken(taken, AccountId("ac_other"), Instant(AT + 2 * MINUTE))
    assert (given.state, given.taken_by, given.version) == (EnquiryState.TAKEN, "ac_other", 3)
    late = enquiries.answered(given, " cannot say ", "", None, ME, Instant(AT + 5 * HOUR))
    assert (late.state, late.answer, late.answer_s, late.in_time) == (
        EnquiryState.ANSWERED,
        "cannot say",
        18_000,
        False,
    )
    for again in (
        lambda: enquiries.taken(late, ME, AT),
        lambda: enquiries.answered(late, "x", "", None, ME, AT),
        lambda: enquiries.refused(late, RefusalReason.NOT_HELD, "x", ME, AT),
    ):
        with pytest.raises(EnquiryError, match="settled"):
            again()


@pytest.mark.parametrize(("after", "overdue"), [(-1, False), (0, True), (1, True)])
def test_it_is_overdue_from_the_very_moment(after: int, overdue: bool) -> None:
    at = Instant(ASKED.due_at + after)
    assert ASKED.is_overdue(at) == overdue
    settled = enquiries.refused(ASKED, RefusalReason.NO_BASIS, "no basis", ME, at)
    assert not settled.is_overdue(at)
    assert settled.in_time == (after <= 0)
    assert ASKED.in_time is ASKED.answer_s is None


@pytest.mark.parametrize(
    ("words", "disclosed", "basis", "field"),
    [
        (" ", "", None, "answer"),
        ("yes", "fixes of Tuesday", None, "disclosure_basis"),
        ("yes", " ", DisclosureBasis.COURT_ORDER, "disclosed_words"),
    ],
)
def test_data_goes_out_on_a_basis_and_with_words(words, disclosed, basis, field: str) -> None:
    with pytest.raises(EnquiryError) as refusal:
        enquiries.answered(ASKED, words, disclosed, basis, ME, AT)
    assert refusal.value.field == field
    whole = enquiries.answered(ASKED, "yes", "fixes", DisclosureBasis.COURT_ORDER, ME, AT)
    assert (whole.disclosed, whole.disclosure_basis) == ("fixes", DisclosureBasis.COURT_ORDER)
    with pytest.raises(EnquiryError) as refusal:
        enquiries.refused(ASKED, RefusalReason.TOO_WIDE, "  ", ME, AT)
    assert refusal.value.field == "refusal_words"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": " "}, "role"),
        ({"organisation": ""}, "organisation"),
        ({"question": ""}, "question"),
        ({"asked_for": AskedFor.OTHER}, "basis"),
        ({"received_at": Instant(AT + 1)}, "received"),
    ],
)
def test_a_new_one_says_who_what_and_what_for(changes: dict[str, object], field: str) -> None:
    enquiries.check(ASKED)
    with pytest.raises(EnquiryError) as refusal:
        enquiries.check(msgspec.structs.replace(ASKED, **changes))
    assert refusal.value.field == field
