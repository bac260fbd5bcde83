"""Every page there is, narrow: axe finds nothing, nothing runs over, no script or style is refused.

The pages are taken from the application, so a new one is looked at from its first day; one with a
new kind of id in its address needs a record in `world`.
"""

from collections.abc import Callable
from datetime import time
from io import BytesIO

import msgspec
import pytest
from litestar import Litestar
from playwright.sync_api import Page

from tagwatch.access.enrolment import now
from tagwatch.access.role import MATRIX
from tagwatch.core.account import judged
from tagwatch.core.account_check import AccountCheck
from tagwatch.core.case import Case
from tagwatch.core.case_share import CaseShare, ShareBasis, ShareField
from tagwatch.core.crime_profiles import DEFAULT_PROFILE
from tagwatch.core.dip_sample import SampledRequest
from tagwatch.core.enquiry import AskedBy, AskedFor, AskedUrgency, Asker, Enquiry
from tagwatch.core.event import Event
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.glass import Glass
from tagwatch.core.ids import AccountId, GlassId, SettingsProposalId, ShareId, WearerId
from tagwatch.core.leave import Leave
from tagwatch.core.ledger import LegalHoldSet, OverrideRecorded, ShiftRecorded
from tagwatch.core.order import ConditionVersion, Curfew, NoContact, Terms
from tagwatch.core.outcome import AlertClass, RuleKind
from tagwatch.core.recorded_account import AccountAttached, AccountChecked, AccountQualified
from tagwatch.core.recorded_case import CaseOpened
from tagwatch.core.recorded_enquiry import EnquiryLogged
from tagwatch.core.recorded_glass import GlassBroken
from tagwatch.core.recorded_leave import LeaveRecorded
from tagwatch.core.recorded_register import ConditionRecorded, ExemptionRecorded
from tagwatch.core.recorded_request import (
    RequestApproved,
    RequestAsked,
    RequestAuthenticated,
    RequestNamed,
    RequestReleased,
    SampleDrawn,
)
from tagwatch.core.recorded_settings import SettingsProposed, SettingsTried, WearerTried
from tagwatch.core.recorded_share import CaseShared
from tagwatch.core.rota import Override, Shift
from tagwatch.core.settings import Settings, ZoneSettings
from tagwatch.core.settings_trial import RuleCount, SettingsProposal, WearerTrial, summed
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest.crime_batch import Sent, take_in
from tagwatch.ingest.files.crime_csv import read_crimes
from tagwatch.store.crimes import crime_id_of
from tests.browser.conftest import Visit, state_purpose
from tests.core.test_account import him as wearing
from tests.core.test_account import rest
from tests.core.test_account import said as statement
from tests.core.test_data_request import ASKED, approval, identified, release
from tests.core.test_named_request import FIRST as NAMED
from tests.core.worlds import fixes
from tests.ingest.files.crime_rows import row
from tests.web import matched, sample
from tests.web.forgotten import forgotten
from tests.web.test_routes import IDS, filled, routes

NIGHT = CurfewRow(from_day=Weekday.MO, from_time=time(19), until_day=Weekday.TU, until_time=time(7))
DATA = "\n".join([row(), row(reference="B", start="x", latitude="91"), ","]).encode()
CRIMES = tuple(
    take_in(
        BytesIO(DATA),
        len(DATA),
        Sent(batch_key="cb_1", source="page", file_name="crimes.csv", at=now()),
        DEFAULT_PROFILE,
    ).events
)
((_, GOOD),) = read_crimes(DATA, DEFAULT_PROFILE).good
RECORDS = {
    "account_id": "ac_officer",
    "batch_key": "cb_1",
    "case_id": "ca_1",
    "check_id": "ac_1",
    "change_id": "sp_1",
    "crime_id": crime_id_of(
        DEFAULT_PROFILE.profile_id, read_crimes(DATA, DEFAULT_PROFILE).good[0][1]
    ),
    "enquiry_id": "en_1",
    "exemption_id": "ex_1",
    "forgetting_id": "fg_1",
    "leave_id": "lv_1",
    "match_id": matched.person(GOOD).match_id,
    "monday": "2026-11-16",
    "named_id": "nr_1",
    "number": "1",
    "override_id": "ov_1",
    "request_id": "dr_1",
    "share_id": "sr_1",
    "shift_id": "sh_1",
    "stream": "web",
}
HIS = msgspec.structs.replace(NAMED.named, number="X000000")
"""Named so that the officer finds his own wearer."""
CONDITIONS = {"/curfews/": "c_curfew", "/no-contact/": "c_apart"}
WHO = ("officer", "operator", "administrator", "zones", "liaison", "evaluator", "police", "partner")
ELSEWHERE = {
    "/stream": "a stream",
    "/live/places": "data of the map",
    "/audit/lines.csv": "a table to save",
    "/audit/lines.jsonl": "a table to save",
    "/requests/log.csv": "a table to save",
    "/account-checks/{check_id:str}/answer": "a PDF",
    "/account-checks/{check_id:str}/paper": "a PDF",
    "/alerts/{alert_id:str}/map": "data of a map",
    "/cases/{case_id:str}/breach-pack": "a PDF",
    "/cases/{case_id:str}/documents/{document_id:str}": "a document",
    "/crimes/{batch_key:str}/errors.csv": "a table to save",
    "/crimes/{batch_key:str}/file": "a file to save",
    "/crimes/{batch_key:str}/matches.csv": "a table to save",
    "/police/{alert_id:str}/photo/{photo_id:str}": "a picture",
    "/wearers/{wearer_id:str}/photo/{photo_id:str}": "a picture",
    "/retention/{forgetting_id:str}/certificate": "a PDF",
    "/wearers/{wearer_id:str}/week.pdf": "a PDF",
    "/shared/{share_id:str}/pack.pdf": "a PDF",
}
"""What is read at an address without being a page."""
PARTS = 4
"""Every other one is looked at by `make soak`."""


