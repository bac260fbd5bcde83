"""The demonstration: a live London of fictional wearers on a real installation.

The pages come up first; then two days of history pass through the same door and line on simulated
time; then the four processes run and the tags send over HTTP like real ones.
"""

import asyncio
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tagwatch.access.enrolment import create_account, demonstration_link
from tagwatch.access.role import Duty, Role
from tagwatch.config import FILE_NAME, Config, load
from tagwatch.core.ids import AccountId
from tagwatch.core.units import DAY, Instant
from tagwatch.engine import installation
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.embedded import Supervisor
from tagwatch.engine.installation import InstallationError
from tagwatch.engine.ports import next_free
from tagwatch.report.week.facts import last_week, week_from
from tagwatch.sim.crimes import crime_events
from tagwatch.sim.history import make_history
from tagwatch.sim.script import hours_ago, minutes_ahead
from tagwatch.sim.send import send_live
from tagwatch.sim.world import AGENCY, World, build

MARKER: Final = "demonstration"
LIVES: Final = 7 * DAY
"""How long the simulated lives go on after the start."""
PEOPLE: Final = (
    ("demo-operator", "Monitoring centre operator", Role.OPERATOR, "Monitoring centre"),
    ("demo-practitioner", "Probation practitioner", Role.PRACTITIONER, AGENCY),
    ("demo-practitioner-2", "Probation duty manager", Role.PRACTITIONER, AGENCY),
    ("demo-police", "Police response officer", Role.POLICE, "Metropolitan Police"),
    ("demo-liaison", "Victim liaison officer", Role.LIAISON, "Victim liaison"),
    ("demo-partner", "STAC caseworker", Role.PARTNER, "STAC"),
    ("demo-partner-2", "NHS liaison nurse", Role.PARTNER, "NHS"),
    ("demo-evaluator", "Programme evaluator", Role.EVALUATOR, "Evaluation"),
    ("demo-administrator", "System administrator", Role.ADMINISTRATOR, "Monitoring centre"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the command line asks of a demonstration."""

    data: Path
    seed: int = 7
    history_days: float = 2.0
    web_port: int = 8080
    tags_port: int = 8081
    tags_bind: str = "127.0.0.1"
    """`0.0.0.0` lets phones of the local network reach the tags' listener, and it alone."""


class Stopped(Exception):
    """The demonstration was told to end while its history was being made."""


def run(options: DemoOptions, say: Callable[[str], None] = print) -> None:
    """Run the demonstration until SIGTERM or SIGINT; a folder of an earlier one is made anew.

    Raises InstallationError if the folder holds anything else, or no port is free.
    """
    config = _fresh(options)
    now = Instant(time.time_ns() // 1000)
    boot = Instant(now - time.monotonic_ns() // 1000)
    begins = Instant(now - int(options.history_days * DAY))
    with_past = options.history_days >= 2
    since = week_from(last_week(now))[0] if with_past else begins
    world = build(options.seed, begins, Instant(now + LIVES), since=since)
    if with_past:
        hours_ago(world, now)
    minutes_ahead(world, now)
    for account, name, role, agency in PEOPLE:
        create_account(
            config,
            sign_in_name=account,
            full_name=name,
            role=role,
            password=None,
            agency=agency,
            duties=tuple(Duty) if role in _TRUSTED else (),
            account_id=AccountId(account),
        )
    supervisor = Supervisor(config)

    def history() -> None:
        _say_where(config, say)
        _make(config, world, boot, supervisor)

    feed = _Feed(world, config)
    try:
        supervisor.run(ready=lambda: _go_live(feed, say), prelude=history)
    except Stopped:
        say("Ended while the history was being made.")
    finally:
        feed.end()


_TRUSTED: Final = frozenset({Role.OPERATOR})
"""Who may see secret zones besides the responsible officer."""


class _Feed:
    """The simulated tags, sending from a thread of their own."""

    def __init__(self, world: World, config: Config) -> None:
        self._world = world
        self._url = f"http://127.0.0.1:{config.tags.port}"
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="tags", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        loop, stop = self._loop, self._stop
        if loop is None or stop is None:
            return
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)
        self._thread.join(5.0)

    def _run(self) -> None:
        asyncio.run(self._send())

    async def _send(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await send_live(self._world, self._url, self._stop, lambda _count: None)


def _fresh(options: DemoOptions) -> Config:
    """Return the configuration of an empty installation in `options.data`."""
    data = options.data.expanduser().absolute()
    if data.exists() and any(data.iterdir()):
        if not (data / MARKER).exists():
            raise InstallationError(
                f"{data} holds something that is no demonstration: give another folder with --data"
            )
        with installation.FolderLock(data / "lock"):
            shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    (data / MARKER).write_text("A demonstration; it is made anew at each start.\n")
    web_port = next_free("127.0.0.1", options.web_port)
    tags_port = next_free(options.tags_bind, options.tags_port, frozenset({web_port}))
    lines = [f"[web]\nport = {web_port}\n\n[tags]"]
    lines += [f'bind = "{options.tags_bind}"', f"port = {tags_port}"]
    if options.tags_bind != "127.0.0.1" and (address := _lan_address()) is not None:
        lines.append(f'public_url = "http://{address}:{tags_port}"')
    (data / FILE_NAME).write_text("\n".join(lines) + "\n")
    config = load(data)
    installation.create(config)
    return config


def _lan_address() -> str | None:
    """Return this machine's address in its network, None if it is in none. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of documentation: only the route is asked
            return str(probe.getsockname()[0])
        except OSError:
            return None


def _say_where(config: Config, say: Callable[[str], None]) -> None:
    address = f"http://127.0.0.1:{config.web.port}"
    say(f"\nTagwatch demonstration: {address}   (data in {config.data})")
    say("Sixty fictional wearers on a tag, and the ended orders of 140 former ones.")
    say("Sign in with one of these links, each good once, from this machine:\n")
    for account, name, _, _ in PEOPLE:
        say(f"  {name:28} {demonstration_link(config, AccountId(account), address)}")
    where = config.tags.public_url or f"http://127.0.0.1:{config.tags.port}"
    say(f"\nTags send to {where}. Stop with Ctrl+C.\n")


def _make(config: Config, world: World, boot: Instant, supervisor: Supervisor) -> None:
    shown = -1

    def progress(share: float) -> None:
        nonlocal shown
        if supervisor.is_stopping:
            raise Stopped
        if int(share * 20) > shown:
            shown = int(share * 20)
            sys.stderr.write(f"\rTwo days of history: {share:4.0%}")
            sys.stderr.flush()

    with InProcessCentre.within(config) as centre:
        make_history(centre, world, lambda: Instant(time.time_ns() // 1000), progress, boot)
        at = Instant(time.time_ns() // 1000)
        centre.record(*crime_events(world, at), at=at)
        centre.apply()
    sys.stderr.write("\n")


def _go_live(feed: _Feed, say: Callable[[str], None]) -> None:
    feed.begin()
    say("History is made; the tags are sending now. Breaches unfold over the next half hour.")
