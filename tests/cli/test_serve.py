"""The installation, served by the real program."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.cli.program import EXAMPLE, PASSWORD, ROOT, done, really_run, run

PATIENCE_S = 60.0
UNSAID = ("-0.145", "-0.138", "Zone B", "Protected Fictional", "-0.1278")
"""Of no process's log: where the example's secret zone lies, its name, whom it protects, and where
the wearer was."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def served(tmp_path):
    data = tmp_path / "data"
    done("init", "--password-stdin", data=data, typed=PASSWORD)
    ports = {"TAGWATCH_WEB_PORT": str(free_port()), "TAGWATCH_TAGS_PORT": str(free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "tagwatch", "serve", "--data", data],
        cwd=ROOT,
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    while "Stop with" not in (line := process.stdout.readline()):
        assert line, "".join(lines)
        lines.append(line)
    yield data, ports
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


def pages_answer(ports: dict[str, str]) -> bool:
    """Say whether the page for signing in is answered; the pages may only just be coming up."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            found = httpx.get(f"http://127.0.0.1:{ports['TAGWATCH_WEB_PORT']}/sign-in")
        except httpx.ConnectError:
            assert time.monotonic() < until, "the pages do not come up"
            time.sleep(0.1)
        else:
            return found.status_code == 200


def fix(data: Path, port: str, secret: str) -> None:
    body = {"fixes": [{"time": time.time(), "lon": -0.1278, "lat": 51.5074, "accuracy_m": 5}]}
    answer = httpx.post(
        f"http://127.0.0.1:{port}/v1/fixes",
        json=body,
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.text


def forgotten_beside(data: Path, ports: dict[str, str], secret: str) -> None:
    """A wearer is erased while line, web and batch run, and his tag goes on sending."""
    ((person,),) = ([*row.values()] for row in rows(data, "SELECT person_id FROM protected_person"))
    hers = run("erase", f"protected:{person}", "--reason", "s.47", "--yes", data=data)
    assert (hers.returncode, "Stop it and give the same command" in hers.stderr) == (0, True)
    assert rows(data, "SELECT * FROM protected_person")
    nobody = run("erase", "wearer:w_nobody", "--reason", "s.47", "--yes", data=data)
    assert (nobody.returncode, "nothing is known of wearer w_nobody" in nobody.stderr) == (1, True)
    assert rows(data, "SELECT * FROM forgetting") == []
    (wearer,) = (row["wearer_id"] for row in rows(data, "SELECT wearer_id FROM wearer"))
    words = ("erase", f"wearer:{wearer}", "--reason", "DPA 2018 s.47", "--yes", "--json")
    kept = run(*words, data=data)
    assert (kept.returncode, "A tag is on him" in kept.stderr) == (1, True)
    assert rows(data, "SELECT wearer_id FROM wearer")
    erased = done(*words, "--despite-hold", data=data)
    owners = {json.loads(line)["owner_id"] for line in erased.splitlines()}
    assert wearer in owners
    assert len(owners) > 2
    for table in ("wearer", "protected_person", "activation", "order_record", "condition"):
        assert rows(data, f"SELECT * FROM {table}") == []
    fix(data, ports["TAGWATCH_TAGS_PORT"], secret)
    until = time.monotonic() + PATIENCE_S
    while rows(data, "SELECT state FROM forgetting") != [{"state": "proved"}]:
        assert time.monotonic() < until, "batch has not proved it"
        time.sleep(0.1)
    assert "destroyed that encrypted" in done("erase", "--proof", wearer, data=data)
    found = run("verify", "--rebuild", data=data)
    assert (found.returncode, "destroyed lawfully" in found.stdout) == (0, True), found.stdout
    assert pages_answer(ports)
    assert all(json.loads(done("status", "--json", data=data))["processes"].values())


def rotated_beside(data: Path, ports: dict[str, str], secret: str) -> None:
    """Every key is replaced while all processes run: each goes on, and none is started anew."""
    assert pages_answer(ports)
    running = json.loads(done("status", "--json", data=data))["processes"]
    assert all(running.values())
    before = json.loads(done("keys", "list", "--json", data=data))["keys"]
    for key_class in ("installation", "field", "accounts", "audit"):
        words = ("keys", "rotate", key_class, "--reason", "due", "--json")
        said = json.loads(done(*words, data=data))
        assert said["old"]
        assert said["destroyed"] == (key_class != "audit")
        assert set(said["new"]).isdisjoint(said["old"])
        fix(data, ports["TAGWATCH_TAGS_PORT"], secret)
    after = json.loads(done("keys", "list", "--json", data=data))["keys"]
    assert not {key["id"] for key in before} & {key["id"] for key in after}
    second = json.loads(done("token", "tag", "T-0001", "--json", data=data))["secret"]
    fix(data, ports["TAGWATCH_TAGS_PORT"], second)
    assert pages_answer(ports)
    assert json.loads(done("status", "--json", data=data))["processes"] == running


def rows(data: Path, sql: str) -> list[dict[str, object]]:
    with closing(sqlite3.connect(data / "projections.db", timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


@pytest.mark.timeout(300)
def test_what_is_done_beside_the_running_installation(served, tmp_path) -> None:
    data, ports = served
    done("import", EXAMPLE, data=data)
    assert "Nothing to record" in done("import", EXAMPLE, data=data)
    secret = json.loads(done("token", "tag", "T-0001", "--json", data=data))["secret"]
    fix(data, ports["TAGWATCH_TAGS_PORT"], secret)
    found = json.loads(done("status", "--json", data=data))
    assert found["running"]
    assert found["receiver"]["fixes"] == 1
    assert found["counts"]["wearers"] == 1
    assert all(found["processes"].values())
    made = json.loads(done("backup", tmp_path / "backup", "--json", data=data))
    done("verify", tmp_path / "backup", "--head", f"{made['seq']}:{made['digest']}")
    done("verify", "--rebuild", data=data)
    second = really_run("serve", data=data, **ports)
    assert second.returncode == 1
    assert "in use by process" in second.stderr
    rotated_beside(data, ports, secret)
    forgotten_beside(data, ports, secret)
    logs = sorted(path.name for path in (data / "log").iterdir())
    assert {"line.jsonl", "receiver.jsonl", "web.jsonl"} <= set(logs)
    for log in (data / "log").iterdir():
        said = log.read_text()
        assert all(json.loads(line)["process"] for line in said.splitlines())
        assert not [word for word in UNSAID if word in said], log.name


def test_a_busy_port_is_an_error_that_names_it(tmp_path) -> None:
    data = tmp_path / "data"
    done("init", "--password-stdin", data=data, typed=PASSWORD)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        ended = really_run("serve", data=data, TAGWATCH_TAGS_PORT=str(port))
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in ended.stderr
    assert "tags.port" in ended.stderr
