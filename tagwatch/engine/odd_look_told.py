"""Tells those who may see the audit that there are new looks to ask about, once for each finding.

The message says how many and where to read them: no wearer and no officer is named in it. What was
told is a line of the audit, so that the next day, or a restart, tells nothing twice. What could be
handed on to nobody is tried again an hour later.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from tagwatch.access.audit import SUMMARY, SYSTEM, Act, AuditClosed, AuditLine, AuditTrail
from tagwatch.access.audit_index import caught_up, entries
from tagwatch.access.role import Role, Verb, may
from tagwatch.access.sign_in import SignIn, open_sign_in
from tagwatch.config import Config
from tagwatch.core.ids import AccountId, NotificationId, derived_id
from tagwatch.core.outcome import Severity, Stage
from tagwatch.core.person import Channel, Contact, Duty, reaches
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.clock import now
from tagwatch.notify.channel.carrier import Accepted, Carrier, Delivered
from tagwatch.notify.message import Message
from tagwatch.query.odd_looks import odd_found
from tagwatch.store.audit_index import Found, places
from tagwatch.store.contacts import contacts_of
from tagwatch.store.database import reading
from tagwatch.store.journal.errors import JournalError

TOLD: Final = "odd_looks_told"
DAYS: Final = 7
REMEMBERED: Final = 90 * DAY
"""A finding is of looks of the last seven days: it is never that old."""
LOOK_S: Final = 3600.0
_MOST: Final = 100_000
_FILE: Final = "odd-looks-told"
_LOG: Final = structlog.get_logger("batch")


async def tell_odd_looks(
    config: Config,
    projections: Engine,
    audit: AuditTrail,
    channels: Mapping[Channel, Carrier],
    stop: asyncio.Event,
) -> None:
    """Look once a day (UTC), until `stop`."""
    path = config.run_folder / _FILE
    while not stop.is_set():
        today = time.time_ns() // 1000 // DAY
        looked = int(path.read_text()) if path.exists() else -1
        if looked < today:
            try:
                if await tell(config, projections, audit, channels, now()):
                    path.write_text(str(today))
            except (OSError, SQLAlchemyError, JournalError, AuditClosed) as error:
                _LOG.warning("odd looks not told", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_S)


async def tell(
    config: Config,
    projections: Engine,
    audit: AuditTrail,
    channels: Mapping[Channel, Carrier],
    at: Instant,
) -> bool:
    """Tell of what was found and not told before; says whether nothing is left to be told."""
    sign_in = open_sign_in(config)
    try:
        fresh = await asyncio.to_thread(_fresh, config, projections, sign_in, at)
        with reading(projections) as connection:
            contacts = [each for duty in Duty for each in contacts_of(connection, duty)]
        reviewers = _reviewers(sign_in)
    finally:
        sign_in.accounts.close()
    if not fresh:
        return True
    reached: list[Contact] = []
    for contact in contacts:
        # Nobody is told of his own looks: another person asks about them.
        count = sum(by != contact.account_id for by in fresh.values())
        if count and reaches(contact, reviewers):
            outcome = await channels[contact.channel].send(_message(config, contact, fresh, count))
            if isinstance(outcome, Delivered | Accepted):
                reached.append(contact)
    if not reached:
        _LOG.warning("odd looks told to nobody", findings=len(fresh), contacts=len(contacts))
        return False
    told = [name for name, by in fresh.items() if any(each.account_id != by for each in reached)]
    line = AuditLine(
        at=at,
        by=SUMMARY,
        role=SYSTEM,
        act=Act.CONSULTATION,
        question=TOLD,
        ids=(*told, *(each.contact_id for each in reached)),
        detail=f"{len(told)} new; {len(reached)} contacts told",
    )
    await asyncio.wrap_future(audit.send(line))
    return True


def _fresh(
    config: Config, projections: Engine, sign_in: SignIn, at: Instant
) -> dict[str, AccountId]:
    """Return what was found and not told before, by whose looks it is about."""
    found = odd_found(config, projections, sign_in, at, DAYS).odd
    asked = Found(questions=(TOLD,), since=Instant(at - REMEMBERED))
    with caught_up(config, _MOST) as (index, _):
        lines = entries(index, config, places(index, asked, None, _MOST))
    told = {name for entry in lines if entry.line is not None for name in entry.line.ids}
    return {one.odd_id: one.by for one in found if one.odd_id not in told}


def _reviewers(sign_in: SignIn) -> frozenset[AccountId | None]:
    """Return the accounts that may see the audit."""
    every = sign_in.accounts.all()
    return frozenset(
        one.account_id for one in every if one.active and may(Role(one.role), Verb.SEE_AUDIT)
    )


def _message(
    config: Config, contact: Contact, fresh: Mapping[str, AccountId], count: int
) -> Message:
    name = derived_id("no", "odd_looks", contact.contact_id, *sorted(fresh))
    many = "1 new look" if count == 1 else f"{count} new looks"
    link = f"{config.web.public_url.rstrip('/')}/audit/odd" if config.web.public_url else ""
    where = link or "Audit, Looks to ask about"
    why = "you may see the audit"
    return Message(
        message_id=NotificationId(name),
        address=contact.address,
        subject=f"Audit: {many} to ask about",
        text=(
            f"The audit has {many} at records that another person should ask about. None is a "
            f"verdict. Read them, and write what came of asking: {where}\n\n"
            f"Why you were told: {why}.\n"
        ),
        code="",
        link=link,
        severity=Severity.ROUTINE,
        stage=Stage.NOTICE,
        kind=None,
        why=why,
        short=f"Audit: {many} to ask about.",
    )
