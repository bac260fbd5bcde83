"""A wearer is forgotten, step by step: whatever stops it, the next round goes on where it was.

The journal says that it began, then the keys are destroyed, then the tables forget him while the
line goes on, then the archive is written anew without him and his files go, and in the end a proof
of all that is journaled. Nothing of it needs the installation to stand still.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine

from tagwatch.config import Config
from tagwatch.core.ids import AccountId, WearerId, derived_id
from tagwatch.core.ledger import ForgettingBegun, ForgettingProved, WearerForgotten
from tagwatch.core.recorded_erasure import Trace
from tagwatch.core.retention import RetentionPeriods
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_rewrite import files_with, take_out_wearer
from tagwatch.engine.erased_overviews import forget_overviews
from tagwatch.engine.erasure_proof import NotForgotten, destroyed, proof_of
from tagwatch.store import forgettings, leads
from tagwatch.store.archive import parts
from tagwatch.store.database import reading
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.forgettings import BEGUN, Forgetting
from tagwatch.store.journal.record import Owner
from tagwatch.store.traces import due, keepers, mentions, named_due, owners_of, trace_of, words_of

_LOG: Final = structlog.get_logger("retention")
BY: Final = AccountId("system:retention")

DestroyAll = Callable[[Owner, str], object]
"""Destroys every key of an owner, for a reason, and journals it."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A wearer whose periods are over."""

    wearer_id: WearerId
    since: Instant
    """When they were."""
    why: tuple[str, ...]
    """What he is kept for all the same; empty: he is to be forgotten."""


def looked_at(keeper: ArchiveKeeper, at: Instant, periods: RetentionPeriods) -> list[Kept]:
    """Return the wearers, and requests about people on no register, whose periods are over, and
    what keeps some of them."""
    with reading(keeper.projections) as connection:
        begun = {each.begun.trace.wearer_id for each in forgettings.unfinished(connection)}
        return [
            Kept(wearer_id=name, since=since, why=keepers(connection, name, at, periods))
            for name, since in due(connection, at, periods)
            if name not in begun
        ] + [
            # Forgotten under its own id, by the same steps and with the same proof.
            Kept(wearer_id=WearerId(name), since=since, why=())
            for name, since in named_due(connection, at, periods)
            if name not in begun
        ]


def begin(
    keeper: ArchiveKeeper, wearer: WearerId, reason: str, by: AccountId, at: Instant
) -> ForgettingBegun:
    """Journal that a wearer is to be forgotten. From then on that is completed.

    Raises LineBehind, PostError, OSError, ArchiveDamage.
    """
    event = begun(keeper.config, keeper.projections, wearer, reason, by, at)
    keeper.journal([event], at)
    return event


def begun(
    config: Config,
    projections: Engine,
    wearer: WearerId,
    reason: str,
    by: AccountId,
    at: Instant,
) -> ForgettingBegun:
    """Return what says that a wearer is to be forgotten: all by which he is found."""
    keyring = installation.open_keyring(config)
    try:
        with reading(projections) as connection:
            trace = trace_of(connection, keyring, wearer)
    finally:
        keyring.close()
    held = files_with(projections, config.archive_folder, wearer)
    return ForgettingBegun(
        forgetting_id=derived_id("fg", wearer, at),
        trace=trace,
        at=at,
        reason=reason,
        by=by,
        files=tuple((file.path, file.sha256) for file in held),
    )


def go_on(
    keeper: ArchiveKeeper, destroy: DestroyAll, periods: RetentionPeriods, at: Instant
) -> list[Forgetting]:
    """Do what is still to be done of every wearer who is being forgotten; returns those that wait
    for the archive's old files to go. Raises LineBehind, PostError, OSError, ArchiveDamage."""
    with reading(keeper.projections) as connection:
        todo = forgettings.unfinished(connection)
    waiting: list[Forgetting] = []
    for each in todo:
        if each.state == BEGUN:
            _forget(keeper, destroy, each, at)
        if not _prove(keeper, destroy, each, periods, at):
            waiting.append(each)
    return waiting


