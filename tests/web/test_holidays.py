"""Bank holidays are published from a page, as the next version of the settings."""

from datetime import date

from tests.web.conftest import Enter
from tests.web.test_register import hidden, send

PATH = "/settings/holidays"
LISTED = {"origin": "GOV.UK, 2026 to 2029", "listed_until": "31/12/2029"}


def test_a_list_is_published_whole_and_the_second_editor_is_told(enter: Enter, centre) -> None:
    administrator = enter("administrator")
    form = administrator.get(PATH).text
    assert "2026-12-25" in form
    when = {
        "effective-day": "1", "effective-month": "1", "effective-year": "2100",
        "effective-time": "09:00",
    }  # fmt: skip
    days = "2027-01-01\n25/12/2026\n"
    sent = send(administrator, PATH, {**LISTED, **when, "days": days})
    assert sent == "/settings?done=saved"
    (_, settings) = centre.line.state.register.settings[-1]
    assert settings.holidays.days == (date(2026, 12, 25), date(2027, 1, 1))
    assert settings.holidays.listed_until == date(2029, 12, 31)
    late = administrator.post(PATH, data={**hidden(form), **LISTED, **when, "days": days})
    assert (late.status_code, "was published after your page was made" in late.text) == (422, True)


def test_what_is_no_list_is_refused_at_its_field(enter: Enter) -> None:
    administrator = enter("administrator")
    state = hidden(administrator.get(PATH).text)
    for days, says in (
        ("", "Enter the bank holidays"),
        ("25.12.", "is no date"),
        ("2026-12-25\n25/12/2026", "stands twice"),
        ("2030-01-01", "The list goes beyond this day"),
    ):
        answer = administrator.post(PATH, data={**state, **LISTED, "days": days})
        assert (answer.status_code, says in answer.text) == (422, True), says
    assert enter("operator").get(PATH).status_code == 403
