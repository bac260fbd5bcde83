"""A running installation for measuring: its register, its officers, its four processes."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from tagwatch.access.enrolment import create_account, now
from tagwatch.access.role import Role
from tagwatch.access.sign_in import LONGEST, open_sign_in
from tagwatch.config import Config, load
from tagwatch.core import ledger
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import Event
from tagwatch.core.person import Credential, Scheme
from tagwatch.core.timetable import CurfewRow, Weekday, london
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.report.week.facts import monday_of, week_from
from tests.bench import national_people
from tests.bench.national_people import BY, Kind, People, tag_id

OPERATORS = 20
"""Of the officers; the rest are practitioners of the wearers' agency. All see every alert."""


def secret_of(w: int) -> str:
    """Return the secret of the tag of wearer number w."""
    return sha256(f"bench/{w}".encode()).hexdigest()[:32]


def people_of(wearers: int) -> People:
    """Return the people of the installation."""
    return national_people.build(wearers, 3, Kind.NATIONAL)


def build(folder: Path, wearers: int, tagged: Instant | None = None) -> None:
    """Make an installation in `folder` with these wearers, tagged three days ago by orders of the
    last hour: no tag has reported yet, and nobody is to be alarmed of that.

    A tick before anybody is registered and one after: what was silent till now counts as not
    listened to, so that the measurement does not begin with a silence of everybody. Tagged since
    this Monday at the earliest, unless `tagged` says since when: else batch would make everybody's
    overview of the week before meanwhile.
    """
    people, at = people_of(wearers), now()
    begins = tagged or Instant(max(at - 3 * DAY, min(_monday(at), at - 2 * HOUR)))
    events = list(national_people.register(people, begins, _hours_away(at), Instant(at - HOUR)))
    events += [_credential(w, begins) for w in range(wearers)]
    with InProcessCentre.open(Config(data=folder)) as centre:
        centre.tick(Instant(at - 10 * MINUTE))
        centre.apply()
        for first in range(0, len(events), 5_000):
            centre.record(*events[first : first + 5_000], at=Instant(at - 5 * MINUTE))
        centre.apply()
        centre.tick(at)
        centre.apply()


def _monday(at: Instant) -> Instant:
    return week_from(monday_of(london(at).date()))[0]


def _credential(w: int, at: Instant) -> Event:
    credential = Credential(
        credential_id=f"cr{w:05d}",
        scheme=Scheme.TAGWATCH,
        secret_sha256=sha256(secret_of(w).encode()).digest(),
        tag_id=tag_id(w),
        issued_at=at,
    )
    return ledger.CredentialIssued(credential=credential, by=BY)


def _hours_away(at: Instant) -> tuple[CurfewRow, ...]:
    """Return a curfew that is not in force now: nobody need be seen at home meanwhile."""
    start, end = london(at) + timedelta(hours=8), london(at) + timedelta(hours=14)
    days = list(Weekday)
    following = (end.date() - start.date()).days
    return tuple(
        CurfewRow(
            from_day=day,
            from_time=start.time().replace(second=0, microsecond=0),
            until_day=days[(number + following) % 7],
            until_time=end.time().replace(second=0, microsecond=0),
        )
        for number, day in enumerate(days)
    )


def sessions(config: Config, officers: int) -> list[str]:
    """Return a signed-in session's cookie for each of so many officers."""
    names: list[str] = []
    for number in range(officers):
        names.append(f"ac_bench_{number}")
        create_account(
            config,
            sign_in_name=f"bench{number}",
            full_name=f"Benchmark Officer {number}",
            role=Role.OPERATOR if number < OPERATORS else Role.PRACTITIONER,
            password=None,
            agency="bench",
            account_id=AccountId(names[-1]),
        )
    sign_in = open_sign_in(config)
    # As a link signs somebody in, without the page that asks for it.
    found = [sign_in.start(AccountId(name), "full", "link", now(), LONGEST) for name in names]
    sign_in.accounts.close()
    return found


class Served:
    """`tagwatch serve` on a folder, on free ports of this machine's loopback."""

    def __init__(self, folder: Path) -> None:
        ports = _free_ports(2)
        places = {
            "TAGWATCH_WEB_PORT": str(ports[0]),
            "TAGWATCH_TAGS_PORT": str(ports[1]),
            "TAGWATCH_WATCH_DISK_FREE_BYTES": "0",
        }
        self.config = load(folder, {**os.environ, **places})
        self.web_port, self.tags_port = ports
        self._log = (folder / "serve.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tagwatch", "serve", "--data", str(folder)],
            env={**os.environ, **places},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait(self, most_s: float) -> float:
        """Return the seconds until tags and pages are answered and the line is up to date."""
        began = time.monotonic()
        while time.monotonic() - began < most_s:
            if self.process.poll() is not None:
                raise RuntimeError(f"serve ended with code {self.process.returncode}")
            listen = _answers(self.web_port, "/sign-in") and _answers(self.tags_port, "/")
            if listen and self._behind_s() < 2.0:
                return time.monotonic() - began
            time.sleep(0.2)
        raise RuntimeError(f"serve did not answer within {most_s:.0f} s")

    def _behind_s(self) -> float:
        """Return the age of the last record, a tick at least, that the line has applied."""
        found = sqlite3.connect(f"file:{self.config.projections_file}?mode=ro", uri=True)
        (at,) = found.execute("select received_at from cursor where lane = 0").fetchone()
        found.close()
        return (now() - at) / 1e6

    def pids(self) -> dict[int, str]:
        """Return the process ids of the supervisor and its children, with their names."""
        found = {self.process.pid: "supervisor"}
        for path in self.config.run_folder.glob("*.pid"):
            found[int(path.read_text())] = path.stem
        return found

    def memory_mb(self) -> dict[str, tuple[float, float]]:
        """Return (resident, proportional) megabytes of each process."""
        return {name: _memory_mb(pid) for pid, name in self.pids().items()}

    def processor_s(self) -> dict[str, float]:
        """Return the processor time each process has used."""
        ticks = os.sysconf("SC_CLK_TCK")
        found: dict[str, float] = {}
        for pid, name in self.pids().items():
            rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found[name] = (int(rest[11]) + int(rest[12])) / ticks
        return found

    def end(self) -> None:
        """End all of it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                os.kill(pid, signal.SIGKILL)
            self.process.wait(10)
        self._log.close()


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _answers(port: int, path: str) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _memory_mb(pid: int) -> tuple[float, float]:
    rows: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size = line.split(":")
        rows[name] = float(size.split()[0]) / 1024
    return rows["Rss"], rows["Pss"]
