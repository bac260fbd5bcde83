"""The watcher of the line: what ails, who outside notices, and the mail when the line is dead."""

import asyncio
from collections.abc import Sequence

import httpx
import msgspec
import pytest

from tagwatch.config import MailTls, SmtpConfig, WatchConfig
from tagwatch.core.ledger import HeartbeatMissed
from tagwatch.core.recorded_service import PartState
from tagwatch.core.units import SECOND, Instant
from tagwatch.notify.channel.email import Email
from tagwatch.notify.watch import (
    Observation,
    Watched,
    Watcher,
    WatchLimits,
    dead_since,
    judge,
    note,
)
from tagwatch.store.post import PostError
from tests.notify.world import Postbox, hook, until, unused_port

LIMITS = WatchLimits()


def at(second: float) -> Instant:
    return Instant(round((1_700_000_000 + second) * SECOND))


def seen(second: float = 0, **more: object) -> Observation:
    plain = Observation(
        at=at(second),
        monotonic_us=round((500 + second) * SECOND),
        head_seq=100,
        applied_seq=100,
        applied_at=at(second),
        pending=0,
        oldest_due_at=None,
        disk_free_bytes=10 << 30,
        starts={"receiver": 1, "line": 1},
    )
    return msgspec.structs.replace(plain, **more)


def ailing(*observations: Observation) -> set[str]:
    watched = Watched()
    for one in observations:
        watched, _ = judge(watched, one, LIMITS)
    return set(watched.ailing_since)


def test_the_first_look_posts_every_state_and_the_next_only_changes() -> None:
    watched, events = judge(Watched(), seen(), LIMITS)
    assert {event.part for event in events} == {
        "line",
        "sender",
        "disk",
        "clock",
        "process line",
        "process receiver",
    }
    assert {event.state for event in events} == {PartState.HEALTHY}
    watched, events = judge(watched, seen(10), LIMITS)
    assert events == ()
    watched, (event,) = judge(watched, seen(20, disk_free_bytes=1), LIMITS)
    assert (event.part, event.state) == ("disk", PartState.AILING)
    watched, (event,) = judge(watched, seen(30), LIMITS)
    assert (event.part, event.state) == ("disk", PartState.HEALTHY)


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"applied_seq": 99, "applied_at": at(70)}, None),
        ({"applied_seq": 99, "applied_at": at(69)}, "line"),
        ({"applied_seq": 100, "applied_at": at(0)}, None),  # nothing newer waits
        ({"fault": "locked"}, "line"),
        ({"oldest_due_at": at(-20)}, None),
        ({"oldest_due_at": at(-21)}, "sender"),
        ({"pending": 2000}, None),
        ({"pending": 2001}, "sender"),
        ({"disk_free_bytes": 2 << 30}, None),
        ({"disk_free_bytes": (2 << 30) - 1}, "disk"),
        ({"starts": {"web": 3}}, None),
        ({"starts": {"web": 4}}, "process web"),
    ],
)
def test_boundaries(more: dict, part: str | None) -> None:
    assert ailing(seen(100, **more)) == ({part} if part else set())


@pytest.mark.parametrize(
    ("monotonic_s", "stepped"), [(10, False), (8, False), (7.9, True), (13, True), (-100, False)]
)
def test_the_clock(monotonic_s: float, stepped: bool) -> None:
    later = seen(10, monotonic_us=round((500 + monotonic_s) * SECOND))
    assert ailing(seen(), later) == ({"clock"} if stepped else set())


def test_a_line_that_never_began() -> None:
    never = {"applied_seq": 0, "applied_at": None}
    assert ailing(seen(0, **never)) == set()
    assert ailing(seen(0, **never), seen(10, **never)) == {"line"}


def test_dead_since_is_the_lines_or_the_journals_first_ailing() -> None:
    watched, _ = note(Watched(), "journal", "away", at(5))
    watched, _ = note(watched, "line", "late", at(3))
    watched, _ = note(watched, "disk", "full", at(1))
    assert dead_since(watched) == at(3)
    assert dead_since(Watched()) is None