def condition(name: str, terms: Terms) -> ConditionRecorded:
    told = sample.zone(name, sample.ZoneKnowledge.TOLD, 100.0)
    fields = {field: getattr(told, field) for field in told.__struct_fields__}
    return ConditionRecorded(condition=ConditionVersion(**{**fields, "terms": terms}), by=sample.BY)


def excused_and_on_call(at: Instant, officer: AccountId) -> list[Event]:
    """An absence, a shift and a stand-in."""
    return [
        ExemptionRecorded(
            exemption=Exemption(
                exemption_id="ex_1",
                version=1,
                wearer_id="w_own",
                cause=ExemptionCause.HOSPITAL,
                starts_at=at,
            ),
            by=officer,
        ),
        ShiftRecorded(
            shift=Shift(shift_id="sh_1", contact_id="k_liaison", rows=(NIGHT,), valid_from=at),
            by=officer,
        ),
        OverrideRecorded(
            override=Override(
                override_id="ov_1", contact_id="k_liaison", start=at, end=at + 8 * HOUR
            ),
            by=officer,
        ),
    ]


def records(at: Instant) -> tuple[Event, ...]:
    """A record for each kind of id that the sample installation has none of."""
    officer = AccountId("ac_officer")
    return (
        *CRIMES,
        *forgotten(at),
        *matched.events(RECORDS["crime_id"], GOOD, at),
        condition("c_curfew", Curfew(label="home", address=sample.HOME, rows=(NIGHT,))),
        condition("c_apart", NoContact(label="apart", other="w_team")),
        *excused_and_on_call(at, officer),
        LeaveRecorded(
            leave=Leave(
                leave_id="lv_1",
                officer=officer,
                deputy=AccountId("ac_colleague"),
                starts_at=at + DAY,
                ends_at=at + 3 * DAY,
                recorded_at=at,
            )
        ),
        EnquiryLogged(
            enquiry=Enquiry(
                enquiry_id="en_1",
                wearer_id="w_own",
                asker=Asker.POLICE,
                role="custody sergeant",
                organisation="Police",
                asked_by=AskedBy.TELEPHONE,
                asked_for=AskedFor.INVESTIGATE,
                question="was he near the station on Tuesday?",
                urgency=AskedUrgency.URGENT,
                received_at=at,
                due_at=at + HOUR,
                recorded_at=at,
                recorded_by=officer,
            )
        ),
        CaseOpened(
            case=Case(
                case_id="ca_1",
                wearer_id="w_own",
                title="Entries",
                opened_at=at,
                opened_by=officer,
                alerts=("al_w_own",),
            )
        ),
        LegalHoldSet(wearer_id="w_own", at=Instant(at - 170 * DAY), why="Inquest", by=officer),
        *tried_settings(at),
        *account_on_case(at, officer),
        *sharing(at, officer),
    )


@pytest.fixture
def world(centre: InProcessCentre) -> None:
    """An installation with a record of each kind."""
    at = now()
    centre.record(*records(at), at=at)
    centre.apply()


def account_on_case(at: Instant, officer: AccountId) -> tuple[Event, ...]:
    """A checked account that is put on a case, with a person's words."""
    return (
        checked_account(at, officer),
        AccountAttached(
            check_id="ac_1",
            wearer_id="w_own",
            case_id="ca_1",
            version=1,
            at=at,
            by=officer,
        ),
        AccountQualified(
            check_id="ac_1", wearer_id="w_own", version=1, at=at, by=officer, words="He works there"
        ),
    )


def sharing(at: Instant, officer: AccountId) -> tuple[Event, ...]:
    """A case that is shared with a partner, and a record that was opened by break-glass."""
    share = CaseShare(
        share_id=ShareId("sr_1"),
        wearer_id=WearerId("w_own"),
        agency="STAC",
        purpose="To plan for the meeting of Thursday",
        basis=ShareBasis.MAPPA,
        fields=tuple(ShareField),
        made_at=at,
        until=Instant(at + 30 * DAY),
        at=at,
        by=officer,
    )
    glass = Glass(
        glass_id=GlassId("gb_1"),
        wearer_id=WearerId("w_own"),
        by=AccountId("ac_outsider"),
        role="practitioner",
        agency="probation-kent",
        at=at,
        until=Instant(at + HOUR),
        reason="He was seen at her door a minute ago",
        officer=officer,
    )
    return CaseShared(share=share), GlassBroken(glass=glass)


