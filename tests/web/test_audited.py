"""No answer leaves before its audit is on the disk, although pages do not stop for each line."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from litestar import Litestar

from tagwatch.access.audit import audit_line, open_reader
from tagwatch.config import Config
from tagwatch.store.journal.record import Draft
from tagwatch.store.journal.writer import JournalWriter
from tests.web.conftest import Enter


class SlowDisk:
    """The audit's writer on a disk that takes nothing until it is let."""

    def __init__(self, writer: JournalWriter) -> None:
        self.writer, self.let, self.reached = writer, threading.Event(), threading.Event()

    def append(self, drafts: Sequence[Draft]) -> range:
        self.reached.set()
        assert self.let.wait(60)
        return self.writer.append(drafts)

    def close(self) -> None:
        self.writer.close()


@pytest.mark.parametrize(
    "path", ["/alerts", "/alerts/al_w_team", "/alerts/al_none", "/api/v1/alerts"]
)
def test_an_answer_or_refusal_waits_for_all_its_lines(
    app: Litestar, enter: Enter, config: Config, path: str
) -> None:
    browser = enter("operator")
    audit = app.state.foundation.audit
    disk = audit._writer = SlowDisk(audit._writer)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(browser.get, path, headers={"x-purpose": "alert_response"})
        assert disk.reached.wait(60)
        with pytest.raises(TimeoutError):
            asked.result(0.2)
        disk.let.set()
        assert asked.result(60).status_code == (404 if "none" in path else 200)
    reader = open_reader(config, "web")
    lines = [audit_line(record) for record in reader.read(0, 10_000)]
    reader.close()
    assert lines[-1] is not None
    assert lines[-1].by == "ac_operator"


def test_nothing_is_answered_once_the_audit_is_closed(app: Litestar, enter: Enter) -> None:
    browser = enter("operator")
    app.state.foundation.audit.close()
    answer = browser.get("/alerts")
    assert answer.status_code == 503
    assert "<table" not in answer.text
