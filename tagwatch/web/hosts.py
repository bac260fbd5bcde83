"""Under which names the pages answer: a page of another name could read ours (DNS rebinding)."""

from typing import Final
from urllib.parse import urlsplit

from litestar.types import ASGIApp, Receive, Scope, Send

from tagwatch.access.page_address import is_loopback
from tagwatch.config import WebConfig

LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
REFUSED: Final = b"This machine does not answer under that name. Set web.public_url to allow it.\n"


class KnownHosts:
    """Refuses requests whose Host header names none of ours; `None` refuses nothing."""

    def __init__(self, app: ASGIApp, names: frozenset[str] | None) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 421."""
        if self._names is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if _name_of(said) in self._names:
            await self._app(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": 421,
                "headers": [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")],
            }
        )
        await send({"type": "http.response.body", "body": REFUSED, "more_body": False})


def known_names(config: WebConfig) -> frozenset[str] | None:
    """Return the host names under which the pages answer, None for any.

    Any is allowed only where the listener is bound to the network and no public URL is set.
    """
    names = {*LOCAL, config.bind}
    if public := urlsplit(config.public_url).hostname:
        names.add(public)
    elif not is_loopback(config.bind):
        return None
    return frozenset(names)


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
