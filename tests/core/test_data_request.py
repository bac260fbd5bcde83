"""Data requests: what each kind must state, and each lettered step; documents print the tables."""

from pathlib import Path

import msgspec
import pytest

from tagwatch.core.data_request import (
    Approval,
    DataRelease,
    DataRequest,
    Identified,
    Minimum,
    ReleasedFile,
    Requester,
    RequestError,
    RequestRefusal,
    RequestState,
    RequestUrgency,
    check,
)
from tagwatch.core.dip_sample import SampledRequest, drawn
from tagwatch.core.geometry import Disc, LonLat
from tagwatch.core.ids import AccountId, RequestId, WearerId
from tagwatch.core.request_kinds import IdentityCheck, LegalGround, ReleaseForm, RequestKind, Wanted
from tagwatch.core.request_steps import (
    OVER,
    STEPS,
    RequestAct,
    RequestStep,
    RequestTurn,
    approved,
    authenticated,
    expired,
    released,
    state_diagram,
    turned,
)
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.web.data_request_words import kinds_table

NOW = Instant(1_790_000_000_000_000)
ME, ONE, TWO = (AccountId(f"ac_{name}") for name in ("me", "one", "two"))
AREA = Disc(centre=LonLat(lon_deg=-0.14, lat_deg=51.54), radius_m=200)
MINIMUM = Minimum(
    start=Instant(NOW - DAY), end=Instant(NOW - HOUR), wanted=(Wanted.FIXES,), area=AREA
)
WHOLE = msgspec.structs.replace(MINIMUM, area=None, no_area="he fled by train")
ASKED = DataRequest(
    request_id=RequestId("dr_1"),
    wearer_id=WearerId("w1"),
    kind=RequestKind.POLICE,
    requester=Requester(name="Demo", role="detective sergeant", organisation="Demo Police"),
    purpose="to find who was at the yard",
    ground=LegalGround.LAW_ENFORCEMENT,
    cited="CR 7",
    minimum=MINIMUM,
    urgency=RequestUrgency.URGENT,
    asked_at=NOW,
    due_at=Instant(NOW + DAY),
    recorded_at=NOW,
    recorded_by=ME,
)


def identified(how: IdentityCheck = IdentityCheck.CALL_BACK) -> Identified:
    return Identified(how=how, words="rang 101", by=ONE, at=NOW)


def approval(by: AccountId = ONE, minimum: Minimum = MINIMUM, **more: object) -> Approval:
    given = Approval(
        minimum=minimum,
        form=ReleaseForm.ORDINARY,
        words="needed",
        release_until=Instant(NOW + 7 * DAY),
        access_until=Instant(NOW + 14 * DAY),
        by=by,
        at=NOW,
    )
    return msgspec.structs.replace(given, **more)


def release(at: int = NOW) -> DataRelease:
    file = ReleasedFile(name="fixes.csv", media_type="text/csv", sha256="0" * 64, size_bytes=1)
    return DataRelease(files=(file,), by=TWO, at=Instant(at))


def turn(act: RequestAct) -> RequestTurn:
    refusal = RequestRefusal.TOO_WIDE if act is RequestAct.REFUSE else None
    return RequestTurn(act=act, words="because", refusal=refusal)


def in_state(state: RequestState) -> DataRequest:
    """A request that has come so far by the steps themselves."""
    sure = authenticated(ASKED, identified())
    given = approved(sure, approval())
    return {
        RequestState.ASKED: ASKED,
        RequestState.AUTHENTICATED: sure,
        RequestState.RETURNED: turned(sure, turn(RequestAct.RETURN), ONE, NOW),
        RequestState.APPROVED: given,
        RequestState.RELEASED: released(given, release()),
        RequestState.REFUSED: turned(sure, turn(RequestAct.REFUSE), ONE, NOW),
        RequestState.WITHDRAWN: turned(sure, turn(RequestAct.WITHDRAW), ME, NOW),
        RequestState.EXPIRED: expired(given, Instant(NOW + 7 * DAY)),
        RequestState.CLOSED: turned(released(given, release()), turn(RequestAct.CLOSE), ONE, NOW),
    }[state]


