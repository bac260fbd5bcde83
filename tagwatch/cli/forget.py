"""`tagwatch erase wearer:ID`: a wearer is forgotten wholly, and the proof of it."""

import time
from typing import Final

import typer

from tagwatch.access.audit import Act
from tagwatch.cli.acting import BY, acting, audited, receiver
from tagwatch.cli.options import Failure, note, print_json
from tagwatch.config import Config
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_erasure import ErasureProof, ForgettingBegun
from tagwatch.core.units import Instant, iso
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_alone import forget_wearer
from tagwatch.engine.clock import now
from tagwatch.engine.forgetting import begin, begun
from tagwatch.engine.installation import FolderLock, open_keyring
from tagwatch.engine.retention import periods_of
from tagwatch.engine.safekeeping import Erasure
from tagwatch.store import forgettings, leads
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.forgettings import BEGUN, Forgetting
from tagwatch.store.journal.record import DataClass, Owner, OwnerKind
from tagwatch.store.traces import keepers, owners_of, trace_of

_ROWS_S: Final = 120.0
_LOOK_S: Final = 0.25


def forget(config: Config, wearer: WearerId, reason: str, as_json: bool) -> None:
    """Forget a wearer: at once if nothing runs; else batch does, and this waits for the tables.

    Raises Failure if there is nothing of him: a mistyped id is not answered as an erasure.
    """
    _refuse_unknown(config, wearer)
    audited(config, Act.ERASURE, "forget_wearer", [wearer], reason)
    post = receiver(config)
    if post is None:
        with FolderLock(config.lock_file):
            done = forget_wearer(config, lambda keeper: _begin(keeper, wearer, reason))
    else:
        post.close()
        done = _beside(config, wearer, reason)
    if done is None:
        raise Failure(f"nothing is known of wearer {wearer}, and nothing was forgotten")
    if as_json:
        for each in erasures_of(done.begun):
            print_json(each)
        return
    _say(done)


def refuse_kept(config: Config, wearer: WearerId) -> None:
    """Raise Failure if law keeps what there is of a wearer, saying for what."""
    engine = open_tables(config, Access.READ)
    try:
        with reading(engine) as connection:
            periods = forgettings.periods(connection, periods_of(config))
            why = keepers(connection, wearer, now(), periods)
    finally:
        engine.dispose()
    if why:
        raise Failure(
            f"{wearer} is kept. {' '.join(why)} Settle that first, or give --despite-hold if what "
            "asks for the erasure stands above it"
        )


def _refuse_unknown(config: Config, wearer: WearerId) -> None:
    keyring = open_keyring(config)
    engine = open_tables(config, Access.READ)
    try:
        with reading(engine) as connection:
            trace = trace_of(connection, keyring, wearer)
            owners = {owner for owner, _, _ in keyring.uses()}
            known = (
                any(owner in owners for owner in owners_of(trace))
                or forgettings.forgetting_of(connection, wearer) is not None
                or any(count for _, count in leads.left(connection, trace))
            )
    finally:
        engine.dispose()
        keyring.close()
    if not known:
        raise Failure(
            f"nothing is known of wearer {wearer}, and nothing was forgotten: give the id as the "
            "address of his page has it"
        )


def show_proof(config: Config, name: str, as_json: bool) -> None:
    """Print the proof that somebody was forgotten, by his id or that of the forgetting."""
    audited(config, Act.CONSULTATION, "erasure_proof", [name])
    engine = open_tables(config, Access.READ)
    try:
        with reading(engine) as connection:
            found = forgettings.forgetting_of(connection, name)
    finally:
        engine.dispose()
    if found is None:
        raise Failure(f"nobody was forgotten under {name}: give the wearer's id")
    if as_json:
        print_json(found)
        return
    _say(found)
    if found.proof is not None:
        _say_proof(found.proof)


def erasures_of(event: ForgettingBegun) -> list[Erasure]:
    """Return what `restore --erasures` needs, so that a backup made before forgets him too."""
    return [
        Erasure(
            at=event.at,
            owner_kind=owner.kind,
            owner_id=owner.id,
            reason=event.reason,
            by=event.by,
        )
        for owner in owners_of(event.trace)
    ]


def _begin(keeper: ArchiveKeeper, wearer: WearerId, reason: str) -> None:
    with reading(keeper.projections) as connection:
        before = forgettings.forgetting_of(connection, wearer)
    if before is None or before.state == forgettings.PROVED:
        begin(keeper, wearer, reason, BY, now())


def _beside(config: Config, wearer: WearerId, reason: str) -> Forgetting | None:
    with acting(config) as desk:
        with reading(desk.projections) as connection:
            found = forgettings.forgetting_of(connection, wearer)
        if found is None or found.state == forgettings.PROVED:
            event = begun(config, desk.projections, wearer, reason, BY, now())
            desk.applied(desk.append([event])[-1])
        until = time.monotonic() + _ROWS_S
        while time.monotonic() < until:
            with reading(desk.projections) as connection:
                found = forgettings.forgetting_of(connection, wearer)
            if found is not None and found.state != BEGUN:
                return found
            time.sleep(_LOOK_S)
    note(
        "It is journaled that he is to be forgotten, and batch has not come to it yet: see "
        f"`tagwatch status`, then `tagwatch erase --proof {wearer}`."
    )
    return found


def _say(found: Forgetting) -> None:
    event = found.begun
    typer.echo(f"{event.trace.wearer_id}: {found.state}, begun {iso(event.at)} for: {event.reason}")
    if found.proof is None:
        note(
            "Keys and rows are gone; the archive's old files go when nobody reads them, and then "
            f"the proof is there: `tagwatch erase --proof {event.trace.wearer_id}`."
            if found.state != BEGUN
            else "Give the same command again: it goes on where it was."
        )
        return
    proof = found.proof
    records = sum(key.records for key in proof.keys)
    typer.echo(
        f"{len(proof.keys)} keys destroyed that encrypted {records} records; "
        f"{sum(key.proved for key in proof.keys)} of them are proved to head {proof.head_seq}; "
        f"{len(proof.rewritten)} files of the archive written anew, {proof.files_gone} files gone."
    )


def _say_proof(proof: ErasureProof) -> None:
    typer.echo(f"Head: {proof.head_seq}:{proof.head_digest}")
    for key in proof.keys:
        owner = Owner(OwnerKind(key.owner_kind), key.owner_id)
        kind, what = owner.kind.name.lower(), DataClass(key.data_class).name.lower()
        typer.echo(
            f"  key {key.key_id}: {kind} {owner.id}, {what} {key.period}, records "
            f"{key.first_seq} to {key.last_seq}: {key.records}, proved {key.proved}"
        )
    typer.echo(f"Tables searched: {', '.join(name for name, _ in proof.tables)}; no row left.")
    for file in proof.rewritten:
        after = f"{file.after} {file.after_sha256[:16]}" if file.after else "nothing"
        typer.echo(f"  {file.before} {file.before_sha256[:16]} gave way to {after}")
    for backup in proof.backups:
        typer.echo(
            f"  backup {backup.path} of {iso(backup.at)} holds the keys until it is destroyed "
            f"(by {iso(Instant(backup.expires_at))}); a restore with --erasures erases again"
        )
    for table, key in proof.mentions:
        typer.echo(f"  {table} {key} of others names him: a person must read it")
