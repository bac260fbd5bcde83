"""The archive's commands and legal holds, on an installation that is stopped."""

import json
from pathlib import Path

import pytest

from tagwatch.engine.centre import InProcessCentre
from tests.cli.program import done, run
from tests.engine.archive_world import config_of, days, decoded, keeper_of, kept, same, swept


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with two days in the archive."""
    folder = tmp_path_factory.mktemp("home") / "data"
    with InProcessCentre.open(config_of(folder)) as centre:
        whole = list(days(3, 42, late=0.0))
        for _, drafts in whole:
            centre.append(drafts)
        centre.apply()
        keeper = keeper_of(centre)
        assert keeper.seal(whole[-1][0]) > 0
        swept(centre, whole[-1][0])
        keeper.close()
    return folder


def test_a_hold_is_set_once_listed_and_ended(home) -> None:
    assert "there is no wearer nobody" in run(*_hold("set", "nobody"), data=home).stderr
    assert "not on hold already" in run(*_hold("end", "w1"), data=home).stderr
    assert "needs its reason" in run("hold", "set", "w1", "--reason", " ", data=home).stderr
    done(*_hold("set", "w1"), data=home)
    assert "on hold already" in run(*_hold("set", "w1"), data=home).stderr
    done(*_hold("end", "w1"), data=home)
    listed = json.loads(done("hold", "list", "w1", "--json", data=home))
    assert [(one["held"], one["why"]) for one in listed] == [(True, "inquest"), (False, "inquest")]
    assert json.loads(done("hold", "list", "w2", "--json", data=home)) == []


def test_a_lost_file_is_named_and_the_archive_begun_anew(home) -> None:
    stand = json.loads(done("archive", "status", "--json", data=home))
    assert stand["fixes"] == 96
    assert stand["erasures"] == 0
    assert f"{stand['files']} files" in done("archive", "verify", data=home)
    lost = sorted((home / "archive").rglob("*.parquet"))[0]
    lost.unlink()
    found = run("archive", "verify", data=home)
    assert found.returncode == 1
    assert f"{lost.relative_to(home / 'archive').as_posix()}: missing" in found.stdout
    words = ("archive", "rebuild", "--reason", "a disk failed")
    assert "give --yes" in run(*words, data=home).stderr
    assert json.loads(done(*words, "--yes", "--json", data=home)) == {"files": stand["files"] - 1}
    assert "Nothing is archived" in done("archive", "status", data=home)
    with InProcessCentre.open(config_of(home)) as centre:
        assert same(kept(centre), decoded(centre))


def _hold(verb: str, wearer: str) -> tuple[str, ...]:
    return ("hold", verb, wearer, "--reason", "inquest")
