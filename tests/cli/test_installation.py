"""The life of an installation, by the real program."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tagwatch.config import load
from tagwatch.store import schema
from tagwatch.store.cells import Cells
from tagwatch.store.database import give_functions
from tagwatch.store.protected import opened_text
from tests.cli.program import EXAMPLE, PASSWORD, done, run

REFERENCE = json.loads(EXAMPLE.read_text(encoding="utf-8"))["orders"][0]["reference"]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """An installation with the example imported; tests that change it copy nothing back."""
    data = tmp_path_factory.mktemp("home") / "data"
    keys = data.parent / "keys"
    done("init", "--keys", keys, "--password-stdin", data=data, typed=PASSWORD)
    done("import", EXAMPLE, data=data)
    return data


def query(data: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(data / "projections.db")) as connection:
        give_functions(connection, Cells(load(data).keys_folder))
        return connection.execute(sql).fetchall()


def test_init_keeps_the_keys_apart_and_never_touches_what_is_there(home) -> None:
    assert (home.parent / "keys" / "installation.key").exists()
    assert not (home / "keys").exists()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    before = (home / "tagwatch.toml").read_text()
    again = run("init", "--password-stdin", data=home, typed=PASSWORD)
    assert again.returncode == 1
    assert "holds an installation already" in again.stderr
    assert (home / "tagwatch.toml").read_text() == before


def test_init_has_no_default_password(tmp_path) -> None:
    weak = run("init", "--password-stdin", data=tmp_path / "a", typed="short\n")
    assert weak.returncode == 1
    assert "12 to 256 characters" in weak.stderr
    assert "--password-stdin" in run("init", data=tmp_path / "a").stderr
    assert not (tmp_path / "a").exists()


def test_tables_and_drawings_are_told_by_their_contents(home, tmp_path) -> None:
    table = tmp_path / "wearers.txt"
    table.write_text("ref,name,programme,borough,agency\nN-1,Demo Yew,other,Camden,p\n")
    assert "Would record:\n       1 WearerRecorded" in done("import", table, "--check", data=home)
    ring = [[-0.14, 51.53], [-0.13, 51.53], [-0.13, 51.536], [-0.14, 51.53]]
    outline = {"type": "Polygon", "coordinates": [ring]}
    drawing = tmp_path / "zone.txt"
    feature = {"type": "Feature", "geometry": outline, "properties": {"name": "School"}}
    drawing.write_text(json.dumps(feature))
    assert "say to which order" in run("import", drawing, data=home).stderr
    words = ("--order", REFERENCE, "--knowledge", "told")
    assert "1 ConditionRecorded" in done("import", drawing, *words, "--check", data=home)
    table.write_text(table.read_text().replace("other", "wrong"))
    refused = run("import", table, data=home)
    assert (refused.returncode, "row 2, programme" in refused.stderr) == (1, True)


def test_importing_twice_records_once(home) -> None:
    before = query(home, "SELECT max(seq) FROM cursor")
    again = run("import", EXAMPLE, data=home)
    assert "Nothing to record" in again.stdout
    assert "a secret zone waits already, drawn as this file says" in again.stderr
    assert query(home, "SELECT max(seq) FROM cursor") == before
    assert len(query(home, "SELECT * FROM condition")) == 2


def test_a_secret_zone_out_of_a_file_waits_for_a_second_person(home, tmp_path) -> None:
    ((state, body),) = query(
        home, f"SELECT state, {opened_text(schema.zone_draft, 'body')} FROM zone_draft"
    )
    assert (state, json.loads(body)["by"]) == ("waiting", "system:command")
    document = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    document["exclusion_zones"][1]["label"] = "Moved"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(document))
    refused = run("import", other, data=home)
    assert refused.returncode == 1
    assert "zone Moved: a drawing of it waits for a second person already" in refused.stderr
    document["exclusion_zones"][1]["ref"] = "new"
    other.write_text(json.dumps(document))
    shown = run("import", other, "--check", data=home)
    assert "1 ZoneDrafted" in shown.stdout
    assert "waits for a second person and protects nobody before" in shown.stderr


def test_accounts_and_tokens(home) -> None:
    words = ("--role", "practitioner", "--full-name", "Pat Fictional", "--password-stdin")
    done("user", "add", "pat", *words, data=home, typed=PASSWORD)
    assert run("user", "add", "PAT", *words, data=home, typed=PASSWORD).returncode == 1
    issued = json.loads(
        done("token", "issue", "pat", "--label", "x", "--verb", "see_alerts", "--json", data=home)
    )
    assert issued["secret"].startswith("twt_")
    denied = ("token", "issue", "pat", "--label", "x", "--verb", "manage_accounts")
    assert "cannot manage_accounts" in run(*denied, data=home).stderr
    tag = json.loads(done("token", "tag", "T-0001", "--json", data=home))
    assert "no tag T-9" in run("token", "tag", "T-9", data=home).stderr
    listed = json.loads(done("token", "list", "--json", data=home))
    assert issued["secret"] not in json.dumps(listed)
    done("token", "revoke", listed["tokens"][0]["token_id"], data=home)
    done("token", "revoke", tag["credential_id"], data=home)
    assert done("token", "list", data=home).count("revoked") == 2
    limited = ("--agency", "Pact", "--team", "East", "--programme", "stalking")
    changed = done("user", "alter", "pat", *limited, data=home)
    assert "Pact; team East; programmes stalking" in changed
    assert "give the agency" in run("user", "alter", "pat", "--agency", "", data=home).stderr
    done("user", "alter", "pat", "--every-programme", "--team", "", data=home)
    done("user", "disable", "pat", data=home)
    done("user", "reset", "pat", "--password-stdin", data=home, typed="another good password")
    people = {
        one["sign_in_name"]: one for one in json.loads(done("user", "list", "--json", data=home))
    }
    assert people["pat"]["active"] == 0
    assert (people["pat"]["agency"], people["pat"]["programmes"]) == ("Pact", [])
    assert people["admin"]["role"] == "administrator"
    done("user", "enable", "pat", data=home)
    assert "there is no account named who" in run("user", "disable", "who", data=home).stderr


def test_a_backup_is_brought_back_proved_equal_and_sends_nothing(home, tmp_path) -> None:
    target, back = tmp_path / "backup", tmp_path / "back"
    key = home.parent / "keys" / "installation.key"
    made = json.loads(done("backup", target, "--json", data=home))
    assert not list(target.rglob("installation.key"))
    assert "not empty" in run("backup", target, data=home).stderr
    wrong = tmp_path / "wrong.key"
    wrong.write_text(f"Tagwatch installation key 1\n{'ab' * 32}\n")
    refused = run("restore", target, "--installation-key", wrong, data=back)
    assert refused.returncode == 1
    assert "does not open" in refused.stderr
    assert not (back / "journal").exists()
    restored = json.loads(done("restore", target, "--installation-key", key, "--json", data=back))
    assert (restored["seq"], restored["digest"]) == (made["seq"], made["digest"])
    # What her side is to be told of the order waits for a person, and is held like all else.
    assert (restored["erased_again"], restored["held"]) == (0, 1)
    same = f"SELECT wearer_id, name, {opened_text(schema.wearer, 'body')} FROM wearer"
    assert query(back, same) == query(home, same)
    assert json.loads(done("user", "list", "--json", data=back))
    head = f"{made['seq']}:{made['digest']}"
    done("verify", "--head", head, "--rebuild", data=back)
    done("verify", target, "--head", head)
    again = run("restore", target, "--installation-key", key, data=back)
    assert "holds an installation" in again.stderr


def test_a_damaged_byte_is_named_and_a_wrong_head_is_told(home, tmp_path) -> None:
    target = tmp_path / "backup"
    done("backup", target, data=home)
    assert run("verify", target, "--head", f"3:{'0' * 64}").returncode == 1
    assert "is no head" in run("verify", target, "--head", "3").stderr
    segment = next((target / "journal").glob("0*"))
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    found = run("verify", target)
    assert found.returncode == 1
    assert "damage: segment 1" in found.stdout
    report = json.loads(run("verify", target, "--json").stdout)["journals"]["journal"]
    assert not report["sound"]


def test_one_wearers_records_are_proved_to_a_head_without_the_journal(home, tmp_path) -> None:
    ((wearer,),) = query(home, "SELECT wearer_id FROM wearer")
    proofs = done("verify", "--wearer", wearer, data=home)
    (tmp_path / "proofs").write_text(proofs)
    state = json.loads(done("status", "--json", data=home))["journal"]
    head = f"{state['seq']}:{state['digest']}"
    checked = done("verify", "--check", tmp_path / "proofs", "--head", head)
    assert "6 proved, 0 not" in checked  # he, his activation, order and three conditions
    other = run("verify", "--check", tmp_path / "proofs", "--head", f"{state['seq']}:{'1' * 64}")
    assert other.returncode == 1


def test_a_row_that_the_journal_does_not_give_is_found(home, tmp_path) -> None:
    target, back = tmp_path / "backup", tmp_path / "back"
    key = home.parent / "keys" / "installation.key"
    done("backup", target, data=home)
    done("restore", target, "--installation-key", key, data=back)
    with closing(sqlite3.connect(back / "projections.db")) as connection, connection:
        connection.execute("UPDATE wearer SET borough = 'Elsewhere'")
    found = run("verify", "--rebuild", data=back)
    assert found.returncode == 1
    assert "wearer: 1 rows differ" in found.stdout


def test_what_was_erased_since_a_backup_is_erased_again(home, tmp_path) -> None:
    target, key = tmp_path / "backup", home.parent / "keys" / "installation.key"
    once, twice = tmp_path / "once", tmp_path / "twice"
    done("backup", target, data=home)
    done("restore", target, "--installation-key", key, data=once)
    ((person,),) = query(once, "SELECT person_id FROM protected_person")
    words = ("erase", f"protected:{person}", "--reason", "DPA 2018 s.47", "--json")
    assert "give --yes" in run(*words, data=once).stderr
    line = done(*words, "--yes", data=once)
    assert query(once, "SELECT * FROM protected_person") == []
    assert "1 destroyed lawfully" in done("verify", data=once)
    (tmp_path / "erasures.jsonl").write_text(line)
    again = ("--installation-key", key, "--erasures", tmp_path / "erasures.jsonl", "--json")
    restored = json.loads(done("restore", target, *again, data=twice))
    assert restored["erased_again"] == 1
    assert query(twice, "SELECT * FROM protected_person") == []


def test_status_works_when_nothing_runs(home) -> None:
    found = json.loads(done("status", "--json", data=home))
    assert found["running"] is False
    assert found["counts"]["wearers"] == 1
    assert found["line"]["behind_records"] == 0
    assert set(found["processes"].values()) == {None}
    assert "Nothing is held back" in done("outbox", "drop", data=home)


def test_a_trail_leaves_as_a_file_with_its_purpose(home, tmp_path) -> None:
    wearer = query(home, "select wearer_id from wearer order by 1")[0][0]
    window = ("--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z")
    out = ("--out", tmp_path / "t.kml", "--format", "kml", "--purpose", "court order 12")
    assert "0 fixes" in done("export", "trail", wearer, *window, *out, data=home)
    assert "court order 12" in (tmp_path / "t.kml").read_text()
    assert "exists already" in run("export", "trail", wearer, *window, *out, data=home).stderr
    missing = run("export", "trail", "nobody", *window, *out[2:], data=home)
    assert "there is no wearer nobody" in missing.stderr
    assert stat.S_IMODE((tmp_path / "t.kml").stat().st_mode) == 0o600


def test_a_programme_is_handed_over_proved_and_brought_in(home, tmp_path) -> None:
    folder, there = tmp_path / "folder", tmp_path / "there"
    assert (
        "nobody is there" in run("programme", "export", folder, "--reason", "x", data=home).stderr
    )
    said = done("programme", "export", folder, "--reason", "contract ends", "--yes", data=home)
    checked = done("programme", "check", folder)
    assert checked.startswith("Whole: ")
    assert said.split("SHA-256 ")[1][:64] in checked
    done("init", "--password-stdin", data=there, typed=PASSWORD)
    brought = done("programme", "import", folder, "--reason", "contract begins", data=there)
    assert "nothing to compare" not in brought
    assert "differ" not in brought
    sql = "select wearer_id from wearer order by 1"
    assert query(there, sql) == query(home, sql) != []
    again = run("programme", "import", folder, "--reason", "twice", data=there)
    assert "comes into a new installation" in again.stderr
    (folder / "schema.json").unlink()
    assert "schema.json: it is missing" in run("programme", "check", folder).stderr
    assert "ProgrammeImported" in done("programme", "schema")
