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
    content = Path(started.value.path()).read_bytes()
    assert check(content).state is State.SAME
    guide = tmp_path / "index.html"
    guide.write_bytes(opened(content).members["index.html"])
    page.goto(guide.as_uri())
    clean(page)
