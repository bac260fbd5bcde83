"""The stream: what one may see, at once; nothing lost; ended with the session; cheap for many."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import msgspec
import pytest

from tagwatch.access.audit import audit_line, open_reader
from tagwatch.access.enrolment import now
from tagwatch.access.sign_in import LONGEST, SignedIn, session_digest
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.outcome import AlertState
from tagwatch.store import schema
from tagwatch.web import stream as stream_page
from tagwatch.web.app import open_foundation
from tagwatch.web.foundation import Foundation
from tagwatch.web.stream import Hub
from tests.web import sample


@pytest.fixture
def base(config: Config):
    found = open_foundation(config)
    yield found
    found.close()


def signed_in(base: Foundation, name: str) -> SignedIn:
    """A session of this account."""
    cookie = base.sign_in.start(AccountId(f"ac_{name}"), "full", "link", now(), LONGEST)
    found = base.sign_in.check([session_digest(cookie)], now())
    return found[session_digest(cookie)]


def happen(config: Config, wearer: str, kind: str = "raised", **changes: Any) -> None:
    """Something happens to a wearer's alert, as the line writes it."""
    alert = sample.alert(wearer, **changes)
    engine = sample.open_tables(config, sample.Access.WRITE)
    with engine.begin() as connection:
        writes = sample.Writes()
        writes.put(schema.alert, sample.alert_row(alert))
        writes.add(schema.alert_event, sample.event_row(alert.alert_id, wearer, kind))
        writes.write(connection)
    engine.dispose()


def parsed(message: bytes) -> tuple[str, dict[str, Any]]:
    lines = dict(line.split(": ", 1) for line in message.decode().splitlines() if ": " in line)
    return lines.get("event", ""), json.loads(lines.get("data", "{}"))


Message = tuple[str, dict[str, Any]]
MOST_S = 30.0
"""No answer for this long is a failure, on however busy a machine."""


async def messages(
    found: AsyncIterator[bytes], until: Callable[[str, dict[str, Any]], bool]
) -> list[Message]:
    """What a stream sends, up to and with the message that is waited for."""
    got: list[Message] = []
    async with asyncio.timeout(MOST_S):
        async for message in found:
            got.append(parsed(message))
            if until(*got[-1]):
                break
    return got


