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


def test_a_new_key_signs_and_the_old_one_leads_to_it(home, tmp_path) -> None:
    words = ("bundle", "make", "w1", *DAYS, "--reason", "Crown Court", "--json")
    old = done("bundle", "key", data=home).split()[0]
    before = json.loads(done(*words, data=home))
    assert before["signer"] == old
    assert "signs from now on" in done("bundle", "rotate-key", data=home)
    new = done("bundle", "key", data=home).split()[0]
    assert f"{old} (former)" in done("bundle", "key", data=home)
    keys = tmp_path / "keys.json"
    keys.write_text(done("bundle", "key", "--json", data=home))
    first, second = tmp_path / "before.zip", tmp_path / "after.zip"
    after = json.loads(done(*words, data=home))
    assert after["signer"] == new != old
    for name, out in ((before["bundle_id"], first), (after["bundle_id"], second)):
        give = ("bundle", "give", name, "--to", "Defence Ltd", "--how", "by hand")
        done(*give, "--out", out, data=home)
    for file, trusted in ((first, new), (second, old)):
        assert run("verify-bundle", file, "--key", trusted).returncode == 1
        said = done("verify-bundle", file, "--key", trusted, "--keys", keys)
        assert f"Key {new} took the place of {old}" in said
    for file, trusted in ((first, old), (second, new)):
        assert run("verify-bundle", file, "--key", trusted).returncode == 0


def _config(home: Path):
    from tagwatch.config import load

    return load(home)
