"""The heads of the journal and of the audit go to outside addresses each day, so that nobody, we
least of all, can rewrite what happened before.

Before that every byte of the audits is checked, and that the heads mailed earlier are still on
their chains. What does not hold is said in the mail, on Health and to those who keep the system
running.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from typing import Final

import aiosmtplib
import msgspec
import structlog

from tagwatch.access.audit import streams
from tagwatch.config import Config, MailTls
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.engine.clock import now
from tagwatch.store.heads import AUDIT, MailedHead, joined, mailed_heads, note_head, published_of
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.verify import PublishedHead, VerifyReport, verify
from tagwatch.store.post import AsyncJournalPost, PostError

_LOG: Final = structlog.get_logger("batch")
_LOOK_S: Final = 60.0
_HEAD_FILE: Final = "head-mailed"
_SHOWN: Final = 3


async def mail_heads(config: Config, post: AsyncJournalPost, stop: asyncio.Event) -> None:
    """Mail the heads once a UTC day, as soon as it can be done."""
    path = config.run_folder / _HEAD_FILE
    while not stop.is_set():
        today = time.time_ns() // 1000 // DAY
        mailed = int(path.read_text()) if path.exists() else -1
        if config.watch.head_recipients and config.smtp.host and mailed < today:
            try:
                await mail_head(config, post)
                path.write_text(str(today))
            except (aiosmtplib.SMTPException, OSError, PostError) as error:
                _LOG.warning("head not mailed", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_S)


async def mail_head(config: Config, post: AsyncJournalPost) -> MailedHead:
    """Mail the heads of the journal and of each audit to the outside addresses, and keep that it
    was done. Raises SMTPException, OSError, PostError.

    Whoever keeps these mails can prove later that nothing before them was changed.
    """
    head = await post.head()
    audits, problems = await asyncio.to_thread(audits_checked, config, mailed_heads(config))
    at = now()
    mailed = MailedHead(
        at=Instant(at - at % 1_000_000),
        seq=head.seq,
        digest=head.digest.hex(),
        audits=audits,
        problems=problems,
    )
    mailed = msgspec.structs.replace(mailed, joined=joined(mailed.of_chains()))
    if mailed.problems:
        _LOG.error("audit does not hold", problems=mailed.problems)
    await _send(config, mailed)
    note_head(config, mailed)
    return mailed


def audits_checked(
    config: Config, mailed: Sequence[MailedHead]
) -> tuple[dict[str, PublishedHead], tuple[str, ...]]:
    """Check every byte of each audit, and that the heads mailed earlier are on its chain. Returns
    each audit's head, and in sentences what does not hold."""
    published = published_of(mailed)
    heads: dict[str, PublishedHead] = {}
    problems: list[str] = []
    for process in streams(config):
        keys, earlier = config.keys_folder / f"audit-{process}", published.get(AUDIT + process, [])
        report = verify(config.audit_folder(process), OsFiles(), keys, earlier)
        heads[process] = report.head
        problems += (f"audit of {process}: {each}" for each in _wrong(report))
    missing = {name.removeprefix(AUDIT) for name in published if name.startswith(AUDIT)}
    problems += (f"audit of {process}: it is gone" for process in sorted(missing - heads.keys()))
    return heads, tuple(problems)


def _wrong(report: VerifyReport) -> list[str]:
    damage = [f"segment {each.segment}: {each.reason}" for each in report.damage]
    gone = [f"head {each.seq}, mailed earlier, is not on it" for each in report.not_on_chain]
    return [*report.contradictions[:_SHOWN], *damage[:_SHOWN], *gone[:_SHOWN]]


async def _send(config: Config, mailed: MailedHead) -> None:
    message = EmailMessage()
    message["From"] = config.smtp.sender
    message["To"] = ", ".join(config.watch.head_recipients)
    message["Subject"] = f"Tagwatch journal head {mailed.seq} of {iso(mailed.at)}"
    body = {**msgspec.to_builtins(mailed), "at": iso(mailed.at)}
    wrong = "".join(f"PROBLEM: {each}\n" for each in mailed.problems)
    message.set_content(
        f"{wrong}Keep this mail. It proves the journal and the audit up to these records: "
        f"`tagwatch verify --head` checks it.\n\n{msgspec.json.encode(body).decode()}\n"
    )
    smtp = config.smtp
    await aiosmtplib.send(
        message,
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.username or None,
        password=smtp.password or None,
        use_tls=smtp.tls is MailTls.TLS,
        start_tls=smtp.tls is MailTls.STARTTLS,
        timeout=smtp.timeout_s,
    )
