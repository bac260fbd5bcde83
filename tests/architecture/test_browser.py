"""What set-up fetched for pages and for their tests works in the browser that tests use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.architecture.source import PACKAGE
from tests.conftest import CHROMIUM_ARGUMENTS

VENDOR = PACKAGE / "web" / "static" / "vendor"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser_executable: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser_executable, args=list(CHROMIUM_ARGUMENTS)
        )
        page = chromium.new_page()
        page.set_content(
            "<!doctype html><html lang='en'><title>Empty</title><main><h1>Hi</h1></main>"
        )
        yield page
        chromium.close()


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("htmx.min.js", "htmx.process"),
        ("ol.js", "ol.Map"),
        ("pmtiles.js", "pmtiles.PMTiles"),
        ("olpmtiles.js", "olpmtiles.PMTilesVectorSource"),
    ],
)
def test_each_script_gives_its_name(page: Page, script: str, name: str) -> None:
    page.add_script_tag(path=VENDOR / script)
    assert page.evaluate(f"typeof {name}") == "function"


def test_the_live_extension_joins_htmx(page: Page) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.add_script_tag(path=VENDOR / "htmx.min.js")
    page.add_script_tag(path=VENDOR / "hx-sse.min.js")
    assert not faults


@pytest.mark.parametrize("script", ["govuk-frontend.min.js", "moj-frontend.min.js"])
def test_each_module_offers_to_start_everything(page: Page, script: str) -> None:
    source = (VENDOR / script).read_text(encoding="utf-8")
    kind = page.evaluate(
        """async source => {
            const address = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
            return typeof (await import(address)).initAll;
        }""",
        source,
    )
    assert kind == "function"


def test_axe_judges_a_page(page: Page, axe_script: Path) -> None:
    page.add_script_tag(path=axe_script)
    found = page.evaluate("async () => (await axe.run()).violations.map(fault => fault.id)")
    assert found == []
