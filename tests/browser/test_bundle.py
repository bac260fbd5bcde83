"""A bundle is made and handed out on a narrow screen; its guide opens without a network."""

from pathlib import Path

from tagwatch.store.bundle.manifest import opened
from tagwatch.verifier.verdict import State, check
from tests.browser.conftest import state_purpose
from tests.web.test_bundle import day

__all__ = ["day"]


def test_a_bundle_is_made_handed_out_and_read(visit, site, clean, day, tmp_path: Path) -> None:
    page = visit("/about", "officer", 320)
    state_purpose(page, site.address)
    page.goto(f"{site.address}/wearers/w_own/bundles")
    page.fill("#first", day)
    page.fill("#last", day)
    page.fill("#reason", "Crown Court, R v Nobody")
    page.check("#sure")
    page.get_by_role("button", name="Make the bundle").click()
    page.get_by_text("Hand it out", exact=True).click()
    clean(page)
    page.fill("#to-1", "Defence Ltd")
    page.fill("#how-1", "by hand")
    with page.expect_download() as started:
        page.get_by_role("button", name="Enter and save the file").click()
    name = page.locator("dd", has_text="eb_").first.inner_text()
    page.fill("#first", "2026-01-01")
    page.fill("#last", "2026-01-20")
    page.fill("#reason", "Appeal")
    page.fill("#replaces", name)
    page.check("#sure")
    page.get_by_role("button", name="Make the bundle").click()
    clean(page)
    page.fill("#first", day)
    page.fill("#last", day)
    page.fill("#reason", "Appeal")
    page.fill("#replaces", name)
    page.check("#sure")
    page.get_by_role("button", name="Make the bundle").click()
    page.get_by_text("superseded", exact=True).wait_for()
    clean(page)
    page.goto(f"{site.address}/bundles")
    page.get_by_text("Record that he was told").first.click()
    clean(page)
    content = Path(started.value.path()).read_bytes()
    assert check(content).state is State.SAME
    guide = tmp_path / "index.html"
    guide.write_bytes(opened(content).members["index.html"])
    page.goto(guide.as_uri())
    clean(page)