def requested(at: Instant) -> tuple[Event, ...]:
    """A data request that was released, and is in a month's sample."""
    asked = msgspec.structs.replace(
        ASKED,
        wearer_id=WearerId("w_own"),
        asked_at=at,
        recorded_at=at,
        due_at=at + HOUR,
        minimum=msgspec.structs.replace(ASKED.minimum, start=at - DAY, end=at),
    )
    act = {"request_id": asked.request_id, "wearer_id": asked.wearer_id, "at": at}
    given = approval(minimum=asked.minimum, release_until=at + DAY, access_until=at + DAY, at=at)
    sample = SampledRequest("police", asked.request_id)
    return (
        RequestNamed(request=msgspec.structs.replace(NAMED, named=HIS, at=at)),
        RequestAsked(request=asked),
        RequestAuthenticated(**act, seen=1, by=AccountId("ac_one"), identified=identified()),
        RequestApproved(**act, seen=2, by=AccountId("ac_one"), approval=given),
        RequestReleased(**act, seen=3, by=AccountId("ac_two"), release=release(at)),
        SampleDrawn(
            month="2026-10",
            seed="0" * 64,
            head_seq=1,
            drawn=(sample,),
            counted=(("police", 1),),
            at=at,
            due_at=at + DAY,
        ),
    )


def checked_account(at: Instant, officer: AccountId) -> AccountChecked:
    """An account of two statements, checked."""
    said = (statement(), statement(start_s=4000, end_s=5000))
    him = wearing(fixes(*rest(0.0)))
    check = AccountCheck(
        check_id="ac_1",
        wearer_id=WearerId("w_own"),
        version=1,
        reference="CR 1",
        statements=said,
        judgements=tuple(judged(each, him) for each in said),
        known_at=at,
        made_at=at,
        made_by=officer,
        settings_version=0,
        code_version="0",
    )
    body = msgspec.json.encode(check).decode()
    return AccountChecked(
        check_id="ac_1",
        wearer_id=check.wearer_id,
        version=1,
        made_at=at,
        made_by=officer,
        body=body,
    )


def tried_settings(at: Instant) -> tuple[Event, ...]:
    """Rule settings that are proposed and were tried on past trails; before them a request."""
    name, zone = SettingsProposalId("sp_1"), ZoneSettings(confirm_fixes=3)
    count = RuleCount(rule=RuleKind.ZONE, kind=AlertClass.CONFIRMED, before=2, after=1)
    trial = WearerTrial(wearer_id="w_own", fixes=20, counts=(count,), differs=True)
    proposal = SettingsProposal(
        proposal_id=name,
        settings=Settings(zone=zone),
        seen_version=0,
        by=AccountId("ac_administrator"),
        at=at,
        start=Instant(at - 7 * DAY),
        end=at,
        wearers=(trial.wearer_id,),
        wearers_all=1,
    )
    return (
        *requested(at),
        SettingsProposed(proposal=proposal),
        WearerTried(proposal_id=name, trial=trial),
        SettingsTried(proposal_id=name, trial=summed([trial], (), 0, at, 1500), at=at),
    )


def places(app: Litestar) -> list[tuple[str, str]]:
    """Every page with an account that may open it."""
    found: list[tuple[str, str]] = []
    for method, path, verb in routes(app):
        if method == "GET" and path not in ELSEWHERE and not path.startswith("/api/"):
            may = [n for n in WHO if verb is None or verb in MATRIX[sample.ACCOUNTS[n][0]]]
            begin = next((begin for begin in CONDITIONS if path.startswith(begin)), "")
            ids = {**IDS, **RECORDS, "condition_id": CONDITIONS.get(begin, "c_told")}
            found.append((filled(path, ids), may[0]))
    return found


@pytest.mark.parametrize("part", [0, 2, *(pytest.param(n, marks=pytest.mark.soak) for n in (1, 3))])
def test_every_page_is_clean(
    app: Litestar,
    world: None,
    visit: Visit,
    site,
    clean: Callable[[Page], None],
    part: int,
) -> None:
    pages: dict[str, Page] = {}
    wrong: list[str] = []
    for path, name in places(app)[part::PARTS]:
        if name not in pages:
            pages[name] = visit("/about", name, 320)
            state_purpose(pages[name], site.address)
        answer = pages[name].goto(site.address + path)
        if answer is None or answer.status != 200:
            wrong.append(f"{path} as {name}: {answer and answer.status}")
        try:
            clean(pages[name])
        except AssertionError as error:
            wrong.append(f"{path} as {name}: {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", ["/no-such-page", "/alerts/al_w_other", "/settings/propose"])
def test_pages_that_refuse_are_clean_too(visit: Visit, site, clean, path: str) -> None:
    page = visit("/about", "officer", 320)
    answer = page.goto(site.address + path)
    assert answer is not None
    assert answer.status in (403, 404)
    clean(page)
