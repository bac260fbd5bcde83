"""Connecting a phone: a secret shown once, in the form its app reads; and shut out again."""

import base64
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tagwatch.config import TagsConfig
from tagwatch.core.person import Scheme
from tagwatch.web.phone_settings import settings_for, tags_url, warnings
from tests.web.conftest import Enter
from tests.web.test_register import hidden


def test_traccar_client_reads_its_code_as_server_and_settings() -> None:
    found = settings_for(Scheme.TRACCAR_CLIENT, "https://tags.example", "cr_1", "s3", None)
    link = urlsplit(found.link)
    assert f"{link.scheme}://{link.netloc}{link.path}" == "https://tags.example/"
    asked = parse_qs(link.query)
    assert asked["id"] == ["s3"]
    assert asked["accuracy"] == ["highest"]
    assert asked["interval"] == ["60"]
    assert found.picture.startswith("data:image/svg+xml;base64,")


def test_owntracks_reads_its_configuration_from_the_link() -> None:
    found = settings_for(Scheme.OWNTRACKS, "https://tags.example", "cr_1", "s3", None)
    link = urlsplit(found.link)
    assert (link.scheme, link.path) == ("owntracks", "/config")
    inline = parse_qs(link.query)["inline"][0]
    configuration = json.loads(base64.b64decode(inline))
    assert configuration["_type"] == "configuration"
    assert configuration["mode"] == 3
    assert configuration["url"] == "https://tags.example/owntracks"
    assert (configuration["username"], configuration["password"]) == ("cr_1", "s3")


@pytest.mark.parametrize(
    ("tags", "url", "words"),
    [
        (TagsConfig(), "http://127.0.0.1:8081", "Only programs on this machine"),
        (TagsConfig(bind="0.0.0.0"), "http://0.0.0.0:8081", "in place of 0.0.0.0"),
        (TagsConfig(bind="192.168.1.5"), "http://192.168.1.5:8081", "same network"),
        (TagsConfig(public_url="http://tags.example/"), "http://tags.example", "Without TLS"),
    ],
)
def test_what_will_not_work_is_said(tags: TagsConfig, url: str, words: str) -> None:
    assert tags_url(tags) == url
    assert any(words in sentence for sentence in warnings(tags))


def test_over_tls_on_a_public_name_nothing_stands_against_it() -> None:
    assert warnings(TagsConfig(public_url="https://tags.example")) == []


def test_the_secret_is_shown_once_and_can_be_shut_out(enter: Enter) -> None:
    browser = enter("operator")
    form = hidden(browser.get("/tags/t_own").text)
    shown = browser.post("/tags/t_own/credentials", data={**form, "scheme": "traccar_client"})
    secret = re.search(r"id=([0-9a-f]{32})", shown.text)
    assert secret
    page = browser.get("/tags/t_own").text
    assert secret[1] not in page
    assert "waiting; dies unused" in page
    credential = re.search(r"/credentials/(cr_\w+)/revoke", page)
    assert credential
    answer = browser.post(credential[0], data={**form, "tag": "t_own"}, follow_redirects=False)
    assert answer.status_code == 303
    assert "revoked" in browser.get("/tags/t_own").text


def test_a_code_needs_a_choice(enter: Enter) -> None:
    browser = enter("operator")
    form = hidden(browser.get("/tags/t_own").text)
    answer = browser.post("/tags/t_own/credentials", data=form)
    assert answer.status_code == 422
    assert "Choose what will send the fixes" in answer.text
