"""The register of evidence bundles: which were made, who received them; and making one."""

import threading
from hashlib import sha256
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.access.reader import Reader
from tagwatch.access.refusal import Refused, lacks_duty
from tagwatch.access.scope import may_see_secrets
from tagwatch.config import Config
from tagwatch.core.ids import AccountId, WearerId, derived_id
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_bundle import BundleMade
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.query.bundle import Asked, Made, make_bundle
from tagwatch.query.bundle_facts import BundleRefused, bundle_facts, check_window
from tagwatch.query.bundle_records import record_files
from tagwatch.query.bundle_standing import BundleLine, register_lines
from tagwatch.query.bundle_story import readable_files
from tagwatch.store import schema
from tagwatch.store.bundle.manifest import redacted
from tagwatch.store.bundle_asks import BundleAsk, asks_of, drop_ask, put_ask, waiting_asks
from tagwatch.store.bundles import bundle_made, keep_file, kept_file
from tagwatch.store.journal.errors import JournalError

MOST_WAITING: Final = 20
MOST_DAYS_HERE: Final = 8
"""Longer windows are made by batch."""
_ONE: Final = threading.Lock()


class BundleRegister(msgspec.Struct, frozen=True, kw_only=True):
    """The bundles of one wearer, the newest first."""

    wearer: Wearer
    lines: tuple[BundleLine, ...]
    asked: tuple[BundleAsk, ...] = ()
    """What batch is to make, or could not make, the oldest first."""
    may_see_closed: bool


class BundleFile(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle in one of its forms."""

    name: str
    form: str
    sha256: str
    content: bytes
    """Base64 in JSON."""


def bundle_register(reader: Reader, config: Config, wearer_id: WearerId) -> BundleRegister:
    """Return the register of a wearer within scope. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "bundles")
        lines = register_lines(connection, wearer_id)
    reader.consulted("bundles", [wearer_id, *(line.made.bundle_id for line in lines)])
    closed = may_see_secrets(reader.actor, wearer)
    asked = tuple(asks_of(config, wearer_id))
    return BundleRegister(wearer=wearer, lines=lines, asked=asked, may_see_closed=closed)


def make_for(
    reader: Reader,
    config: Config,
    wearer_id: WearerId,
    window: tuple[Instant, Instant],
    reason: str,
    replaces: str = "",
) -> tuple[BundleMade, Made]:
    """Make a bundle for a reader, keep its file, and return what the journal is to be told.

    On the audit as a disclosure before it is made. Raises NotFound, BundleRefused.
    """
    if not reason.strip():
        raise BundleRefused("Write what the bundle is for: court, defence, appeal, and which case")
    if window[1] - window[0] > MOST_DAYS_HERE * DAY:
        raise BundleRefused(
            f"At once at most {MOST_DAYS_HERE} days: a longer one is asked for, and batch makes it"
        )
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "make_bundle")
    span = f"[{iso(window[0])}, {iso(window[1])})"
    reader.disclosing("make_bundle", [wearer_id], f"{span} {reason.strip()[:200]}")
    asked = Asked(
        by=reader.actor.account_id, at=reader.now(), reason=reason.strip(), replaces=replaces
    )
    if not _ONE.acquire(blocking=False):
        raise BundleRefused("Another bundle is being made: try again in a minute")
    try:
        with reader.connection() as connection:
            return made_on(connection, config, wearer.wearer_id, window, asked)
    except JournalError as error:
        raise BundleRefused(str(error)) from error
    finally:
        _ONE.release()


