"""A web application on a real temporary installation, and clients signed in to it."""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import demonstration_link, now
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import Event
from tagwatch.desk.clerk import Clerk, Owned
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Owner
from tagwatch.web.app import create_app, open_foundation, stand_on
from tests.web import sample

Enter = Callable[[str], TestClient[Litestar]]
HOST = "http://127.0.0.1"


def from_address(app: Litestar, address: str) -> Any:
    """The application as it is reached from `address` (a test client names no real one)."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": (address, 50_000)}, receive, send)

    return called


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The sample installation, made once; tests work on copies."""
    return sample.build(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def config(tmp_path: Path, built: Config) -> Config:
    shutil.copytree(built.data, tmp_path / "data")
    return Config(data=tmp_path / "data")


class CentreJournal:
    """Takes acts to a centre in this process, which applies them at once."""

    def __init__(self, centre: InProcessCentre) -> None:
        self._centre = centre
        self._lock = threading.Lock()

    def record(self, event: Event, owner: Owner | None = None) -> int:
        with self._lock:
            seq = self._centre.record(event, at=now(), owner=owner)[0]
            self._centre.apply()
        return seq

    def record_all(self, events: Sequence[Owned]) -> int:
        with self._lock:
            at = now()
            drafts = [draft_of(event, at, owner=owner) for event, owner in events]
            seq = self._centre.append(drafts)[-1]
            self._centre.apply()
        return seq


@pytest.fixture
def centre(config: Config) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(config) as found:
        yield found


@pytest.fixture(scope="session")
def pages(built: Config, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The application, made once, for its hundreds of routes take long: each test lets it stand on
    the copy of the installation that is its own."""
    folder = tmp_path_factory.mktemp("pages") / "data"
    shutil.copytree(built.data, folder)
    app = create_app(Config(data=folder))
    app.state.foundation.close()
    return app


@pytest.fixture
def app(pages: Litestar, config: Config, centre: InProcessCentre) -> Iterator[Litestar]:
    """The application on this test's installation; whatever a test asks of it, the audit has the
    verb that the route declares, and no other."""
    clerk = Clerk(CentreJournal(centre), centre.projections)
    stand_on(pages, open_foundation(config, clerk))
    yield pages
    assert pages.state.foundation.undeclared == set()


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    """A browser in which nobody is signed in, on this machine."""
    with TestClient(from_address(app, "127.0.0.1"), base_url=HOST) as found:
        yield found


@pytest.fixture
def enter(client: TestClient[Litestar], config: Config) -> Enter:
    """Sign an account in by a demonstration link."""

    def sign_in(name: str) -> TestClient[Litestar]:
        client.cookies.clear()
        link = demonstration_link(config, AccountId(f"ac_{name}"), HOST)
        answer = client.get(link.removeprefix(HOST), follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return client

    return sign_in
