"""Signing in through a real OpenID Connect provider, started here: what counts, what does not."""

import re
import socket
import subprocess
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import now
from tagwatch.access.identity import identities_of, link_identity
from tagwatch.access.oidc import FLOW_LASTS, ServiceFailed, SignInService
from tagwatch.access.sign_in import Problem
from tagwatch.config import Config, ConfigError, WebConfig, load
from tagwatch.config_oidc import OidcConfig
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, MINUTE, Instant
from tests.conftest import ROOT
from tests.web.conftest import HOST, Enter
from tests.web.test_routes import audit, token_of

OFFICER = AccountId("ac_officer")
Browser = TestClient[Litestar]


class Provider:
    """oidc-provider on a port of this machine; each start has other keys."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        node, script = ROOT / ".venv" / "bin" / "node", ROOT / "tests" / "web" / "provider.mjs"
        back = f"{HOST}/sign-in/service/back"
        command = [str(node), str(script), str(self.port), back]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        assert self._process.stdout is not None
        while (said := self._process.stdout.readline()) != "ready\n":
            assert said, "the provider did not start"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)
            self._process = None


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    found = Provider()
    found.start()
    yield found
    found.stop()


@pytest.fixture
def service(app: Litestar, provider: Provider) -> SignInService:
    """The application with that provider as its sign-in service, one officer linked."""
    oidc = OidcConfig(
        issuer=provider.issuer, client_id="tagwatch", client_secret="a secret: of & both"
    )
    base = app.state.foundation
    found = SignInService(oidc, WebConfig(public_url=HOST), base.sign_in)
    config = msgspec.structs.replace(base.config, oidc=oidc)
    app.state.foundation = msgspec.structs.replace(base, service=found, config=config)
    link_identity(
        base.sign_in.accounts, OFFICER, provider.issuer, "s-4711", AccountId("ac_x"), now()
    )
    return found


def at_provider(address: str, subject: str, amr: str, **more: str) -> str:
    """Follow a browser to the provider, sign in there; return the address it sends us back to."""
    with httpx.Client() as person:
        answer = person.get(address)
        while True:
            if answer.next_request is not None:
                there = str(answer.next_request.url)
                if there.startswith(f"{HOST}/"):
                    return there.removeprefix(HOST)
                answer = person.get(there)
                continue
            assert "<form" in answer.text, answer.text
            form = {"login": subject, "amr": amr, **more}
            answer = person.post(answer.url, data=form)


def signed_in(client: Browser, subject: str = "s-4711", amr: str = "pwd otp", **more: str):
    """Sign in through the provider and return our answer."""
    left = client.get("/sign-in/service?next=/wearers", follow_redirects=False)
    assert left.status_code == 303
    back = at_provider(left.headers["location"], subject, amr, **more)
    return client.get(back, follow_redirects=False)


def problem(answer: httpx.Response) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).query).get("said", [""])[0]


def test_a_linked_officer_signs_in_and_it_is_on_the_audit(
    service: SignInService, client: Browser, app: Litestar, config: Config
) -> None:
    answer = signed_in(client)
    assert answer.headers["location"] == "/wearers"
    page = client.get("/your-sign-in").text
    assert ">provider<" in page
    (line,) = [one for one in audit(config, app) if one.detail == "sign-in service"]
    assert line.by == OFFICER
    (linked,) = identities_of(app.state.foundation.sign_in.accounts, OFFICER)
    assert linked.used_at is not None


def test_nobody_gets_an_account_by_it_and_a_second_factor_is_asked_for(
    service: SignInService, client: Browser, app: Litestar, config: Config
) -> None:
    assert problem(signed_in(client, subject="s-9999")) == Problem.NOT_LINKED
    assert problem(signed_in(client, amr="pwd")) == Problem.WEAK
    assert problem(signed_in(client, refuse="yes")) == Problem.PROVIDER
    app.state.foundation.sign_in.accounts.alter(OFFICER, {"active": 0})
    assert problem(signed_in(client)) == Problem.NOT_LINKED
    assert client.get("/wearers", follow_redirects=False).status_code == 303
    page = client.get("/sign-in?said=not+linked").text
    assert "No account here is linked with yours" in page
    assert any("access_denied" in line.detail for line in audit(config, app))


def test_an_answer_counts_in_the_browser_that_asked_in_time_and_once(
    service: SignInService, client: Browser
) -> None:
    at = now()
    address, flow = service.begin("/", at)
    back = at_provider(address, "s-4711", "otp")
    said = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    _, other = service.begin("/", at)
    for sealed, answer, when in (
        ("", said, at),
        (other, said, at),
        (flow, {**said, "state": "x"}, at),
        (flow, said, Instant(at + FLOW_LASTS)),
    ):
        with pytest.raises(ServiceFailed, match=Problem.EXPIRED):
            service.finish(sealed, answer, when)
    with pytest.raises(ServiceFailed, match=Problem.PROVIDER):
        service.finish(flow, {**said, "iss": "http://127.0.0.1:1"}, at)
    assert service.finish(flow, said, at).account_id == OFFICER
    with pytest.raises(ServiceFailed, match=Problem.PROVIDER):
        service.finish(flow, said, at)  # the provider gives nothing for a code twice


def test_a_token_is_for_us_fresh_signed_and_answers_our_question(
    service: SignInService, provider: Provider
) -> None:
    at = now()
    address, sealed = service.begin("/", at)
    back = at_provider(address, "s-4711", "otp")
    flow = service._flow(sealed, at)
    code = parse_qs(urlsplit(back).query)["code"][0]
    token = service._token(code, flow, at)
    assert service.checked(token, flow.nonce, at)["sub"] == "s-4711"
    skewed = Instant(at - 50_000_000)
    assert service.checked(token, flow.nonce, skewed)["sub"] == "s-4711", "a clock may be off"
    head, body, signature = token.split(".")
    flipped = f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    for wrong, nonce, when in (
        (token, "another", at),
        (token, flow.nonce, Instant(at + 3 * HOUR)),
        (token, flow.nonce, Instant(at - 5 * MINUTE)),
        (flipped, flow.nonce, at),
        (f"eyJhbGciOiJub25lIn0.{body}.", flow.nonce, at),
        ("nonsense", flow.nonce, at),
    ):
        with pytest.raises(ServiceFailed, match=Problem.PROVIDER):
            service.checked(wrong, nonce, when)
    other = msgspec.structs.replace(service.config, client_id="somebody-else")
    with pytest.raises(ServiceFailed, match=Problem.PROVIDER):
        SignInService(other, WebConfig(public_url=HOST), service._sign_in).checked(
            token, flow.nonce, at
        )
    lying = msgspec.structs.replace(service.config, issuer=f"http://localhost:{provider.port}")
    with pytest.raises(ServiceFailed, match=Problem.PROVIDER):
        SignInService(lying, WebConfig(public_url=HOST), service._sign_in).begin("/", at)


def test_new_keys_are_fetched_and_a_service_that_is_down_leaves_other_ways(
    service: SignInService, client: Browser, provider: Provider, app: Litestar
) -> None:
    assert signed_in(client).headers["location"] == "/wearers"
    provider.stop()
    try:
        fresh = SignInService(service.config, WebConfig(public_url=HOST), service._sign_in)
        base = app.state.foundation
        app.state.foundation = msgspec.structs.replace(base, service=fresh)
        down = client.get("/sign-in/service", follow_redirects=False)
        assert problem(down) == Problem.PROVIDER
        page = client.get(down.headers["location"]).text
        assert "does not answer" in page
        assert 'name="password"' in page
        app.state.foundation = base
    finally:
        provider.start()
    assert signed_in(client).headers["location"] == "/wearers", "its keys are others now"


def test_passwords_may_be_left_to_the_service(
    service: SignInService, client: Browser, app: Litestar
) -> None:
    base = app.state.foundation
    oidc = msgspec.structs.replace(service.config, passwords=False)
    config = msgspec.structs.replace(base.config, oidc=oidc)
    app.state.foundation = msgspec.structs.replace(base, config=config)
    page = client.get("/sign-in").text
    assert 'name="password"' not in page
    assert "/sign-in/service" in page
    data = {"_csrf_token": token_of(client), "name": "officer", "password": "x"}
    assert "Passwords are not used here" in client.post("/sign-in", data=data).text


def test_an_administrator_links_and_unlinks(
    service: SignInService, enter: Enter, app: Litestar
) -> None:
    browser = enter("administrator")
    data = {"_csrf_token": token_of(browser), "subject": "s-4711"}
    taken = browser.post("/accounts/ac_operator/link", data=data)
    assert "linked with an account already" in taken.text
    assert "is linked no more" in browser.post("/accounts/ac_officer/unlink", data=data).text
    assert "The account is linked." in browser.post("/accounts/ac_operator/link", data=data).text
    assert re.search(r"s-4711", browser.get("/accounts/ac_operator").text)


@pytest.mark.parametrize(
    "wrong", ['issuer = "http://login.example.org"', 'issuer = "https://a.example"\nskew_s = 301']
)
def test_settings_that_would_trust_too_much_are_refused(tmp_path, wrong: str) -> None:
    (tmp_path / "tagwatch.toml").write_text(f"[oidc]\n{wrong}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="oidc"):
        load(tmp_path, {})
