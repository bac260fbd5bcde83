"""The stream: what one may see, at once; nothing lost; ended with the session; cheap for many."""

import asyncio
import json
from collections.abc import AsyncIterator
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
    cookie = base.sign_in._start(AccountId(f"ac_{name}"), "full", "link", now(), LONGEST)
    found = base.sign_in.check([session_digest(cookie)], now())
    return found[session_digest(cookie)]


def happen(config: Config, wearer: str, kind: str = "raised", **changes: Any) -> None:
    """Something happens to a wearer's alert, as the line writes it."""
    alert = sample.alert(wearer, **changes)
    engine = sample.open_database(config.projections_file, sample.Access.WRITE)
    with engine.begin() as connection:
        table = schema.alert
        connection.execute(table.delete().where(table.c.alert_id == alert.alert_id))
        connection.execute(table.insert().values(**sample.alert_row(alert)))
        row = sample.event_row(alert.alert_id, wearer, kind)
        connection.execute(schema.alert_event.insert().values(**row))
    engine.dispose()


def parsed(message: bytes) -> tuple[str, dict[str, Any]]:
    lines = dict(line.split(": ", 1) for line in message.decode().splitlines() if ": " in line)
    return lines.get("event", ""), json.loads(lines.get("data", "{}"))


async def messages(found: AsyncIterator[bytes], most_s: float) -> list[tuple[str, dict[str, Any]]]:
    """What a stream sends within this time."""
    got: list[tuple[str, dict[str, Any]]] = []
    try:
        async with asyncio.timeout(most_s):
            async for message in found:
                got.append(parsed(message))
    except TimeoutError:
        pass
    return got


def test_each_hears_of_the_own_scope_only_and_the_audit_says_so(base, config: Config) -> None:
    async def run() -> dict[str, list[str]]:
        hub = Hub(base)
        await hub.start()
        streams = {
            name: asyncio.create_task(messages(hub.listen(signed_in(base, name), None), 1.0))
            for name in ("officer", "colleague", "outsider", "operator", "police", "liaison")
        }
        await asyncio.sleep(0.2)
        for wearer in sample.WEARERS:
            await asyncio.to_thread(happen, config, wearer)
        heard = {
            name: [data["id"] for kind, data in await task if kind == "alert"]
            for name, task in streams.items()
        }
        await hub.stop()
        return heard

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
    async def run() -> list[tuple[str, dict[str, Any]]]:
        hub = Hub(base)
        await hub.start()
        task = asyncio.create_task(messages(hub.listen(signed_in(base, "operator"), None), 0.6))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(happen, config, "w_hidden")
        found = await task
        await hub.stop()
        return found

    html = next(data["html"] for kind, data in asyncio.run(run()) if kind == "alert")
    assert "Restricted case" in html
    assert "Demo Dogwood" not in html


def test_what_was_missed_comes_first_and_a_closed_alert_goes(base, config: Config) -> None:
    async def run() -> list[tuple[str, dict[str, Any]]]:
        hub = Hub(base)
        await hub.start()
        happen(config, "w_own", "closed", state=AlertState.CLOSED)
        await asyncio.sleep(0.2)
        found = await messages(hub.listen(signed_in(base, "officer"), 5), 0.5)
        await hub.stop()
        return found

    alerts = [data for kind, data in asyncio.run(run()) if kind == "alert"]
    assert [(data["id"], data["html"]) for data in alerts] == [("al_w_own", "")]


def test_a_session_that_ended_hears_nothing_more(base, config: Config) -> None:
    async def run() -> list[tuple[str, dict[str, Any]]]:
        hub = Hub(base)
        await hub.start()
        who = signed_in(base, "officer")
        task = asyncio.create_task(messages(hub.listen(who, None), 2.0))
        await asyncio.sleep(0.1)
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
    async def run() -> list[tuple[str, dict[str, Any]]]:
        hub = Hub(base)
        await hub.start()
        task = asyncio.create_task(messages(hub.listen(signed_in(base, "officer"), None), 3.0))
        await asyncio.sleep(0.2)
        engine = sample.open_database(config.projections_file, sample.Access.WRITE)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE alert_event RENAME TO away")
        await asyncio.sleep(0.4)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO alert_event")
        engine.dispose()
        await asyncio.to_thread(happen, config, "w_own")
        found = await task
        await hub.stop()
        return found

    found = asyncio.run(run())
    assert stream_page.UNREADABLE in [data.get("why") for kind, data in found]
    assert "al_w_own" in [data["id"] for kind, data in found if kind == "alert"]


def test_two_hundred_streams_hear_every_alert(base, config: Config) -> None:
    """How soon they hear is measured by tests/bench/bench_live.py, not here."""

    async def run() -> int:
        hub = Hub(base)
        await hub.start()
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        async def listen(who: SignedIn) -> None:
            async for message in hub.listen(who, None):
                if b"event: alert" in message:
                    heard.put_nowait(message)

        names = ("officer", "colleague", "operator", "zones", "liaison")
        sessions = [signed_in(base, names[n % 5]) for n in range(200)]
        tasks = [asyncio.create_task(listen(who)) for who in sessions]
        await asyncio.sleep(0.3)
        count = 0
        for _ in range(5):
            await asyncio.to_thread(happen, config, "w_own")
            async with asyncio.timeout(30):
                for _ in sessions:
                    await heard.get()
                    count += 1
        for task in tasks:
            task.cancel()
        await hub.stop()
        return count + heard.qsize()

    assert asyncio.run(run()) == 1000
