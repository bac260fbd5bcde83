"""Keys without data, data without keys, and the two together again, by the real program."""

import json
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import load
from tagwatch.engine import key_rotation
from tagwatch.store.account_keys import account_secrets, wrapping_of
from tagwatch.store.bundle.signing import signing_key
from tagwatch.store.field_keys import opened_keys, read_field_keys
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.wrapping import INSTALLATION_KEY_NAME
from tagwatch.store.key_export import joined
from tests.cli.program import EXAMPLE, PASSWORD, Ended, done, run

FILES = OsFiles()
WORDS = ("--passphrase-stdin", "--reason", "due")
TYPED = "six words picked by dice here\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """An installation with the example imported, its keys apart and all of a kind of their own."""
    data = tmp_path_factory.mktemp("home") / "data"
    keys = data.parent / "keys"
    done("init", "--keys", keys, "--password-stdin", data=data, typed=PASSWORD)
    done("import", EXAMPLE, data=data)
    signing_key(FILES, keys)
    done("keys", "rotate", "accounts", "--reason", "due", data=data)
    return data


@pytest.fixture(scope="module")
def apart(home) -> tuple[Path, Path]:
    """A backup of it, and its keys in two parts."""
    backup, out = home.parent / "backup", home.parent / "apart"
    done("keys", "export", out, "--parts", "2", *WORDS, data=home, typed=TYPED)
    done("backup", backup, data=home)
    return backup, out


def every_key(home: Path) -> list[bytes]:
    """Return the bytes of every key there is."""
    folder = load(home).keys_folder
    wrapping = wrapping_of(FILES, folder)
    secrets = account_secrets(FILES, folder)
    found = [wrapping.newest, *secrets.factors, secrets.marks, secrets.links]
    found.append(signing_key(FILES, folder).secret)
    found += [secret for _, secret in opened_keys(read_field_keys(FILES, folder), folder, wrapping)]
    for each in key_rotation.key_folders(load(home), FILES):
        ring = Keyring.open(each, FILES, folder / INSTALLATION_KEY_NAME)
        found += [key for number in ring.slots() if (key := ring.disclosed(number)) is not None]
        ring.close()
    return found


def forms(key: bytes) -> list[bytes]:
    """Return how a key could stand in a file."""
    return [key, key.hex().encode(), key.hex().upper().encode()]


def parts(out: Path) -> list[str | Path]:
    return ["--keys", f"{out}.1of2", "--keys", f"{out}.2of2"]


def test_no_key_is_in_a_backup_nor_in_the_clear_in_what_was_written_out(home, apart) -> None:
    backup, out = apart
    keys = every_key(home)
    assert len(keys) > 8
    assert len(set(keys)) == len(keys)
    files = [path for path in backup.rglob("*") if path.is_file()]
    files += list(out.parent.glob("apart*"))
    assert len(files) > 10
    for path in files:
        data = path.read_bytes()
        for key in keys:
            assert not any(form in data for form in forms(key)), path
    held = (load(home).keys_folder / INSTALLATION_KEY_NAME).read_bytes()
    assert any(form in held for form in forms(keys[0])), "the search finds one where it is"


def restore(apart: tuple[Path, Path], tmp_path: Path, *words: str | Path, typed=TYPED) -> Ended:
    return run("restore", apart[0], *words, "--passphrase-stdin", data=tmp_path / "b", typed=typed)


def test_what_is_missing_or_wrong_is_said(home, apart, tmp_path) -> None:
    _, out = apart
    assert "apart from the backup" in restore(apart, tmp_path).stderr
    assert "part 2 of 2 is missing" in restore(apart, tmp_path, *parts(out)[:2]).stderr
    wrong = restore(apart, tmp_path, *parts(out), typed="another passphrase\n")
    assert "does not open this export" in wrong.stderr
    assert "is no export of keys" in restore(apart, tmp_path, "--keys", EXAMPLE).stderr
    assert "there is no" in restore(apart, tmp_path, "--keys", tmp_path / "none").stderr
    altered = tmp_path / "altered"
    altered.write_text(Path(f"{out}.1of2").read_text().replace('"share":"', '"share":"AA'))
    assert "was altered" in restore(apart, tmp_path, "--keys", altered, *parts(out)[2:]).stderr
    short = run("keys", "export", tmp_path / "x", *WORDS, data=home, typed="short\n")
    assert "12 to 1024 characters" in short.stderr
    assert "is there already" in run("keys", "export", out, *WORDS, data=home, typed=TYPED).stderr
    assert "no class of keys" in run("keys", "rotate", "all", "--reason", "x", data=home).stderr
    whole = joined([Path(f"{out}.1of2"), Path(f"{out}.2of2")])
    theirs = msgspec.structs.replace(whole, installation="ab" * 16)
    (tmp_path / "theirs").write_bytes(msgspec.json.encode(theirs))
    refused = restore(apart, tmp_path, "--keys", tmp_path / "theirs")
    assert "keys of another installation" in refused.stderr
    assert not (tmp_path / "b" / "journal").exists()


def test_backup_and_keys_are_an_installation_again_whose_keys_are_replaced(
    home, apart, tmp_path
) -> None:
    backup, out = apart
    copy, late, after = tmp_path / "copy", tmp_path / "late", tmp_path / "after"
    words = ("restore", backup, *parts(out), "--passphrase-stdin", "--json")
    assert json.loads(done(*words, data=copy, typed=TYPED))["seq"] > 10
    for name in ("signing.key", "account.keys"):
        theirs = (load(home).keys_folder / name).read_bytes()
        assert (copy / "keys" / name).read_bytes() == theirs
    sheet = (out.parent / "apart.txt").read_text()
    for said in ("Because           due", "All 2 parts", "What it opens", "Where to keep it"):
        assert said in sheet
    done("keys", "rotate", "installation", "--reason", "due", data=copy)
    assert "NOT written out since" in done("keys", "list", data=copy)
    done("keys", "export", late, *WORDS, data=copy, typed=TYPED)
    done("backup", after, data=copy)
    old = run("keys", "drill", after, *parts(out), "--passphrase-stdin", data=copy, typed=TYPED)
    assert "older than the last rotation; give the one that was made after it" in old.stderr
    new = restore(apart, tmp_path, "--keys", late)
    assert "the backup is older than the last rotation" in new.stderr
    held = ("keys", "drill", after, "--keys", late, "--passphrase-stdin")
    assert "The restore holds" in done(*held, data=copy, typed=TYPED)
    said = json.loads(done("keys", "list", "--json", data=copy))
    assert (said["unfinished"], said["drill_passed"], said["overdue"]) == ("", 1, [])
    assert said["exported_at"]
    (copy / "tagwatch.toml").write_text("[key_rotation]\ndays = 0\n")
    assert "OVERDUE" not in done("keys", "list", data=copy)
