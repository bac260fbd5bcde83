"""The planted installation, made once, and clients signed in to it."""

from collections.abc import Callable, Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import demonstration_link
from tagwatch.core.ids import AccountId
from tagwatch.desk.clerk import Clerk
from tagwatch.engine.centre import InProcessCentre
from tagwatch.web.app import create_app
from tests.secret import world
from tests.web.conftest import HOST, CentreJournal, from_address

Browser = TestClient[Litestar]
Enter = Callable[[str], Browser]


@pytest.fixture(scope="package")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessCentre]:
    made = world.lay(tmp_path_factory.mktemp("planted") / "data")
    yield made
    made.close()


@pytest.fixture(scope="package")
def app(centre: InProcessCentre) -> Litestar:
    clerk = Clerk(CentreJournal(centre), centre.projections)
    return create_app(centre.config, clerk=clerk)


@pytest.fixture(scope="package")
def client(app: Litestar) -> Iterator[Browser]:
    with TestClient(from_address(app, "127.0.0.1"), base_url=HOST) as found:
        yield found


@pytest.fixture(scope="package")
def enter(client: Browser, centre: InProcessCentre) -> Enter:
    """Sign an account in; each keeps its session and its stated purpose."""
    jars: dict[str, dict[str, str]] = {}

    def sign_in(name: str) -> Browser:
        client.cookies.clear()
        if name in jars:
            client.cookies.update(jars[name])
            return client
        link = demonstration_link(centre.config, AccountId(f"ac_{name}"), HOST)
        answer = client.get(link.removeprefix(HOST), follow_redirects=False)
        assert answer.status_code == 303, answer.text
        jars[name] = dict(client.cookies)
        return client

    return sign_in


@pytest.fixture(scope="package")
def about(centre: InProcessCentre) -> str:
    """The alert over the planted place."""
    found = world.about_it(centre)
    assert found, "the line raised nothing"
    return found[0].alert_id
