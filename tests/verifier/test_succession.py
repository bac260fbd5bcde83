"""A bundle by another key of the same installation stands if the steps between are signed."""

import itertools

import msgspec
import pytest

from tagwatch.store.bundle.manifest import opened, public_key
from tagwatch.store.bundle.signing import (
    NAME,
    NEXT,
    former_keys,
    next_key,
    signing_key,
    take_over,
)
from tagwatch.store.bundle.succession import PublishedKeys, holds, succeeded, way
from tagwatch.store.journal.files import OsFiles
from tagwatch.verifier.__main__ import main
from tagwatch.verifier.content import FIXES
from tagwatch.verifier.verdict import State, check, sentences
from tests.verifier.test_bundle import OTHER_KEY, signed_by_another

KEYS = [bytes([k]) * 32 for k in range(1, 5)]
PUBLIC = [public_key(key) for key in KEYS]
STEPS = [succeeded(one, other, 1000) for one, other in itertools.pairwise(KEYS)]


@pytest.mark.parametrize(("trusted", "signer", "steps"), [(0, 3, 3), (3, 0, 3), (2, 1, 1)])
def test_steps_lead_from_a_trusted_key_either_way_in_time(trusted, signer, steps) -> None:
    found = way(STEPS, PUBLIC[trusted], PUBLIC[signer])
    assert found is not None
    assert len(found) == steps


def test_a_step_signed_by_one_key_alone_leads_nowhere() -> None:
    step = STEPS[0]
    for name in ("by_old", "by_new"):
        forged = msgspec.structs.replace(step, **{name: "00" * 64})
        assert not holds(forged)
        assert way([forged], PUBLIC[0], PUBLIC[1]) is None
        assert way([forged], PUBLIC[1], PUBLIC[0]) is None
    for name, value in (("at", 2000), ("at", -1), ("old", PUBLIC[2]), ("new", "x")):
        assert not holds(msgspec.structs.replace(step, **{name: value}))
    assert way([], PUBLIC[0], PUBLIC[1]) is None
    assert way([], PUBLIC[0], PUBLIC[0]) == ()


def test_a_bundle_by_a_former_key_says_how_it_is_known(whole, tmp_path, capsys) -> None:
    file = signed_by_another(whole.file, FIXES, opened(whole.file).members[FIXES])
    signer, later = public_key(OTHER_KEY), KEYS[0]
    assert check(file, public_key(later)).state is State.REFUSED
    step = succeeded(OTHER_KEY, later, 1_800_000_000_000_000)
    checked = check(file, public_key(later).upper(), steps=[step])
    assert checked.state is State.SAME
    assert any(public_key(later) in line and signer in line for line in sentences(checked))
    forged = msgspec.structs.replace(step, by_old=step.by_new)
    refused = check(file, public_key(later), steps=[forged])
    assert "not signed by both keys" in refused.wrong[1]

    path, keys = tmp_path / "b.zip", tmp_path / "keys.json"
    path.write_bytes(file)
    keys.write_bytes(msgspec.json.encode(PublishedKeys(public=step.new, successions=(step,))))
    words = ["verify-bundle", str(path), "--key", step.new, "--keys"]
    assert main([*words, str(keys)]) == 0
    keys.write_text("[]")
    assert main([*words, str(keys)]) == 1
    assert "tagwatch bundle key --json" in capsys.readouterr().err


def test_a_rotation_that_stopped_goes_on_with_the_same_key(tmp_path) -> None:
    files = OsFiles()
    old = signing_key(files, tmp_path)
    new = next_key(files, tmp_path)
    assert next_key(files, tmp_path) == new
    assert signing_key(files, tmp_path) == old
    kept = (tmp_path / NEXT).read_bytes()
    take_over(files, tmp_path)
    assert signing_key(files, tmp_path) == new
    assert former_keys(files, tmp_path) == (old.public,)
    # The stop was between the note of the old key and the change of names.
    (tmp_path / NAME).rename(tmp_path / NEXT)
    (tmp_path / NAME).write_text(f"Tagwatch signing key 1\n{old.secret.hex()}\n")
    assert (tmp_path / NEXT).read_bytes() == kept
    take_over(files, tmp_path)
    assert former_keys(files, tmp_path) == (old.public,)
