"""`tagwatch rehearse` on an installation: counts, homes, refusals, audit."""

import json
import shutil

import pytest

from tagwatch.access.audit import audit_line, open_reader
from tagwatch.config import Config
from tests.cli.program import done, run
from tests.web import sample

HERE = f"{sample.HOME.lat_deg},{sample.HOME.lon_deg}"
ON = ("--wearer", "w_own", "--disc", f"{HERE},300")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Config:
    return sample.build(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def data(built, tmp_path):
    shutil.copytree(built.data, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """The tests' own process keeps its priority."""
    monkeypatch.setattr("os.nice", lambda by: by)


def rehearsed(data, *words: str) -> list[dict]:
    out = done("rehearse", "--purpose", "supervision", *words, "--json", data=data)
    return [json.loads(line) for line in out.splitlines()]


def test_a_new_zone_and_the_audit_of_it(data) -> None:
    (found,) = rehearsed(data, *ON)
    assert found["after_by_class"] == {"confirmed": 1, "possible": 0, "approach": 0}
    assert found["fixes"] == 20
    assert sum(found["after_by_day"].values()) == 1
    reader = open_reader(Config(data=data), "command")
    lines = [audit_line(record) for record in reader.read(0, 2**40)]
    reader.close()
    assert lines[-1].question == "rehearsal"
    assert (lines[-1].purpose, lines[-1].ids) == ("supervision", ("w_own",))
    shown = done("rehearse", "--purpose", "supervision", *ON, data=data)
    assert "0 → 1" in shown
    assert "By day" in shown


def test_a_recorded_condition_is_changed_and_settings_are_tried_on_everybody(
    data, tmp_path
) -> None:
    (found,) = rehearsed(data, "--condition", "c_told", "--disc", f"{HERE},2", "--buffer-m", "10")
    assert found["before_by_class"]["confirmed"] == 1
    settings = tmp_path / "settings.json"
    settings.write_text('{"zone": {"confirm_fixes": 99}}')
    found = rehearsed(data, "--settings", str(settings))
    assert [one["wearer_id"] for one in found] == ["w_own"]
    assert found[0]["before_by_class"]["confirmed"] > found[0]["after_by_class"]["confirmed"] == 0
    always = rehearsed(data, "--condition", "c_told", "--row", "Mo 00:00-Mo 00:00")
    assert always[0]["after"] == always[0]["before"] or always[0]["after"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "nothing is to be tried"),
        (["--disc", f"{HERE},300"], "name him with --wearer"),
        (["--buffer-m", "5"], "give the zone"),
        (["--disc", "here"], "is no disc"),
        ([*ON, "--zone", "z.geojson"], "exclude each other"),
        ([*ON, "--row", "never"], "no weekly row"),
        ([*ON, "--days", "200"], "1 to 92"),
        ([*ON, "--until", "today"], "is not an ISO 8601 time"),
        (["--condition", "c_none"], "no condition c_none"),
        (["--condition", "c_told", "--wearer", "w_team"], "a condition of w_own alone"),
        (["--wearer", "w_none", "--disc", f"{HERE},300"], "no wearer w_none"),
    ],
)
def test_what_cannot_be_tried_is_told(data, words, says) -> None:
    ended = run("rehearse", "--purpose", "supervision", *words, data=data)
    assert ended.returncode == 1
    assert says in ended.stderr


def test_no_trail_is_looked_at_without_a_purpose(data) -> None:
    assert run("rehearse", *ON, data=data).returncode == 2
    assert run("rehearse", "--purpose", "curiosity", *ON, data=data).returncode == 2