def done(request: DataRequest, act: RequestAct) -> DataRequest:
    match act:
        case RequestAct.AUTHENTICATE:
            return authenticated(request, identified())
        case RequestAct.APPROVE_FIRST:
            whole = msgspec.structs.replace(request, minimum=WHOLE)
            return approved(whole, approval(minimum=WHOLE))
        case RequestAct.APPROVE:
            return approved(request, approval())
        case RequestAct.RELEASE:
            return released(request, release())
        case RequestAct.EXPIRE:
            return expired(request, request.expires_at or NOW)
        case _:
            return turned(request, turn(act), TWO, NOW)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.letter)
def test_each_lettered_step(step: RequestStep) -> None:
    after = done(in_state(step.before), step.act)
    assert after.state is step.after


def test_there_is_no_other_step() -> None:
    known = {(step.before, step.act) for step in STEPS}
    for state in RequestState:
        for act in RequestAct:
            if (state, act) not in known:
                with pytest.raises(RequestError):
                    done(in_state(state), act)
    assert len({step.letter for step in STEPS}) == len(STEPS)
    assert {RequestState.CLOSED, RequestState.REFUSED} <= OVER


def test_a_request_says_what_its_kind_must_say() -> None:
    check(ASKED)
    later = Instant(NOW + HOUR)
    for field, changes in (
        ("cited", {"cited": " "}),
        ("purpose", {"purpose": ""}),
        ("asked", {"asked_at": later}),
        ("ground", {"ground": LegalGround.CONSENT}),
        ("wanted", {"kind": RequestKind.NHS, "ground": LegalGround.CONSENT}),
        ("wanted", {"minimum": msgspec.structs.replace(MINIMUM, wanted=())}),
        ("end", {"minimum": msgspec.structs.replace(MINIMUM, end=later)}),
        ("end", {"minimum": msgspec.structs.replace(MINIMUM, start=Instant(NOW - 9 * DAY))}),
        ("no_area", {"minimum": msgspec.structs.replace(MINIMUM, area=None)}),
        ("lat", {"minimum": msgspec.structs.replace(WHOLE, wanted=(Wanted.PRESENCE,))}),
        ("end", {"minimum": msgspec.structs.replace(MINIMUM, wanted=(Wanted.BUNDLE,))}),
    ):
        with pytest.raises(RequestError) as wrong:
            check(msgspec.structs.replace(ASKED, **changes))
        assert wrong.value.field == field, changes


def test_nobody_approves_his_own_nor_more_than_was_asked_for() -> None:
    sure = authenticated(ASKED, identified())
    for field, given in (
        ("approve", approval(by=ME)),
        ("start", approval(minimum=msgspec.structs.replace(MINIMUM, start=Instant(NOW - 2 * DAY)))),
        ("approved", approval(minimum=msgspec.structs.replace(MINIMUM, wanted=tuple(Wanted)))),
        (
            "area",
            approval(
                minimum=msgspec.structs.replace(
                    MINIMUM, area=AREA.__class__(centre=AREA.centre, radius_m=201)
                )
            ),
        ),
        ("words", approval(words=" ")),
        ("release_days", approval(release_until=NOW)),
        ("access_days", approval(access_until=Instant(NOW + 100 * DAY))),
    ):
        with pytest.raises(RequestError) as wrong:
            approved(sure, given)
        assert wrong.value.field == field
    own = msgspec.structs.replace(ASKED.requester, account_id=ONE)
    with pytest.raises(RequestError):
        approved(msgspec.structs.replace(sure, requester=own), approval(by=ONE))
    with pytest.raises(RequestError):
        authenticated(ASKED, identified(IdentityCheck.COURT_SEAL))


