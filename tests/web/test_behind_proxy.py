"""The pages behind a proxy that ends TLS, over real sockets: whom it forwards is believed from the
proxy alone, and what a client claims of itself never."""

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest
import uvicorn
from litestar import Litestar

from tagwatch.config import Config, WebConfig
from tagwatch.web.app import create_app, uvicorn_config
from tests.web.test_routes import audit

NAME = "tagwatch.example.org"
OFFICER, STRANGER, ELSEWHERE = "127.0.0.2", "127.0.0.3", "127.0.0.4"
"""Addresses of this machine that stand for three others: only 127.0.0.1 is the proxy's."""


class Forwarding(BaseHTTPRequestHandler):
    """Passes a request on as a proxy does: the address it came from is added to those claimed."""

    to_port = 0

    def do_GET(self) -> None:
        self._forward()

    def do_POST(self) -> None:
        self._forward()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        heads = dict(self.headers.items())
        claimed = [heads.pop("X-Forwarded-For", ""), self.client_address[0]]
        heads["X-Forwarded-For"] = ", ".join(filter(None, claimed))
        heads["X-Forwarded-Proto"] = "https"
        onward = http.client.HTTPConnection("127.0.0.1", self.to_port, timeout=30)
        onward.request(self.command, self.path, body, heads)
        answer = onward.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        onward.close()


@contextmanager
def serving(app: Litestar, config: Config) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    web = WebConfig(bind="0.0.0.0", port=port, behind_proxy=config.web.behind_proxy)
    server = uvicorn.Server(uvicorn_config(app, Config(data=config.data, web=web)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def proxied(config: Config) -> Iterator[tuple[Litestar, int, int]]:
    """The application behind the proxy: it, its own port, and the proxy's."""
    web = WebConfig(behind_proxy=True, public_url=f"https://{NAME}")
    app = create_app(Config(data=config.data, web=web))
    with ExitStack() as stack:
        port = stack.enter_context(serving(app, Config(data=config.data, web=web)))
        handler = type("Here", (Forwarding,), {"to_port": port})
        proxy = ThreadingHTTPServer(("0.0.0.0", 0), handler)  # as a proxy listens
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield app, port, proxy.server_address[1]
        proxy.shutdown()
        proxy.server_close()
        thread.join(20)


def ask(
    address: str, port: int, path: str, form: dict[str, str] | None = None, **heads: str
) -> tuple[int, http.client.HTTPMessage, str]:
    """Return status, headers and text of an answer to a client at `address`."""
    there = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(address, 0))
    sent = {"Host": NAME, **{name.replace("_", "-"): value for name, value in heads.items()}}
    body = None
    if form is not None:
        body = urlencode(form)
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{NAME}"}
    there.request("GET" if form is None else "POST", path, body, sent)
    answer = there.getresponse()
    found = answer.status, answer.headers, answer.read().decode()
    there.close()
    return found


def form_of(
    address: str, port: int
) -> tuple[dict[str, str], dict[str, str], http.client.HTTPMessage]:
    """Return the token of a form, the cookie that goes with it, and the headers it came with."""
    _, heads, page = ask(address, port, "/sign-in/recover")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token
    cookies = "; ".join(each.split(";")[0] for each in heads.get_all("set-cookie") or [])
    return {"_csrf_token": token[1]}, {"Cookie": cookies}, heads


def test_whom_the_proxy_forwards_is_whom_the_audit_names(
    proxied: tuple[Litestar, int, int], config: Config
) -> None:
    app, port, proxy = proxied
    said = {"X_Forwarded_For": "203.0.113.9", "X_Real_IP": "203.0.113.9"}
    said |= {"Forwarded": "for=203.0.113.9"}
    ask(OFFICER, proxy, "/wearers")
    ask(STRANGER, proxy, "/wearers", **said)
    ask(ELSEWHERE, port, "/wearers", **said)  # past the proxy
    named = [line.address for line in audit(config, app)]
    assert named == [OFFICER, STRANGER, ELSEWHERE]
    # And passkeys are of the address that browsers know.
    token, cookie, _ = form_of(OFFICER, proxy)
    status, _, text = ask(OFFICER, proxy, "/sign-in/passkey/options", token, **cookie)
    assert status == 200, text
    assert f'"rpId":"{NAME}"' in text.replace(" ", "")
    assert ask(OFFICER, proxy, "/sign-in", Host="evil.example")[0] == 421


def test_tries_are_counted_by_the_clients_own_address(
    proxied: tuple[Litestar, int, int],
) -> None:
    _, port, proxy = proxied
    token, cookie, heads = form_of(STRANGER, proxy)
    cookies = heads.get_all("set-cookie") or []
    assert cookies
    assert all(each.startswith("__Host-") and "Secure" in each for each in cookies)
    for at in (proxy, port):  # through it and past it, each time as somebody else
        said = [
            ask(STRANGER, at, "/sign-in/recover", token, X_Forwarded_For=f"203.0.113.{n}", **cookie)
            for n in range(11)
        ]
        assert 429 in {status for status, _, _ in said}, [status for status, _, _ in said]
    own, mine, _ = form_of(OFFICER, proxy)
    assert ask(OFFICER, proxy, "/sign-in/recover", own, **mine)[0] != 429, "nobody else is kept out"


def test_without_a_proxy_nothing_that_is_forwarded_counts(app: Litestar, config: Config) -> None:
    with serving(app, config) as port:
        ask("127.0.0.1", port, "/wearers", X_Forwarded_For="203.0.113.9", Host="127.0.0.1")
    assert [line.address for line in audit(config, app)] == ["127.0.0.1"]
