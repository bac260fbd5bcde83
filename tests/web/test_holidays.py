"""Bank holidays are published from a page, as the next version of the settings."""

from datetime import date

from tagwatch.access.role import Role
from tests.web.conftest import Enter
from tests.web.test_api import bearer
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


def test_the_api_publishes_a_list(app, client, centre) -> None:
    headers = bearer(app, "administrator", Role.ADMINISTRATOR) | {"x-purpose": "upkeep"}
    body = {
        "origin": "GOV.UK", "written_on": "2026-11-26", "days": ["2026-12-25", "2027-01-01"],
        "listed_until": "2027-12-31", "seen_version": 0, "effective_from": 4_000_000_000_000_000,
    }  # fmt: skip
    path = "/api/v1/settings/holidays"
    backwards = {**body, "days": body["days"][::-1]}
    assert client.post(path, json=backwards, headers=headers).status_code == 422
    early = {**body, "listed_until": "2026-12-31"}
    assert client.post(path, json=early, headers=headers).status_code == 422
    assert client.post(path, json=body, headers=headers).status_code == 200
    (_, settings) = centre.line.state.register.settings[-1]
    assert settings.holidays.origin == "GOV.UK"
    assert client.post(path, json=body, headers=headers).status_code == 409
