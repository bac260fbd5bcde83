"""The batch process: niced, memory-capped, and away from the alarm. It watches the line too, and
works out rehearsals for the pages: of zones while somebody waits, of rule settings beside it.
In threads of their own it keeps the trail archive (`archive_loop`) and looks into the folder of
police's crimes (`crime_folder`); it draws the monthly sample of data requests and destroys what
they released when its time is over (`request_keeping`).

Each day it mails the heads of the journal and of the audit to outside addresses
(`head_mail`), and puts on the audit what tags sent and what messages went out (`day_summary`).
"""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy import Engine, inspect

from tagwatch.config import Config
from tagwatch.core.event import Event
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.engine.archive_loop import ArchiveLoop
from tagwatch.engine.audit_index import keep_index
from tagwatch.engine.batch_audit import teller, told_first
from tagwatch.engine.bundles import Bundles
from tagwatch.engine.child import cap_memory, stand_back
from tagwatch.engine.clock import now, started
from tagwatch.engine.crime_folder import CrimeFolderLoop
from tagwatch.engine.day_summary import DaySummary
from tagwatch.engine.head_mail import mail_heads
from tagwatch.engine.matching import Matching
from tagwatch.engine.observe import observer
from tagwatch.engine.odd_look_told import tell_odd_looks
from tagwatch.engine.rehearsals import rehearsals
from tagwatch.engine.request_keeping import RequestKeeping
from tagwatch.engine.settings_trials import Record, SettingsTrials
from tagwatch.engine.weeks import Weeks
from tagwatch.notify.carriers import carriers
from tagwatch.notify.watch import Watcher
from tagwatch.store import schema
from tagwatch.store.contacts import contacts_of
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.post import AsyncJournalPost, PostError

_LOG: Final = structlog.get_logger("batch")
_NICE: Final = 10
_WAIT_S: Final = 0.5
_LOOK_S: Final = 60.0


def run_batch_process(config: Config) -> None:
    """Run until SIGTERM or SIGINT."""
    stand_back(_NICE)
    cap_memory(config.limits.batch_memory_bytes)
    asyncio.run(_run(config))


async def _run(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    projections = await _projections(config, stop)
    if projections is None:
        return
    post = AsyncJournalPost(config.receiver_socket)
    watcher = _watcher(config, projections, post)
    summary = DaySummary(config, projections)
    tell = teller(summary.audit)
    try:
        with suppress(PostError):
            await post.append([draft_of(started("batch"), now())])
        one = asyncio.Lock()
        async with rehearsals(config.batch_socket, projections, one), asyncio.TaskGroup() as tasks:
            tasks.create_task(watcher.run())
            trials = SettingsTrials(
                projections, recorder(post), one, config.rehearsal.settings_seconds
            )
            tasks.create_task(trials.run(stop))
            tasks.create_task(mail_heads(config, post, stop))
            tasks.create_task(keep_index(config, stop))
            tasks.create_task(summary.run(stop))
            told = tell_odd_looks(config, projections, summary.audit, carriers(config), stop)
            tasks.create_task(told)
            tasks.create_task(ArchiveLoop(config, projections).run(stop))
            matching = Matching(projections, told_first(recorder(post), tell))
            tasks.create_task(matching.run(stop))
            tasks.create_task(Bundles(config, projections, recorder(post)).run(stop))
            tasks.create_task(Weeks(config, projections, recorder(post)).run(stop))
            tasks.create_task(CrimeFolderLoop(config, tell).run(stop))
            keeping = RequestKeeping(config, projections, recorder(post), tell)
            tasks.create_task(keeping.run(stop))
            await stop.wait()
            watcher.stop()
    finally:
        summary.close()
        await post.close()
        projections.dispose()


async def _projections(config: Config, stop: asyncio.Event) -> Engine | None:
    """Return read-only connections, once the line has made the tables."""
    while not stop.is_set():
        if config.projections_file.exists():
            found = open_tables(config, Access.READ)
            if inspect(found).has_table(schema.contact.name):
                return found
            found.dispose()  # the file is there; the line is still making its tables
        await _wait(stop, _WAIT_S)
    return None


def recorder(post: AsyncJournalPost) -> Record:
    """Return what journals events through the receiver, as of now."""

    async def record(events: Sequence[Event]) -> object:
        return await post.append([draft_of(event, now()) for event in events])

    return record


def _watcher(config: Config, projections: Engine, post: AsyncJournalPost) -> Watcher:
    with reading(projections) as connection:
        technical = [c for c in contacts_of(connection, Duty.TECHNICAL) if _by_mail(c)]
    mail = carriers(config)[Channel.EMAIL] if config.smtp.host else None
    return Watcher(
        observer(config, projections),
        recorder(post),
        config.watch,
        mail,
        [contact.address for contact in technical],
    )


def _by_mail(contact: Contact) -> bool:
    return contact.active and contact.channel is Channel.EMAIL


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
