"""Bundles at the command line: made, handed out, listed, superseded, checked; the key rotated."""

import json
from pathlib import Path

import msgspec
import pytest

from tagwatch.core.recorded_register import ConditionRecorded
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.centre import InProcessCentre
from tests.cli.program import done, run
from tests.verifier.world import START, walked
from tests.walk.timeline import BY, ZONE, register

DAYS = ("--from", "2026-11-18", "--to", "2026-11-18")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "data"
    centre = walked(folder, secret=True)
    centre.close()
    return folder


def test_a_bundle_from_its_making_to_its_supersession(home, tmp_path) -> None:
    assert "reason" in run("bundle", "make", "w1", *DAYS, "--reason", " ", data=home).stderr
    assert "no wearer w9" in run("bundle", "make", "w9", *DAYS, "--reason", "x", data=home).stderr
    words = ("bundle", "make", "w1", *DAYS, "--reason", "Crown Court", "--json")
    made = json.loads(done(*words, data=home))
    name, first, second = made["bundle_id"], tmp_path / "defence.zip", tmp_path / "expert.zip"
    give = ("bundle", "give", name, "--how", "by hand")
    done(*give, "--to", "Defence Ltd", "--out", first, data=home)
    done(*give, "--to", "Expert Ltd", "--out", second, "--expert", data=home)
    checked = done("verify-bundle", first, "--against", second, "--key", made["signer"])
    assert "SAME" in checked
    assert "Nothing but the closed files differs" in checked
    (line,) = json.loads(done("bundle", "list", "w1", "--json", data=home))
    assert [one["form"] for one in line["given"]] == ["redacted", "expert"]
    assert line["superseded"] == []
    with InProcessCentre.open(_config(home)) as centre:
        (event,) = (e for e in register("w1", None, (ZONE,)) if isinstance(e, ConditionRecorded))
        later = msgspec.structs.replace(
            event.condition, version=2, recorded_at=Instant(made["at"] + DAY), valid_from=START
        )
        centre.record(ConditionRecorded(condition=later, by=BY), at=Instant(made["at"] + DAY))
        centre.apply()
    shown = done("bundle", "list", "w1", data=home)
    assert "Defence Ltd, Expert Ltd" in shown
    assert "recorded anew since" in shown
    key = done("bundle", "key", data=home).split()[0]
    done("bundle", "key", "--rotate", data=home)
    assert f"{key} (former)" in done("bundle", "key", data=home)
    assert run("verify-bundle", first, "--key", key).returncode == 0


def _config(home: Path):
    from tagwatch.config import load

    return load(home)
