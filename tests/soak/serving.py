"""An installation that really runs, its tags, and its mail server: all on this machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec

from tagwatch.config import Config, load
from tagwatch.core import ledger
from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import CredentialId, TagId
from tagwatch.core.ledger import Event
from tagwatch.core.person import Channel, Credential, Scheme
from tagwatch.core.units import HOUR, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest.credential import digest_of
from tests.walk.timeline import BY, HERS, ZONE, contacts, fix, metres_from, register

PROCESSES = ("receiver", "line", "web", "batch")
SERVE = (
    "import tagwatch.engine.embedded as e; e._LONGEST_WAIT_S = 0.2; "
    "from tagwatch.cli import main; main()"
)
"""`tagwatch serve` that starts a process again at once, however often it died."""
UP_S = 120.0
END_S = 40.0
CLIENT_S = 5.0
OUTSIDE = metres_from(HERS, 3000, 0)


def now() -> Instant:
    """Return the machine's clock."""
    return Instant(time.time_ns() // 1000)


def install(folder: Path, wearers: list[str], ports: dict[str, int]) -> Config:
    """Make an installation whose wearers are under a zone, with contacts reached by e-mail."""
    folder.mkdir(parents=True)
    (folder / "tagwatch.toml").write_text(
        f"[web]\nport = {ports['web']}\n[tags]\nport = {ports['tags']}\n"
        f'[smtp]\nhost = "127.0.0.1"\nport = {ports["smtp"]}\ntls = "none"\n'
        'sender = "alerts@tagwatch.example.org"\ntimeout_s = 15.0\n'
        "[limits]\nrestarts_per_minute = 100000\ntag_requests_per_minute = 100000\n"
    )
    config = load(folder)
    at = now()
    with InProcessCentre.open(config) as centre:
        centre.record(*_register(wearers, Instant(at - HOUR)), at=at)
    return config


def _register(wearers: list[str], since: Instant) -> Iterator[Event]:
    for event in contacts():
        if isinstance(event, ledger.ContactRecorded):
            address = f"{event.contact.contact_id}@example.org"
            mail = msgspec.structs.replace(event.contact, channel=Channel.EMAIL, address=address)
            yield ledger.ContactRecorded(contact=mail, by=BY)
        else:
            yield event
    for wearer in wearers:
        yield from register(wearer, since, terms=(ZONE,))
        yield credentials(wearer, since)


def credentials(wearer: str, since: Instant) -> Event:
    """Return the event that lets a wearer's tag send."""
    credential = Credential(
        credential_id=CredentialId(f"cr_{wearer}"),
        scheme=Scheme.TAGWATCH,
        secret_sha256=digest_of(f"secret-{wearer}"),
        tag_id=TagId(f"t_{wearer}"),
        issued_at=since,
    )
    return ledger.CredentialIssued(credential=credential, by=BY)


@contextmanager
def serving(
    config: Config, command: Sequence[str] | None = None, processes: Sequence[str] = PROCESSES
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `tagwatch serve` until the block is left; nothing of it outlives the block.

    `command`: what runs the `processes`, if not `SERVE`.
    """
    command = command or (sys.executable, "-c", SERVE, "serve", "--data", str(config.data))
    with (config.data / "serve.out").open("wb") as out:
        supervisor = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        _await(lambda: all(pid_of(config, name) for name in processes), "the processes")
        yield supervisor
    except AssertionError as error:
        said = (config.data / "serve.out").read_text(errors="replace")
        error.add_note(f"what the processes said last:\n{said[-6000:]}")
        raise
    finally:
        supervisor.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            supervisor.wait(END_S)
        if supervisor.poll() is None:
            supervisor.kill()
            supervisor.wait(END_S)
        for name in processes:
            if (pid := pid_of(config, name)) is not None:
                os.kill(pid, signal.SIGKILL)


def pid_of(config: Config, name: str) -> int | None:
    """Return the process id of a process of this installation, if it lives."""
    try:
        pid = int((config.run_folder / f"{name}.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    ours = str(config.data).encode() in command and name.encode() in command
    return pid if ours and state != "Z" else None


def _await(true: object, what: str) -> None:
    until = time.monotonic() + UP_S
    while not true():  # type: ignore[operator]  # a callable
        assert time.monotonic() < until, f"{what} did not come up within {UP_S} s"
        time.sleep(0.05)


@dataclass
class Tags:
    """Tags that send over HTTP each second, and again until they are answered."""

    url: str
    wearers: list[str]
    began: float = field(default_factory=time.monotonic)
    acknowledged: set[bytes] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _entered: set[str] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def all_entered(self) -> bool:
        """Whether of each wearer a fix inside the zone was answered."""
        return len(self._entered) == len(self.wearers)

    def start(self) -> None:
        """Begin to send, from four threads."""
        for number in range(4):
            mine = self.wearers[number::4]
            thread = threading.Thread(target=self._send, args=(mine,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Send no more than what has not been answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60.0)
            assert not thread.is_alive(), "a tag is still not answered"

    def _send(self, wearers: list[str]) -> None:
        number = 0
        with httpx.Client(base_url=self.url, timeout=CLIENT_S) as client:
            while not self._stop.is_set():
                for wearer in wearers:
                    place = self._place(wearer, number)
                    self.deliver(client, wearer, _body(wearer, number, place))
                    if place != OUTSIDE:
                        self._entered.add(wearer)
                number += 1
                self._stop.wait(1.0)

    def _place(self, wearer: str, number: int) -> LonLat:
        """Return where he is: the n-th wearer goes into the zone two seconds after the one
        before."""
        inside = time.monotonic() - self.began > 3.0 + 2.0 * self.wearers.index(wearer)
        return metres_from(HERS, number % 9, 0) if inside else OUTSIDE

    def deliver(self, client: httpx.Client, wearer: str, body: bytes) -> None:
        """Send a message until it is answered."""
        headers = {
            "authorization": f"Bearer secret-{wearer}",
            "content-type": "application/json",
        }
        for _ in range(1200):
            try:
                answer = client.post("/v1/fixes", content=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code == 200:
                self.acknowledged.add(body)
                return
            if answer.status_code != 503:
                self.refused.append(f"{answer.status_code} {answer.text}")
                return
            time.sleep(0.1)
        self.refused.append(f"never answered: {body!r}")


def _body(wearer: str, number: int, place: LonLat) -> bytes:
    fixes = [fix(place, Instant(now() // SECOND * SECOND))]
    return msgspec.json.encode({"batch": f"{wearer}/{number}", "fixes": fixes})