async def eventually(reached: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(MOST_S):
        while not reached():  # noqa: ASYNC110  # what is watched has no event to wait for
            await asyncio.sleep(0.02)


async def followed(base: Foundation) -> Hub:
    """A hub that follows the events from now on."""
    hub = Hub(base)
    await hub.start()
    await eventually(lambda: hub._last is not None)
    return hub


def an_alert(kind: str, _data: dict[str, Any]) -> bool:
    return kind == "alert"


class Heard:
    """The alerts every one of these accounts hears of, each on a stream of its own."""

    def __init__(self, hub: Hub, base: Foundation, names: Iterable[str]) -> None:
        self.alerts: dict[str, list[str]] = {name: [] for name in names}
        self._tasks = [
            asyncio.create_task(self._listen(name, hub.listen(signed_in(base, name), None)))
            for name in self.alerts
        ]

    async def _listen(self, name: str, found: AsyncIterator[bytes]) -> None:
        async for message in found:
            kind, data = parsed(message)
            if kind == "alert":
                self.alerts[name].append(data["id"])

    async def until(self, name: str, count: int) -> None:
        """Wait until this account has heard of so many; all are told in the same step."""
        await eventually(lambda: len(self.alerts[name]) >= count)
        await asyncio.sleep(0.1)
        for task in self._tasks:
            task.cancel()


def test_each_hears_of_the_own_scope_only_and_the_audit_says_so(base, config: Config) -> None:
    async def run() -> dict[str, list[str]]:
        hub = await followed(base)
        names = ("officer", "colleague", "outsider", "operator", "police", "liaison")
        heard = Heard(hub, base, names)
        await eventually(lambda: hub.open_streams == len(names))
        for wearer in sample.WEARERS:
            await asyncio.to_thread(happen, config, wearer)
        await heard.until("operator", len(sample.WEARERS))
        await hub.stop()
        return heard.alerts

    heard = asyncio.run(run())
    assert set(heard["officer"]) == {"al_w_own", "al_w_team", "al_w_hidden"}
    assert set(heard["colleague"]) == {"al_w_own", "al_w_team"}
    assert set(heard["outsider"]) == {"al_w_other", "al_w_bail"}
    assert set(heard["police"]) == {"al_w_bail", "al_w_team"}
    assert set(heard["liaison"]) == {"al_w_own"}
    assert set(heard["operator"]) == {f"al_{wearer}" for wearer in sample.WEARERS}
    reader = open_reader(config, "web")
    lines = [audit_line(record) for record in reader.read(0, 2**40)]
    reader.close()
    told = {line.by for line in lines if line is not None and line.question == "stream"}
    assert told == {f"ac_{name}" for name in heard}


def test_a_restricted_case_has_no_name_for_the_operator(base, config: Config) -> None:
    async def run() -> list[Message]:
        hub = await followed(base)
        stream = hub.listen(signed_in(base, "operator"), None)
        await anext(stream)
        task = asyncio.create_task(messages(stream, an_alert))
        await asyncio.to_thread(happen, config, "w_hidden")
        found = await task
        await hub.stop()
        return found

    html = next(data["html"] for kind, data in asyncio.run(run()) if kind == "alert")
    assert "Restricted case" in html
    assert "Demo Dogwood" not in html


def test_what_was_missed_comes_first_and_a_closed_alert_goes(base, config: Config) -> None:
    async def run() -> list[Message]:
        hub = await followed(base)
        happen(config, "w_own", "closed", state=AlertState.CLOSED)
        found = await messages(hub.listen(signed_in(base, "officer"), 5), an_alert)
        await hub.stop()
        return found

    alerts = [data for kind, data in asyncio.run(run()) if kind == "alert"]
    assert [(data["id"], data["html"]) for data in alerts] == [("al_w_own", "")]


def test_a_session_that_ended_hears_nothing_more(base, config: Config) -> None:
    async def run() -> list[Message]:
        hub = await followed(base)
        who = signed_in(base, "officer")
        stream = hub.listen(who, None)
        await anext(stream)
        task = asyncio.create_task(messages(stream, lambda kind, _data: kind == "signed-out"))
        base.sign_in.accounts.end_session(who.session.session_hash)
        await asyncio.to_thread(happen, config, "w_own")
        found = await task
        await hub.stop()
        return found

    kinds = [kind for kind, _ in asyncio.run(run())]
    assert kinds[-1] == "signed-out"
    assert "alert" not in kinds


def test_who_takes_no_messages_is_told_to_load_anew(base) -> None:
    listener = stream_page.Listener(signed_in(base, "officer"))
    for number in range(stream_page.MOST_WAITING + 1):
        listener.send(stream_page.event("alert", {"n": number}, number))
    assert listener.ended
    assert parsed(listener.waiting.get_nowait())[0] == "reload"


def test_the_heartbeat_says_what_ails(base) -> None:
    hub = Hub(base)
    hub.meter.lag = msgspec.structs.replace(hub.meter.lag, behind_s=42.0)
    assert parsed(hub._heartbeat())[1]["why"] == "Decisions are 42 seconds behind."


def test_when_alerts_cannot_be_read_the_pages_say_so_and_nothing_is_lost(
    base, config: Config
) -> None:
    async def run() -> list[Message]:
        hub = await followed(base)
        stream = hub.listen(signed_in(base, "officer"), None)
        await anext(stream)
        engine = sample.open_tables(config, sample.Access.WRITE)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE alert_event RENAME TO away")
        failing = await messages(stream, lambda _kind, data: bool(data.get("why")))
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO alert_event")
        engine.dispose()
        await asyncio.to_thread(happen, config, "w_own")
        found = await messages(stream, an_alert)
        await hub.stop()
        return [*failing, *found]

    found = asyncio.run(run())
    assert stream_page.UNREADABLE in [data.get("why") for kind, data in found]
    assert "al_w_own" in [data["id"] for kind, data in found if kind == "alert"]


def test_two_hundred_streams_hear_every_alert(base, config: Config) -> None:
    """How soon they hear is measured by tests/bench/bench_live.py, not here."""

    async def run() -> int:
        hub = await followed(base)
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        async def listen(who: SignedIn) -> None:
            async for message in hub.listen(who, None):
                if b"event: alert" in message:
                    heard.put_nowait(message)

        names = ("officer", "colleague", "operator", "zones", "liaison")
        sessions = [signed_in(base, names[n % 5]) for n in range(200)]
        tasks = [asyncio.create_task(listen(who)) for who in sessions]
        await eventually(lambda: hub.open_streams == len(sessions))
        count = 0
        for _ in range(5):
            await asyncio.to_thread(happen, config, "w_own")
            async with asyncio.timeout(MOST_S):
                for _ in sessions:
                    await heard.get()
                    count += 1
        for task in tasks:
            task.cancel()
        await hub.stop()
        return count + heard.qsize()

    assert asyncio.run(run()) == 1000
