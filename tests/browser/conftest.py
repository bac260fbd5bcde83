"""A served installation and a real browser: what officers use, used as they do."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from litestar import Litestar
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tagwatch.access.enrolment import demonstration_link
from tagwatch.config import Config, TagsConfig, WebConfig
from tagwatch.core.ids import AccountId
from tagwatch.query.happenings import applied_seq
from tagwatch.query.reader import open_projections
from tagwatch.store.post import JournalPost, PostError
from tagwatch.web.app import create_app, uvicorn_config
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.web.conftest import app, built, centre, config, pages

__all__ = ["app", "built", "centre", "config", "pages"]
Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as needing a browser."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


class Site:
    """The application on a port of this machine, served by uvicorn in a thread."""

    def __init__(self, app: Litestar, config: Config) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.config = config
        served = msgspec.structs.replace(config, web=WebConfig(port=self.port))
        self._server = uvicorn.Server(uvicorn_config(app, served))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        end = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def site(app: Litestar, config: Config) -> Iterator[Site]:
    found = Site(app, config)
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def chromium(browser_executable: Path) -> Iterator[Browser]:
    """One browser for a module's tests, and no longer: while it is there its event loop runs in
    this thread, and no other test in the process could run one of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(browser_executable), args=list(CHROMIUM_ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def real(built: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation with its own receiver and line as processes, and the pages before them."""
    data = tmp_path_factory.mktemp("real") / "data"
    shutil.copytree(built.data, data)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (data / "tagwatch.toml").write_text(f"[tags]\nport = {port}\n", encoding="utf-8")
    config = Config(data=data, tags=TagsConfig(port=port))
    command = [sys.executable, "-m", "tagwatch", "process"]
    running = [subprocess.Popen([*command, name, "--data", str(data)]) for name in ("receiver",)]
    try:
        _until_answered(config)
        running.append(subprocess.Popen([*command, "line", "--data", str(data)]))
        _until_followed(config)
        site = Site(create_app(config), config)
        site.start()
        yield site
        site.stop()
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(20)


def _until_answered(config: Config) -> None:
    end = time.monotonic() + 60
    post = JournalPost(config.receiver_socket, timeout_s=2.0)
    try:
        while True:
            try:
                post.head()
            except PostError:
                assert time.monotonic() < end, "the receiver did not start"
                time.sleep(0.1)
            else:
                return
    finally:
        post.close()


def _until_followed(config: Config) -> None:
    engine = open_projections(config)
    end = time.monotonic() + 60
    post = JournalPost(config.receiver_socket, timeout_s=2.0)
    while applied_seq(engine) < max(3, post.head().seq):
        assert time.monotonic() < end, "the line does not follow"
        time.sleep(0.1)
    post.close()
    engine.dispose()


def state_purpose(found: Page, address: str) -> None:
    found.goto(f"{address}/purpose?next=/about")
    found.locator(".govuk-radios__label").first.click()
    found.get_by_role("button", name="Continue").click()


@pytest.fixture
def visit(site: Site, chromium: Browser) -> Iterator[Visit]:
    """Open a path as an account, in a browser of its own; `width` and `scripts` as asked.

    At the end no page may have reported an error, and above all no refused script or style.
    """
    contexts: dict[tuple[str, int, Any], BrowserContext] = {}
    complaints: list[str] = []

    def opened(path: str, name: str | None = "operator", width: int = 1200, scripts: Any = True):
        key = (name or "", width, scripts)
        if key not in contexts:
            context = chromium.new_context(
                viewport={"width": width, "height": 900}, java_script_enabled=scripts
            )
            context.set_default_timeout(15_000)
            contexts[key] = context
            if name is not None:
                link = demonstration_link(site.config, AccountId(f"ac_{name}"), site.address)
                entry = context.new_page()
                entry.goto(link)
                entry.close()
        page = contexts[key].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: _note(said, complaints))
        page.goto(site.address + path)
        return page

    yield opened
    for context in contexts.values():
        context.close()
    assert not complaints, complaints


def _note(said: Any, complaints: list[str]) -> None:
    itself = said.location["url"] == said.page.url  # what is refused is said on the page
    if said.type == "error" and "ERR_" not in said.text and not itself:
        complaints.append(said.text)


@pytest.fixture
def clean(axe_script: Path) -> Callable[[Page], None]:
    """Assert that axe finds nothing wrong on a page, and that nothing runs over its width."""
    source = axe_script.read_text(encoding="utf-8")
    run = "axe.run({resultTypes: ['violations']}).then(found => "
    run += "JSON.stringify(found.violations.map(v => [v.id, v.help, "
    run += "v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)])))"

    def check(page: Page) -> None:
        # Evaluated by the browser's own tools, so the page's policy is not loosened for it.
        page.evaluate(source)
        wrong = json.loads(page.evaluate(run))
        assert not wrong, json.dumps(wrong, indent=1)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{page.url} is {wide} px too wide"

    return check
