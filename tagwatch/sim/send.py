"""Carries a tag's posts to the door: in process for history, over HTTP for the present."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable

import httpx
import structlog

from tagwatch.core.units import SECOND, Instant
from tagwatch.ingest.door import Request
from tagwatch.sim.tag import Post
from tagwatch.sim.world import World

_LOG = structlog.get_logger("sim")
_AT_ONCE = 20
_RETRY_S = 2.0


def authorization(post: Post) -> str:
    """Return the Authorization header of `post`; empty if its body carries the secret."""
    if post.authorization is None:
        return ""
    user, secret = post.authorization
    if user == "Bearer":
        return f"Bearer {secret}"
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()


def request_of(post: Post) -> Request:
    """Return `post` as the door sees it."""
    return Request(
        method="POST",
        path=post.path,
        content_type=post.content_type,
        authorization=authorization(post),
        body=post.body,
    )


async def send_live(
    world: World, url: str, stop: asyncio.Event, sent: Callable[[int], None]
) -> None:
    """Send every post when its time comes to the tags' listener at `url`, until `stop` is set.

    A post that is not acknowledged is sent again until it is, as a real tag does. `sent` is told
    how many were acknowledged in the last second.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    waiting: list[Post] = []
    async with (
        httpx.AsyncClient(base_url=url, timeout=10.0) as client,
        asyncio.TaskGroup() as group,
    ):
        while not stop.is_set():
            now = Instant(time.time_ns() // 1000)
            waiting += [post for sim in world.wearers for post in sim.tag.posts_until(now)]
            due = [post for post in waiting if post.sent_at <= now]
            waiting = [post for post in waiting if post.sent_at > now]
            for post in due:
                group.create_task(_deliver(client, post, gate, stop))
            if due:
                sent(len(due))
            await asyncio.sleep(1.0 - (time.time_ns() // 1000 % SECOND) / SECOND)


async def _deliver(
    client: httpx.AsyncClient, post: Post, gate: asyncio.Semaphore, stop: asyncio.Event
) -> None:
    headers = {"content-type": post.content_type}
    if value := authorization(post):
        headers["authorization"] = value
    while not stop.is_set():
        async with gate:
            try:
                answer = await client.post(post.path, content=post.body, headers=headers)
            except httpx.TransportError as error:
                _LOG.warning("not sent, will try again", error=str(error))
            else:
                if answer.status_code == 200:
                    return
                _LOG.warning("not taken, will try again", status=answer.status_code)
        await asyncio.sleep(_RETRY_S)
