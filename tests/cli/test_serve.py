"""The installation, served by the real program."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.program import EXAMPLE, PASSWORD, ROOT, done, really_run


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


def fix(data: Path, port: str, secret: str) -> None:
    body = {"fixes": [{"time": time.time(), "lon": -0.1278, "lat": 51.5074, "accuracy_m": 5}]}
    answer = httpx.post(
        f"http://127.0.0.1:{port}/v1/fixes",
        json=body,
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.text


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
    logs = sorted(path.name for path in (data / "log").iterdir())
    assert {"line.jsonl", "receiver.jsonl", "web.jsonl"} <= set(logs)
    for log in (data / "log").iterdir():
        assert all(json.loads(line)["process"] for line in log.read_text().splitlines())


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
