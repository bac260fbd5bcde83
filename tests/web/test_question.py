"""Questions about the past: answered on the page and by the API, and the same again by the link."""

import html
import json
import re
from urllib.parse import parse_qsl, urlencode

import pytest

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.person import Activation, Tag
from tagwatch.core.timetable import Weekday, london
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant, iso, parse_iso
from tagwatch.store import schema
from tagwatch.store.trail import block_row, unpack
from tagwatch.web.question_input import address, window_of
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_routes import audit

OWN = WearerId("w_own")
PURPOSE = {"x-purpose": "supervision"}


def walk(
    config, seq: int, minutes: range, away_deg: float, received: int = 2, who: str = "own"
) -> Instant:
    """A fix a minute, so many degrees east of his zones; returns the hour they count from."""
    hour = Instant(now() // HOUR * HOUR - 5 * HOUR)
    block: FixBlock = unpack(sample.trail_row()["rows"])[:1].repeat(len(minutes))
    for k, minute in zip(range(len(block)), minutes, strict=True):
        row = block[k]
        row["fixed_at"] = hour + minute * MINUTE
        row["received_at"] = row["fixed_at"] + received * SECOND
        row["lon_deg"] = sample.HOME.lon_deg + away_deg
        row["lat_deg"] = sample.HOME.lat_deg
        row["seq"], row["index"], row["accuracy_m"], row["marks"] = seq, k, 8.0, 0
    stored = block_row(seq, WearerId(f"w_{who}"), ActivationId(f"act_{who}"), block)
    sample.put(config, (schema.trail_block, stored))
    return hour


def asked(hour: Instant, **more: str) -> str:
    values = {
        "lat": str(sample.HOME.lat_deg),
        "lon": str(sample.HOME.lon_deg),
        "radius": "200",
        "start": iso(hour),
        "end": iso(Instant(hour + 30 * MINUTE)),
        **more,
    }
    return urlencode({name: value for name, value in values.items() if value})


def state_purpose(browser, wearer: str = "") -> None:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/purpose").text)
    assert token
    data = {"_csrf_token": token[1], "purpose": "supervision", "next": "/", "wearer": wearer}
    data["words"] = "He asked her to look after him"
    assert browser.post("/purpose", data=data, follow_redirects=False).status_code == 303


def test_the_link_gives_the_same_bytes_after_later_fixes_came(enter: Enter, config) -> None:
    hour = walk(config, 901, range(15), 0.1)
    browser = enter("officer")
    question = asked(hour, as_of=iso(Instant(hour + HOUR)))
    first = browser.get(f"/api/v1/questions/near/{OWN}?{question}", headers=PURPOSE)
    assert first.status_code == 200, first.text
    said = json.loads(first.content)
    assert said["answer"]["found"]["answer"] == "cannot say"
    walk(config, 902, range(15, 60), 0.0, 2 * 3600)
    again = browser.get(said["link"], headers=PURPOSE)
    assert again.content == first.content
    by_now = browser.get(said["link"].split("&as_of")[0], headers=PURPOSE).json()
    assert by_now["answer"]["found"]["answer"] == "yes"
    assert by_now["answer"]["window"]["known_at"] > hour + 4 * HOUR


@pytest.mark.parametrize("kind", ["near", "visits", "worn"])
def test_a_page_answers_in_a_sentence_with_its_method_and_its_link(
    enter: Enter, config, app, kind: str
) -> None:
    hour = walk(config, 901, range(-60, 60), 0.0)
    browser = enter("officer")
    state_purpose(browser)
    path = f"/wearers/{OWN}/questions/{kind}"
    assert browser.get(path).status_code == 200
    before = len(audit(config, app))
    page = browser.get(f"{path}?{asked(hour)}")
    assert page.status_code == 200
    sentence = re.search(r"<p[^>]* data-answer>(.+?)</p>", page.text)
    assert sentence
    begins = {
        "near": "Yes. He was within 200 m",
        "visits": "1 certain stay",
        "worn": "A tag was on",
    }
    assert sentence[1].startswith(begins[kind]), sentence[1]
    assert "How it was computed" in page.text
    link = re.search(r'href="([^"]+)">this answer again', page.text)
    assert link
    again = browser.get(html.unescape(link[1]))
    assert sentence[0] in again.text
    lines = [line for line in audit(config, app)[before:] if line.question == f"question_{kind}"]
    assert [line.outcome for line in lines] == [Outcome.ANSWERED] * 2
    assert all(line.ids == (OWN,) and line.purpose == "supervision" for line in lines)
    assert "known at" in lines[0].detail
    assert str(sample.HOME.lat_deg) not in lines[0].detail, "the audit holds no place"


def test_what_was_not_seen_lies_between_two_fixes_on_the_map(enter: Enter, config) -> None:
    hour = walk(config, 901, range(-60, 10), 0.0)
    walk(config, 902, range(40, 90), 0.01)
    browser = enter("officer")
    state_purpose(browser)
    when = urlencode({"start": iso(hour), "end": iso(Instant(hour + HOUR))})
    said = browser.get(f"/api/v1/questions/worn/{OWN}?{when}", headers=PURPOSE).json()["answer"]
    ends = [(each["gap"], each["before"], each["fix_id"]) for each in said["ends"]]
    assert ends == [(1, True, "901.69"), (1, False, "902.0")]
    assert [said["ends"][0]["at"], said["ends"][1]["at"]] == [
        said["not_seen"][0]["start"],
        said["not_seen"][0]["end"],
    ]
    page = browser.get(f"/wearers/{OWN}/questions/worn?{when}").text
    assert "data-question=" in page
    trail = re.search(r'href="(/wearers/w_own/trail\?start=[^"]+)"', page)
    assert trail
    assert browser.get(html.unescape(trail[1])).status_code == 200


def test_a_secret_place_is_offered_and_answered_only_to_who_may_see_it(
    enter: Enter, config, app
) -> None:
    hour = walk(config, 901, range(-60, 60), 0.0)
    question = asked(hour, lat="", lon="", radius="", zone="c_secret")
    officer = enter("officer")
    answer = officer.get(f"/api/v1/questions/near/{OWN}?{question}", headers=PURPOSE)
    assert answer.json()["answer"]["found"]["answer"] == "yes"
    assert "zone=c_secret%401" in answer.json()["link"]
    state_purpose(officer)
    assert "secret zone" in officer.get(f"/wearers/{OWN}/questions/near").text
    colleague = enter("colleague")
    state_purpose(colleague, OWN)
    form = colleague.get(f"/wearers/{OWN}/questions/near").text
    assert "told zone" in form
    assert "secret zone" not in form
    stated = PURPOSE | {"x-task": "his officer is away"}
    refused = colleague.get(f"/api/v1/questions/near/{OWN}?{question}", headers=stated)
    assert refused.status_code == 404
    assert any(line.outcome is Outcome.REFUSED for line in audit(config, app)[-2:])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"radius": "9"}, "The radius in metres must be a number from 10 to 5000"),
        ({"radius": "5001"}, "The radius in metres must be"),
        ({"lat": ""}, "The latitude (north, in the UK) must be"),
        ({"lat": "", "lon": ""}, "Draw the place on the map"),
        ({"zone": "c_told"}, "Give one place"),
        ({"start": "2020-01-01T00:00:00Z"}, "Ask about at most 31 days"),
        ({"end": "2200-01-01T00:00:00Z"}, "Ask about at most 31 days"),
        ({"start": "yesterday"}, "This is no time"),
        ({"end": "2001-01-01T00:00:00Z"}, "The end must be after the start"),
        ({"as_of": "2200-01-01T00:00:00Z"}, "What is known later"),
        ({"as_of": "2020-01-01T00:00:00Z"}, "The time asked about must be over"),
        ({"lat": "", "lon": "", "shape": "{"}, "This outline cannot be used"),
    ],
)
def test_what_cannot_be_asked_is_said_clearly_and_is_on_the_audit(
    enter: Enter, config, app, change: dict[str, str], says: str
) -> None:
    hour = Instant(now() // HOUR * HOUR - 5 * HOUR)
    browser = enter("officer")
    state_purpose(browser)
    page = browser.get(f"/wearers/{OWN}/questions/near?{asked(hour, **change)}")
    assert page.status_code == 422
    assert says in html.unescape(page.text)
    assert audit(config, app)[-1].outcome is Outcome.REFUSED
    api = browser.get(f"/api/v1/questions/near/{OWN}?{asked(hour, **change)}", headers=PURPOSE)
    assert api.status_code == 422
    assert says.split(" must", maxsplit=1)[0] in api.json()["detail"]


def test_an_answer_leads_to_the_enquiry_form_filled_in(enter: Enter, config) -> None:
    hour = walk(config, 901, range(-60, 60), 0.0)
    browser = enter("officer")
    state_purpose(browser)
    page = browser.get(f"/wearers/{OWN}/questions/near?{asked(hour)}")
    link = re.search(r'href="(/wearers/w_own/enquiries/new\?question=[^"]+)"', page.text)
    assert link
    form = html.unescape(browser.get(html.unescape(link[1])).text)
    assert "Was he near this place? Yes. He was within 200 m" in form


def test_questions_lists_what_can_be_asked_and_finds_whom(enter: Enter) -> None:
    browser = enter("officer")
    state_purpose(browser)
    assert "Was he near this place?" in browser.get("/questions").text
    found = browser.get("/questions?q=Alder").text
    assert f'href="/wearers/{OWN}/questions"' in found
    assert "Cedar" not in browser.get("/questions?q=Demo").text


def test_who_was_in_an_area_names_those_within_scope_and_counts_the_rest(
    enter: Enter, config, app
) -> None:
    hour = walk(config, 901, range(-90, 90), 0.0)
    browser = enter("officer")
    state_purpose(browser)
    there = browser.get(f"/questions/area?{asked(hour)}")
    assert "1 of 1 wearer within your scope was within 200 m" in there.text
    assert f'href="/wearers/{OWN}/questions/near?' in there.text
    assert "Demo Officer, practitioner" in there.text
    line = next(x for x in reversed(audit(config, app)) if x.question == "question_area")
    assert line.ids == (OWN,)
    assert "0 excluded" in line.detail
    elsewhere = browser.get(f"/api/v1/questions/area?{asked(hour, lat='53.4')}", headers=PURPOSE)
    said = elsewhere.json()
    assert (said["answer"]["excluded"], said["answer"]["there"]) == (1, [])
    assert said["answer"]["excluded_observed_s"] == 1800
    again = browser.get(said["link"], headers=PURPOSE)
    assert again.content == elsewhere.content
    outsider = enter("outsider")
    state_purpose(outsider)
    nobody = outsider.get(f"/questions/area?{asked(hour)}")
    assert "No wearer within your scope had a tag on record" in nobody.text
    assert "Alder" not in nobody.text
    long = asked(Instant(hour - 20 * HOUR), end=iso(Instant(hour + 5 * HOUR - SECOND)))
    assert browser.get(f"/questions/area?{long}").status_code == 422


def wears_a_tag(config) -> None:
    """His colleague's wearer has a tag too."""
    worn = Activation(
        activation_id="act_team",
        tag_id="t_team",
        wearer_id="w_team",
        started_at=Instant(now() - 24 * HOUR),
    )
    tag = Tag(tag_id="t_team", serial="TW-0002")
    columns = {"tag_id": "t_team", "wearer_id": "w_team", "started_at": worn.started_at}
    sample.put(
        config,
        (schema.tag, {"tag_id": "t_team", "serial": "TW-0002", "body": sample.body(tag)}),
        (
            schema.activation,
            {"activation_id": "act_team", **columns, "body": sample.body(worn)},
        ),
    )


@pytest.mark.parametrize(("away_deg", "answer"), [(0.0, "yes"), (0.5, "no")])
def test_two_who_meet_and_two_who_do_not(
    enter: Enter, config, app, away_deg: float, answer: str
) -> None:
    wears_a_tag(config)
    hour = walk(config, 901, range(-60, 90), 0.0)
    walk(config, 902, range(-60, 90), away_deg, who="team")
    browser = enter("officer")
    when = {"start": iso(hour), "end": iso(Instant(hour + 30 * MINUTE))}
    question = urlencode({"other": "X000001", "within": "150", **when})
    said = browser.get(f"/api/v1/questions/meet/{OWN}?{question}", headers=PURPOSE)
    assert said.status_code == 200, said.text
    assert said.json()["answer"]["found"]["answer"] == answer
    assert browser.get(said.json()["link"], headers=PURPOSE).content == said.content
    line = next(x for x in reversed(audit(config, app)) if x.question == "question_meet")
    assert line.ids == (OWN, "w_team")
    state_purpose(browser)
    page = browser.get(f"/wearers/{OWN}/questions/meet?{question}")
    assert (page.status_code, said.json()["sentence"] in html.unescape(page.text)) == (200, True)


def test_who_was_with_him_is_judged_as_the_two_alone_and_named_on_the_audit(
    enter: Enter, config, app
) -> None:
    wears_a_tag(config)
    hour = walk(config, 901, range(-60, 90), 0.0)
    walk(config, 902, range(-60, 15), 0.0, who="team")
    walk(config, 903, range(15, 90), 0.5, who="team")
    walk(config, 904, range(-60, 90), 0.0, who="other")
    browser = enter("officer")
    when = {"start": iso(hour), "end": iso(Instant(hour + 30 * MINUTE)), "within": "150"}
    said = browser.get(f"/api/v1/questions/companions/{OWN}?{urlencode(when)}", headers=PURPOSE)
    assert said.status_code == 200, said.text
    answer = said.json()["answer"]
    assert (answer["asked"], answer["observed_s"], answer["possible"]) == (1, 1800, [])
    beside = answer["beside"]
    assert [(x["wearer_id"], x["answer"], x["days"]) for x in beside] == [("w_team", "yes", 1)]
    assert browser.get(said.json()["link"], headers=PURPOSE).content == said.content
    line = next(x for x in reversed(audit(config, app)) if x.question == "question_companions")
    assert line.ids == (OWN, "w_team"), "nobody outside the scope, though he was there too"
    pair = urlencode({"other": "w_team", **when})
    alone = browser.get(f"/api/v1/questions/meet/{OWN}?{pair}", headers=PURPOSE).json()
    assert beside[0]["times"] == alone["answer"]["found"]["meetings"]
    state_purpose(browser)
    page = browser.get(f"/wearers/{OWN}/questions/companions?{urlencode(when)}")
    sentence = "1 of 1 other wearer within your scope was within 150 m of him"
    assert (page.status_code, sentence in html.unescape(page.text)) == (200, True)
    assert "Demo Officer, practitioner" in page.text
    assert "w_other" not in page.text
    link = re.search(r'href="(/wearers/w_own/questions/meet\?other=w_team[^"]+)"', page.text)
    assert link
    assert "Yes. They were within 150 m" in browser.get(html.unescape(link[1])).text
    far = urlencode({**when, "within": "5"})
    assert browser.get(f"/wearers/{OWN}/questions/companions?{far}").status_code == 422
    foreign = browser.get(f"/wearers/w_other/questions/companions?{urlencode(when)}")
    assert foreign.status_code == 404


def test_both_of_two_must_be_within_scope(enter: Enter, config, app) -> None:
    hour = walk(config, 901, range(-60, 90), 0.0)
    browser = enter("officer")
    when = {"start": iso(hour), "end": iso(Instant(hour + 30 * MINUTE))}
    question = urlencode({"other": "w_other", "within": "50", **when})
    refused = browser.get(f"/api/v1/questions/meet/{OWN}?{question}", headers=PURPOSE)
    assert refused.status_code == 404
    lines = [x for x in audit(config, app) if x.question == "question_meet"]
    assert [(x.outcome, x.ids) for x in lines] == [(Outcome.REFUSED, ("w_other",))]


def test_where_he_usually_is_out_of_how_often_it_was_seen(enter: Enter, config) -> None:
    hour = walk(config, 901, range(-300, 60), 0.0)
    local = london(Instant(hour - 2 * HOUR))
    browser = enter("officer")
    question = urlencode(
        {
            "weekday": list(Weekday)[local.weekday()],
            "from_hour": local.hour,
            "until_hour": local.hour + 1,
            "start": iso(Instant(hour - 20 * 24 * HOUR)),
            "end": iso(Instant(hour + 30 * MINUTE)),
        }
    )
    said = browser.get(f"/api/v1/questions/usual/{OWN}?{question}", headers=PURPOSE)
    assert said.status_code == 200, said.text
    answer = said.json()["answer"]
    assert (answer["times"], answer["seen_least"], answer["seen_most"]) == (3, 1, 1)
    assert answer["usual"][0]["share"] > 0.9
    assert answer["usual"][0]["label"] == "told zone"
    assert "seen 1 of 3 times; of the others nothing is known" in said.json()["sentence"]
    state_purpose(browser)
    page = browser.get(f"/wearers/{OWN}/questions/usual?{question}")
    assert (page.status_code, said.json()["sentence"] in html.unescape(page.text)) == (200, True)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (("25", "10", "2026", "00:30"), ("25", "10", "2026", "02:30"), 3),
        (("29", "03", "2026", "00:30"), ("29", "03", "2026", "02:30"), 1),
        (("25", "10", "2026", "01:30"), ("25", "10", "2026", "01:30"), 1),
    ],
)
def test_a_window_on_a_clock_change_night_is_as_long_as_it_was(start, end, hours: int) -> None:
    """An hour that occurs twice is meant from its first start to its last end."""
    parts = ("day", "month", "year", "time")
    given = {f"start-{name}": value for name, value in zip(parts, start, strict=True)}
    given |= {f"end-{name}": value for name, value in zip(parts, end, strict=True)}
    later = parse_iso("2026-11-20T00:00:00Z")
    window = window_of(given, later, 31 * DAY)
    assert (window.end - window.start) / HOUR == hours
    link = dict(parse_qsl(address("/x", window, None).partition("?")[2]))
    assert window_of(link, Instant(later + DAY), 31 * DAY) == window