class World:
    def __init__(self) -> None:
        self.now = seen()
        self.posted: list[HeartbeatMissed] = []
        self.away = False

    def observe(self) -> Observation:
        return self.now

    async def post(self, events: Sequence[HeartbeatMissed]) -> None:
        if self.away:
            raise PostError("the receiver is not there")
        self.posted += events


def look(watcher: Watcher) -> None:
    async def go() -> None:
        async with httpx.AsyncClient(timeout=1.0) as client:
            await watcher.look(client)

    asyncio.run(go())


def test_the_outside_is_asked_while_all_is_well_and_not_when_the_line_is_dead() -> None:
    async def go() -> None:
        async with hook() as end:
            world = World()
            config = WatchConfig(heartbeat_url=end.url, heartbeat_s=60)
            watcher = Watcher(world.observe, world.post, config)
            async with httpx.AsyncClient(timeout=1.0) as client:
                for second, asked in ((0, 1), (59, 1), (60, 2), (100, 2)):
                    world.now = seen(second)
                    await watcher.look(client)
                    assert len(end.requests) == asked
                world.now = seen(200, applied_seq=1, applied_at=at(100))
                await watcher.look(client)
                assert len(end.requests) == 2
                end.answers = [b"500 Oops"]
                world.now = seen(300)
                await watcher.look(client)
                await watcher.look(client)
                assert world.posted[-1].part == "heartbeat"
                assert "500" in world.posted[-1].words

    asyncio.run(go())


def test_an_outside_that_is_away_is_an_ailing_part_and_nothing_more() -> None:
    world = World()
    config = WatchConfig(heartbeat_url=f"http://127.0.0.1:{unused_port()}/")
    watcher = Watcher(world.observe, world.post, config)
    look(watcher)
    assert "heartbeat" in watcher.watched.ailing_since
    assert dead_since(watcher.watched) is None


def test_a_dead_line_mails_the_technical_contacts_once_an_hour(
    postbox: tuple[Postbox, int],
) -> None:
    box, port = postbox
    smtp = SmtpConfig(
        host="127.0.0.1", port=port, tls=MailTls.NONE, sender="watch@example.org", timeout_s=2.0
    )
    world = World()
    watcher = Watcher(world.observe, world.post, WatchConfig(), Email(smtp), ["t@example.org"])
    for second, mails in ((0, 0), (59, 0), (60, 1), (600, 1), (3659, 1), (3660, 2)):
        world.now = seen(second, applied_seq=1, applied_at=at(-100))
        look(watcher)
        assert len(box.mails) == mails
    world.now = seen(4000)
    look(watcher)
    text = box.mails[0].get_payload()
    assert "decided nothing for 1 min" in text
    assert box.mails[0]["Message-ID"] != box.mails[1]["Message-ID"]
    assert any("1 of 1 technical contacts" in event.words for event in world.posted)
    assert dead_since(watcher.watched) is None


def test_a_mail_that_fails_is_tried_again_in_the_next_round() -> None:
    smtp = SmtpConfig(
        host="127.0.0.1", port=unused_port(), tls=MailTls.NONE, sender="w@example.org", timeout_s=1
    )
    world = World()
    watcher = Watcher(world.observe, world.post, WatchConfig(), Email(smtp), ["t@example.org"])
    for second in (0, 60):
        world.now = seen(second, fault="locked")
        look(watcher)
    assert watcher.watched.mailed_at is None


def test_a_journal_that_is_away_is_said_when_it_is_back() -> None:
    world = World()
    world.away = True
    watcher = Watcher(world.observe, world.post, WatchConfig())
    look(watcher)
    assert dead_since(watcher.watched) == at(0)
    world.away = False
    world.now = seen(10)
    look(watcher)
    look(watcher)
    states = [event.state for event in world.posted if event.part == "journal"]
    assert states == [PartState.AILING, PartState.HEALTHY]


def test_it_runs_and_stops() -> None:
    async def go() -> None:
        world = World()
        watcher = Watcher(world.observe, world.post, WatchConfig(), every_s=0.01)
        task = asyncio.create_task(watcher.run())
        await until(lambda: world.posted)
        watcher.stop()
        await asyncio.wait_for(task, 30)

    asyncio.run(go())