def test_a_part_of_the_area_can_be_approved_and_nothing_beside_it() -> None:
    sure = authenticated(ASKED, identified())
    part = msgspec.structs.replace(AREA, radius_m=80.0)
    less = msgspec.structs.replace(MINIMUM, area=part, start=Instant(NOW - 2 * HOUR))
    given = approved(sure, approval(minimum=less))
    assert (given.state, given.approved) == (RequestState.APPROVED, approval(minimum=less))
    assert given.minimum == MINIMUM, "what was asked stays"
    moved = msgspec.structs.replace(AREA, centre=LonLat(lon_deg=-0.139, lat_deg=51.54))
    for area, words in ((moved, "wholly within"), (None, "within an area")):
        with pytest.raises(RequestError, match=words) as wrong:
            approved(sure, approval(minimum=msgspec.structs.replace(MINIMUM, area=area)))
        assert wrong.value.field == "area"
    days = {"start": Instant(NOW // DAY * DAY - 2 * DAY), "end": Instant(NOW // DAY * DAY)}
    both = msgspec.structs.replace(MINIMUM, wanted=(Wanted.FIXES, Wanted.BUNDLE), **days)
    asked = msgspec.structs.replace(sure, minimum=both)
    with pytest.raises(RequestError, match="take it away"):
        approved(asked, approval(minimum=msgspec.structs.replace(both, area=part)))


def test_an_area_makes_of_a_whole_trail_what_one_person_approves() -> None:
    sure = authenticated(msgspec.structs.replace(ASKED, minimum=WHOLE), identified())
    given = approved(sure, approval(minimum=msgspec.structs.replace(WHOLE, area=AREA)))
    assert given.state is RequestState.APPROVED


def test_a_whole_trail_needs_two_who_approve_the_same() -> None:
    sure = authenticated(msgspec.structs.replace(ASKED, minimum=WHOLE), identified())
    first = approved(sure, approval(ONE, WHOLE))
    assert first.state is RequestState.AUTHENTICATED
    assert first.expires_at is None
    less = msgspec.structs.replace(WHOLE, start=Instant(NOW - 2 * HOUR))
    for by, minimum in ((ONE, WHOLE), (TWO, less)):
        with pytest.raises(RequestError):
            approved(first, approval(by, minimum))
    assert approved(first, approval(TWO, WHOLE)).state is RequestState.APPROVED
    assert turned(first, turn(RequestAct.RETURN), TWO, NOW).approvals == ()


def test_a_secret_place_goes_to_an_expert_of_police_defence_or_court_alone() -> None:
    sure = authenticated(ASKED, identified())
    assert approved(sure, approval(form=ReleaseForm.EXPERT)).state is RequestState.APPROVED
    him = msgspec.structs.replace(sure, kind=RequestKind.OWN_DATA)
    with pytest.raises(RequestError) as wrong:
        approved(him, approval(form=ReleaseForm.EXPERT))
    assert wrong.value.field == "form"


def test_an_approval_that_is_over_releases_nothing() -> None:
    given = approved(authenticated(ASKED, identified()), approval())
    with pytest.raises(RequestError):
        released(given, release(NOW + 7 * DAY))
    with pytest.raises(RequestError):
        expired(given, NOW)
    over = expired(given, Instant(NOW + 8 * DAY))
    assert over.settled_at == NOW + 7 * DAY


def test_a_sample_is_drawn_by_the_seed_alone() -> None:
    names = [SampledRequest(group, RequestId(f"dr_{n}")) for group in "ab" for n in range(20)]
    found = drawn("seed", names, 5)
    assert [group for group, _ in found] == ["a"] * 5 + ["b"] * 5
    assert drawn("seed", reversed(names), 5) == found
    assert drawn("other", names, 5) != found
    assert len(drawn("seed", names[:3], 5)) == 3


@pytest.mark.parametrize(
    ("name", "printed"),
    [("kinds", kinds_table()), ("steps", f"```mermaid\n{state_diagram()}\n```")],
)
def test_the_document_prints_the_tables(repository: Path, name: str, printed: str) -> None:
    text = (repository / "docs" / "requests.md").read_text(encoding="utf-8")
    assert text.split(f"<!-- {name} -->\n")[1].split(f"<!-- /{name} -->")[0].strip() == printed
