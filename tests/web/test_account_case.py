"""A check of an account on a case: its answer, its versions, persons' words, and in the pack."""

from pypdfium2 import PdfDocument

from tagwatch.access.enrolment import now
from tagwatch.core.case import Case
from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_case import CaseOpened
from tests.web.conftest import Enter
from tests.web.test_account import checked
from tests.web.test_enquiry import send
from tests.web.test_question import walk


def opened(centre, case_id: str, wearer_id: str) -> None:
    case = Case(
        case_id=case_id,
        wearer_id=wearer_id,
        title="Seen at the gate",
        opened_at=now(),
        opened_by=AccountId("ac_officer"),
        alerts=(),
    )
    centre.record(CaseOpened(case=case), at=now())
    centre.apply()


def test_a_check_stands_on_the_timeline_with_its_versions_and_words(
    enter: Enter, config, centre
) -> None:
    opened(centre, "ca_his", "w_own")
    opened(centre, "ca_other", "w_team")
    browser, answer, _ = checked(enter, config, 0.1)
    path = answer.url.path
    other = send(browser, f"{path}/case", case="ca_other")
    assert (other.status_code, "Choose one of his cases" in other.text) == (422, True)
    assert "Saved." in send(browser, f"{path}/case", case="ca_his").text
    assert "stands on this case already" in send(browser, f"{path}/case", case="ca_his").text
    walk(config, 902, range(5, 20), 0.0)
    send(browser, f"{path}/again")
    assert "Write what you have" in send(browser, f"{path}/words", said=" ").text
    said = send(browser, f"{path}/words", said="He works <i>there</i>")
    assert "He works &lt;i&gt;there&lt;/i&gt;" in said.text
    assert "He works" in send(browser, f"{path}/words", said="And asked for it in writing").text
    case = browser.get("/cases/ca_his").text
    timeline = case[case.index('id="timeline"') :]
    for words in (
        "Account check put on the case",
        "contradicts: 1",
        "Account checked again",
        "30 fixes were known in its time, now 45",
        "Words to an account check",
        "And asked for it in writing",
        f'href="{path}?version=2"',
    ):
        assert words in timeline, words
    assert "superseded" in case
    assert "superseded by" in browser.get(f"{path}?version=1").text
    assert "Write why" in send(browser, f"{path}/take-back", case="ca_his", why="").text
    taken = send(browser, f"{path}/take-back", case="ca_his", why="Another man is meant")
    assert "Another man is meant" in taken.text
    assert "taken off the case" in browser.get("/cases/ca_his").text
    document = PdfDocument(browser.get("/cases/ca_his/breach-pack").content)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    pack = " ".join(text.split())
    document.close()
    for words in ("Accounts held against the fixes", "superseded", "Another man is meant"):
        assert words in pack, words
    assert "he stood at the gate" not in pack, "her words are not in what he is given"


def test_who_may_not_read_checks_sees_none_on_a_case(enter: Enter, config, centre) -> None:
    opened(centre, "ca_his", "w_own")
    browser, answer, _ = checked(enter, config, 0.1)
    send(browser, f"{answer.url.path}/case", case="ca_his")
    assert answer.url.path in browser.get("/cases/ca_his").text
    operator = enter("operator")
    case = operator.get("/cases/ca_his")
    assert case.status_code == 200
    assert "Account check" not in case.text
    assert operator.get(answer.url.path).status_code == 403
