"""The heads of journal and audit leave each day; what no longer leads to them is seen."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
import typer

from tagwatch.access.audit import Act, AuditTrail, line_of
from tagwatch.cli.verify import verify
from tagwatch.config import Config, MailTls, SmtpConfig, WatchConfig
from tagwatch.core.ids import AccountId
from tagwatch.core.person import Tag
from tagwatch.core.recorded_register import TagRecorded
from tagwatch.core.units import Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.clock import now
from tagwatch.engine.head_mail import mail_head
from tagwatch.store.heads import mailed_heads
from tagwatch.store.journal.record import Head
from tests.notify.conftest import postbox
from tests.notify.world import Postbox

__all__ = ["postbox"]


class Receiver:
    """What the receiver answers about the journal's head."""

    def __init__(self, centre: InProcessCentre) -> None:
        self._centre = centre

    async def head(self) -> Head:
        return self._centre.writer.head()


def looked(config: Config, times: int) -> None:
    """Write lines of audit, as a process does."""
    trail = AuditTrail.open(config, "web")
    for number in range(times):
        trail.record(line_of(None, Instant(now() + number), Act.CONSULTATION, "health"))
    trail.close()


def mailed(config: Config, centre: InProcessCentre, postbox: tuple[Postbox, int]) -> dict:
    """Mail the heads, and return what was in the mail."""
    asyncio.run(mail_head(config, Receiver(centre)))
    text = postbox[0].mails[-1].get_payload(decode=True).decode()
    return {"text": text, **json.loads(text[text.index("{") :])}


def exit_code(config: Config, *heads: str) -> int:
    try:
        verify(data=config.data, head=list(heads))
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def test_the_heads_are_mailed_and_an_audit_begun_anew_is_seen(
    tmp_path: Path, postbox: tuple[Postbox, int], capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(
        data=tmp_path / "data",
        smtp=SmtpConfig(
            host="127.0.0.1", port=postbox[1], tls=MailTls.NONE, sender="tagwatch@example.org"
        ),
        watch=WatchConfig(head_recipients=("inspectorate@example.org",)),
    )
    with InProcessCentre.open(config) as centre:
        tag = Tag(tag_id="t_1", serial="TW-1")
        centre.record(TagRecorded(tag=tag, by=AccountId("ac_test")), at=now())
        looked(config, 3)
        first = mailed(config, centre, postbox)
        assert postbox[0].mails[-1]["To"] == "inspectorate@example.org"
        assert first["audits"]["web"]["seq"] == 3
        assert first["problems"] == []
        assert first["joined"] == mailed_heads(config)[-1].joined
        looked(config, 2)
        assert mailed(config, centre, postbox)["problems"] == []
    (config.data / "tagwatch.toml").touch()
    mail = json.dumps({key: value for key, value in first.items() if key != "text"})
    assert exit_code(config, mail) == 0
    with pytest.raises(Exception, match="not those its digest"):
        exit_code(config, mail.replace('"seq": 3', '"seq": 2'))

    # Whoever holds the machine writes another audit, longer than the one there was.
    shutil.rmtree(config.audit_folder("web"))
    shutil.rmtree(config.keys_folder / "audit-web")
    looked(config, 9)
    capsys.readouterr()
    assert exit_code(config) == 1
    assert "NOT on this chain: head 3:" in capsys.readouterr().out
    with InProcessCentre.open(config) as centre:
        third = mailed(config, centre, postbox)
    assert third["problems"][0] == "audit of web: head 3, mailed earlier, is not on it"
    assert third["text"].startswith("PROBLEM: audit of web")

    # Or takes it away.
    shutil.rmtree(config.audit_folder("web"))
    with pytest.raises(Exception, match="not here any more: audit web"):
        exit_code(config)
