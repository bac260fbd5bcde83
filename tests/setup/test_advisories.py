"""A known vulnerability in what Tagwatch is made of stops a change."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLOSED = "http://127.0.0.1:9"


class Advisories(http.server.BaseHTTPRequestHandler):
    """Answers as OSV and as npm's registry do: one package of each has a known fault."""

    known = True

    def do_POST(self) -> None:
        """Answer one question."""
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/osv":
            package = json.loads(asked)["package"]["name"]
            self.answer({"vulns": [OSV_FAULT]} if self.known and package == "jinja2" else {})
        else:
            self.answer({"pmtiles": [NPM_FAULT]} if self.known else {})

    def do_GET(self) -> None:
        """Answer npm's question for the versions of a package, and of whatever needs it."""
        name = self.path.strip("/")
        self.answer({"name": name, "versions": {"1.0.0": {"name": name, "version": "1.0.0"}}})

    def answer(self, told: object) -> None:
        """Send `told`."""
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


OSV_FAULT = {
    "id": "GHSA-test-0001",
    "summary": "made up",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}
NPM_FAULT = {
    "id": 2,
    "url": "https://example.org/GHSA-test-0002",
    "title": "made up",
    "severity": "high",
    "vulnerable_versions": "<99",
}


@pytest.fixture
def source() -> Iterator[str]:
    """Return the address of an advisory source."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def asked(address: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Ask the source at `address`."""
    line = [
        sys.executable,
        "setup/advisories.py",
        "--osv",
        f"{address}/osv",
        "--npm",
        address,
        *more,
    ]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_known_vulnerability_fails_and_is_named(source: str, tmp_path: Path) -> None:
    excuses = tmp_path / "borne.toml"
    excuses.write_text(
        '[[borne]]\nadvisory = "GHSA-test-0003"\nwhy = "was not reached"\nuntil = 2020-01-01\n'
    )
    done = asked(source, "--borne", str(excuses))
    assert done.returncode == 1, done.stdout
    assert "GHSA-test-0003: borne until 2020-01-01 only" in done.stderr
    assert "Python: GHSA-test-0001: jinja2" in done.stderr
    assert "npm: GHSA-test-0002: pmtiles" in done.stderr


def test_what_is_borne_with_a_reason_and_a_last_day_passes(source: str, tmp_path: Path) -> None:
    excuses = tmp_path / "borne.toml"
    excuse = '[[borne]]\nadvisory = "GHSA-test-000{}"\nwhy = "not reached"\nuntil = 2999-01-01\n'
    excuses.write_text(excuse.format(1) + excuse.format(2))
    done = asked(source, "--borne", str(excuses))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("1 known, of which 1 borne") == 2


def test_nothing_known_passes_and_says_that_it_was_audited(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Advisories, "known", False)
    done = asked(source)
    assert done.returncode == 0, done.stderr
    assert [line.partition(";")[0] for line in done.stdout.splitlines()] == [
        "Python: audited",
        "npm: audited",
    ]


def test_where_no_source_answers_it_says_so_and_passes() -> None:
    done = asked(CLOSED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("NOT audited") == 2