def _forget(keeper: ArchiveKeeper, destroy: DestroyAll, one: Forgetting, at: Instant) -> None:
    trace = one.begun.trace
    with reading(keeper.projections) as connection:
        named = mentions(connection, trace, words_of(connection, trace.wearer_id))
    _destroy(destroy, trace, one.begun.reason)
    event = WearerForgotten(
        forgetting_id=one.begun.forgetting_id, trace=trace, at=at, mentions=named
    )
    keeper.journal([event], at)
    _LOG.info("forgotten", owners=len(owners_of(trace)), mentions=len(named))


def _destroy(destroy: DestroyAll, trace: Trace, reason: str) -> None:
    for owner in owners_of(trace):
        destroy(owner, reason)


def _prove(
    keeper: ArchiveKeeper,
    destroy: DestroyAll,
    one: Forgetting,
    periods: RetentionPeriods,
    at: Instant,
) -> bool:
    """Take what is left away and journal the proof; tell whether that could be done."""
    trace, config = one.begun.trace, keeper.config
    with reading(keeper.projections) as connection:
        late = any(count for _, count in leads.left(connection, trace))
        known = forgettings.forgetting_of(connection, one.begun.forgetting_id)
    if late:
        # Something came of him meanwhile: a message on its way when the keys went.
        _destroy(destroy, trace, one.begun.reason)
        again = WearerForgotten(forgetting_id=one.begun.forgetting_id, trace=trace, at=at)
        keeper.journal([again], at)
    if _in_archive(keeper, one, at):
        return False
    files = forget_overviews(config, wearer_owner(trace.wearer_id))
    files += _forget_links(keeper, trace.wearer_id)
    try:
        found = proof_of(config, keeper.projections, trace, one.begun.files, periods, at)
    except NotForgotten as error:
        _LOG.info("proof waits", what=str(error))
        if destroyed_is_late(keeper, trace):
            _destroy(destroy, trace, one.begun.reason)
        return False
    size = config.projections_file.stat().st_size
    proof = msgspec.structs.replace(
        found,
        files_gone=files,
        vacuumed=int(size <= config.limits.anew_bytes),
        mentions=() if known is None else known.mentions,
    )
    event = ForgettingProved(forgetting_id=one.begun.forgetting_id, at=at, proof=proof)
    keeper.journal([event], at)
    return True


def _in_archive(keeper: ArchiveKeeper, one: Forgetting, at: Instant) -> bool:
    """Write the archive anew without him; tell whether a file that may hold him is still there."""
    with reading(keeper.projections) as connection:
        named = {file.path for file in parts.visible(connection)}
    held = [path for path, _ in one.begun.files if path in named]
    if not held and _orphans(keeper, named):
        return True
    return bool(take_out_wearer(keeper, one.begun.trace.wearer_id, at)) or bool(
        _orphans(keeper, named)
    )


def _orphans(keeper: ArchiveKeeper, named: set[str]) -> bool:
    """Tell whether files lie in the archive that nothing names: they go when nobody reads them."""
    folder = keeper.folder
    files = (path for path in folder.rglob("*") if path.is_file()) if folder.exists() else ()
    return any(path.relative_to(folder).as_posix() not in named for path in files)


def destroyed_is_late(keeper: ArchiveKeeper, trace: Trace) -> bool:
    """Tell whether a key of his was made after his keys were destroyed."""
    try:
        destroyed(keeper.config, trace)
    except NotForgotten:
        return True
    return False


def _forget_links(keeper: ArchiveKeeper, wearer: WearerId) -> int:
    """Take away the links to the police page that were about him; returns how many."""
    path = keeper.config.accounts_file
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=30.0)) as accounts:
        accounts.execute("PRAGMA secure_delete=ON")
        with accounts:
            gone = accounts.execute("DELETE FROM police_link WHERE wearer_id = ?", [wearer])
        accounts.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone.rowcount