def ask_for(
    reader: Reader,
    config: Config,
    wearer_id: WearerId,
    window: tuple[Instant, Instant],
    reason: str,
    replaces: str = "",
) -> BundleAsk:
    """Keep that batch is to make a bundle; what failed before of this wearer is taken away.

    On the audit as a disclosure. Raises NotFound, BundleRefused.
    """
    check_window(window, reader.now())
    if not reason.strip():
        raise BundleRefused("Write what the bundle is for: court, defence, appeal, and which case")
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "make_bundle")
        if replaces:
            _check_replaced(connection, replaces, wearer_id)
    before = asks_of(config, wearer_id)
    if any(not ask.failure for ask in before):
        raise BundleRefused("One is being made for this wearer already: wait until it is there")
    if len(waiting_asks(config)) >= MOST_WAITING:
        raise BundleRefused(f"{MOST_WAITING} bundles wait to be made: try again in an hour")
    span = f"[{iso(window[0])}, {iso(window[1])})"
    reader.disclosing("make_bundle", [wearer_id], f"{span} {reason.strip()[:200]}")
    ask = BundleAsk(
        ask_id=derived_id("ask", wearer_id, *window, reader.now(), reader.actor.account_id),
        wearer_id=wearer.wearer_id,
        start=window[0],
        end=window[1],
        reason=reason.strip(),
        replaces=replaces,
        at=reader.now(),
        by=reader.actor.account_id,
    )
    put_ask(config, ask)
    for old in before:
        drop_ask(config, old)
    return ask


def made_on(
    connection: Connection,
    config: Config,
    wearer_id: WearerId,
    window: tuple[Instant, Instant],
    asked: Asked,
) -> tuple[BundleMade, Made]:
    """Make a bundle on one state of the tables, keep its file, and return what the journal is to
    be told. The caller has checked the scope and put it on the audit."""
    if asked.replaces:
        _check_replaced(connection, asked.replaces, wearer_id)
    known = connection.scalar(select(func.max(schema.cursor.c.seq))) or 0
    facts = bundle_facts(connection, wearer_id, window, asked.at)
    files = readable_files(facts, asked.at) | record_files(connection, config, facts, asked)
    made = make_bundle(config, facts, asked, known, files)
    shown = redacted(made.file) if made.manifest.has_closed else b""
    keep_file(config, wearer_id, made.bundle_id, made.file)
    event = BundleMade(
        bundle_id=made.bundle_id,
        wearer_id=wearer_id,
        start=window[0],
        end=window[1],
        reason=asked.reason,
        sha256=made.sha256,
        redacted_sha256=digest(shown) if shown else "",
        size_bytes=len(made.file),
        head_seq=made.manifest.head.seq,
        known_seq=known,
        signer=made.manifest.signer,
        replaces=asked.replaces,
        differs=len(made.differs),
        ask_id=asked.ask_id,
        at=asked.at,
        by=AccountId(asked.by),
    )
    return event, made


def bundle_file(
    reader: Reader, config: Config, wearer_id: WearerId, bundle_id: str, form: str
) -> tuple[BundleMade, BundleFile]:
    """Return a bundle's file in one form. Raises NotFound, and Refused for closed files."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "bundle")
        made = bundle_made(connection, bundle_id)
    if made is None or made.wearer_id != wearer_id:
        reader.refuse("bundle", [wearer_id, bundle_id[:80]], "unknown")
    content = kept_file(config, wearer_id, bundle_id)
    if content is None:
        reader.refuse("bundle", [wearer_id, bundle_id], "its file is not kept any more")
    whole = not made.redacted_sha256
    if not whole and form == "expert" and not may_see_secrets(reader.actor, wearer):
        reader.refused("bundle", [wearer_id, bundle_id], "closed files")
        raise Refused(lacks_duty(reader.actor, "This bundle"))
    if whole:
        form = "whole"
    elif form != "expert":
        form, content = "redacted", redacted(content)
    name = f"evidence-{bundle_id}{'' if whole else '-' + form}.zip"
    return made, BundleFile(name=name, form=form, sha256=digest(content), content=content)


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return sha256(content).hexdigest()


def _check_replaced(connection: Connection, replaces: str, wearer_id: WearerId) -> None:
    before = bundle_made(connection, replaces)
    if before is None or before.wearer_id != wearer_id:
        raise BundleRefused(f"there is no bundle {replaces[:80]} of this wearer")
