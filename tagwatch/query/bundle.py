"""Makes an evidence bundle: gathers and proves the records, writes the files, signs them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tagwatch import __version__
from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.event import Event
from tagwatch.core.ids import derived_id
from tagwatch.core.order import NoContact
from tagwatch.core.recorded_register import ConditionRecorded
from tagwatch.core.recorded_zones_only import FixesKept
from tagwatch.core.units import Instant
from tagwatch.query.bundle_facts import BundleFacts, BundleRefused, without
from tagwatch.store.bundle.gather import Gathered, Wanted, gather
from tagwatch.store.bundle.inclusion import DataKey, Kept, packed
from tagwatch.store.bundle.manifest import (
    FORMAT,
    SALT_BYTES,
    BundleHead,
    Listed,
    Manifest,
    commitment,
    signed,
)
from tagwatch.store.bundle.signing import signing_key
from tagwatch.store.bundle.zipped import Member
from tagwatch.store.drafts import INSTALLATION, wearer_owner
from tagwatch.store.heads import mailed_heads
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.layout import COMMITMENT, HEADER, NONCE_BYTES
from tagwatch.store.journal.layout import SALT_BYTES as BODY_SALT
from tagwatch.store.journal.record import DataClass, Head, Owner, OwnerKind
from tagwatch.verifier import content
from tagwatch.verifier.content import CLOSED, FindingsFile, OrderFile
from tagwatch.verifier.rederive import derived
from tagwatch.verifier.table import fixes_csv, gaps_csv

_CLEAR: Final = BODY_SALT + HEADER.size
_REGISTER: Final = frozenset(
    ledger.number_of(event)
    for event in (
        ledger.ActivationStarted,
        ledger.OrderRecorded,
        ledger.ConditionRecorded,
        ledger.ExemptionRecorded,
    )
)
_KEPT: Final = ledger.number_of(ledger.FixesKept)
_SETTINGS: Final = ledger.number_of(ledger.SettingsPublished)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants a bundle made, when, and in the place of which."""

    by: str
    at: Instant
    reason: str
    replaces: str = ""
    case_id: str = ""
    ask_id: str = ""


class Made(NamedTuple):
    """A bundle: its file, and what the register keeps of it."""

    bundle_id: str
    file: bytes
    sha256: str
    manifest: Manifest
    differs: tuple[str, ...]


class _Proofs(NamedTuple):
    """Records by file, the keys that open them, and the links they share."""

    frames: list[Kept]
    frame_keys: list[DataKey]
    register: list[Kept]
    settings: list[Kept]
    register_keys: list[DataKey]
    settings_keys: list[DataKey]
    gathered: Gathered


def make_bundle(
    config: Config, facts: BundleFacts, asked: Asked, upto: int, extra: Mapping[str, bytes]
) -> Made:
    """Return the signed bundle. No record after `upto`, which the
    line has applied, is in it; `extra` the other files, by
    name, `closed/` before those that the redacted bundle lacks.

    Raises BundleRefused, JournalError, KeysDamaged.
    """
    files = OsFiles()
    proofs = _proofs(config, facts, upto)
    members = dict(_members(facts, proofs)) | dict(extra)
    salts = {path: os.urandom(SALT_BYTES) for path in members}
    key = signing_key(files, config.keys_folder)
    head = proofs.gathered.head
    digest = head.digest.hex()
    mailed = next(
        (m.at for m in mailed_heads(config) if (m.seq, m.digest) == (head.seq, digest)), None
    )
    bundle_id = derived_id("eb", facts.wearer.wearer_id, *facts.window, asked.at, digest)
    manifest = Manifest(
        format=FORMAT,
        bundle_id=bundle_id,
        made_at=asked.at,
        made_by=asked.by,
        tagwatch=__version__,
        installation=_installation(config),
        wearer_id=facts.wearer.wearer_id,
        window=facts.window,
        trail=facts.trail,
        head=BundleHead(seq=head.seq, digest=digest, published_at=mailed),
        replaces=asked.replaces,
        signer=key.public,
        files=tuple(
            Listed(
                path=path,
                closed=path.startswith(CLOSED),
                commitment=commitment(salts[path], members[path]),
            )
            for path in sorted(members)
        ),
    )
    file = signed(manifest, [Member(*each) for each in members.items()], salts, key.secret)
    return Made(bundle_id, file, sha256(file).hexdigest(), manifest, facts.differs)


def _members(facts: BundleFacts, proofs: _Proofs) -> Iterator[tuple[str, bytes]]:
    """Yield the files a program reads, by name."""
    settings = facts.settings
    newest = content.history_of(settings).at(Instant(facts.window[1] - 1))
    yield content.SETTINGS, _json(settings)
    yield content.TAGS, _json(facts.tags)
    yield content.FIXES, fixes_csv(facts.parts, facts.window, newest)
    yield content.GAPS, gaps_csv(facts.parts, facts.window)
    yield content.RECORDS, packed(proofs.frames)
    yield content.FRAME_KEYS, _json(proofs.frame_keys)
    yield content.LINKS, packed(proofs.gathered.links)
    yield from _judged(facts, proofs)


def _judged(facts: BundleFacts, proofs: _Proofs) -> Iterator[tuple[str, bytes]]:
    """Yield orders and findings: whole where nothing is secret; else of what he was told, as it
    follows from that alone, and the whole in closed files."""
    recorded = FindingsFile(
        basis="recorded",
        derived=facts.derived,
        reported=facts.reported,
        about_others=facts.about_others,
    )
    whole = OrderFile(orders=facts.orders, judged=facts.judged)
    if not facts.has_secret:
        yield content.ORDERS, _json(whole)
        yield content.FINDINGS, _json(recorded)
        yield content.REGISTER, packed([*proofs.register, *proofs.settings])
        yield content.REGISTER_KEYS, _json([*proofs.register_keys, *proofs.settings_keys])
        return
    yield CLOSED + content.ORDERS, _json(whole)
    yield CLOSED + content.FINDINGS, _json(recorded)
    yield CLOSED + content.REGISTER, packed(proofs.register)
    yield CLOSED + content.REGISTER_KEYS, _json(proofs.register_keys)
    history = content.history_of(facts.settings)
    told = derived(facts.parts, facts.told, history, facts.window)
    yield content.ORDERS, _json(without(OrderFile(orders=facts.orders, judged=facts.told), facts))
    yield content.FINDINGS, _json(msgspec.structs.replace(recorded, basis="told", derived=told))
    yield content.REGISTER, packed(proofs.settings)
    yield content.REGISTER_KEYS, _json(proofs.settings_keys)


def _proofs(config: Config, facts: BundleFacts, upto: int) -> _Proofs:
    files = OsFiles()
    seqs = frozenset(int(s) for part in facts.parts for s in np.unique(part.block["seq"]))
    keyring = Keyring.open(config.keys_folder, files)
    try:
        register = keyring.ids_of(wearer_owner(facts.wearer.wearer_id), DataClass.REGISTER)
        settings = keyring.ids_of(INSTALLATION, DataClass.SETTING)
        of_frames = _ids_of_frames(keyring, facts) if facts.kept else frozenset[int]()
        wanted = Wanted(
            seqs,
            frozenset(register) | frozenset(settings) | of_frames,
            _REGISTER | {_SETTINGS} | ({_KEPT} if of_frames else set[int]()),
        )
        # What was kept of a day is recorded after it: no head of then would hold that.
        head = upto if facts.kept else _head(config, seqs, upto)
        gathered = gather(config.journal_folder, files, wanted, head)
        missing = sorted(seqs - gathered.records.keys())
        if missing:
            raise BundleRefused(
                f"record {missing[0]} and {len(missing) - 1} others of the journal cannot be "
                "proved: run `tagwatch verify`"
            )
        frames = [kept for seq, kept in sorted(gathered.records.items()) if seq in seqs]
        entries = [kept for seq, kept in sorted(gathered.records.items()) if seq not in seqs]
        if facts.kept:
            of_days = [kept for kept in entries if _kind_of(kept) == _KEPT]
            frames += _keeping(of_days, _frame_keys(keyring, facts, of_days), facts.kept)
            entries = [kept for kept in entries if _kind_of(kept) != _KEPT]
        register_keys = _keys(keyring, register, wearer_owner(facts.wearer.wearer_id), "register")
        settings_keys = _keys(keyring, settings, INSTALLATION, "setting")
        return _Proofs(
            frames=frames,
            frame_keys=_frame_keys(keyring, facts, frames),
            register=_without_others(entries, register_keys),
            settings=[kept for kept in entries if _key_id(kept) in settings],
            register_keys=register_keys,
            settings_keys=_used(settings_keys, entries),
            gathered=gathered,
        )
    finally:
        keyring.close()


def _head(config: Config, seqs: frozenset[int], upto: int) -> Head | int:
    """Return the earliest head that was mailed and holds all frames; else the last applied."""
    last = max(seqs, default=0)
    for mailed in mailed_heads(config):
        if last <= mailed.seq <= upto:
            return Head(mailed.seq, bytes.fromhex(mailed.digest))
    return upto


def _frame_keys(keyring: Keyring, facts: BundleFacts, frames: Sequence[Kept]) -> list[DataKey]:
    used = {_key_id(kept) for kept in frames}
    found: list[DataKey] = []
    for tag in facts.tags:
        owner = Owner(OwnerKind.ACTIVATION, tag.activation_id)
        ids = keyring.ids_of(owner, DataClass.FRAME)
        found += [key for key in _keys(keyring, ids, owner, "frame") if key.key_id in used]
    return found


def _ids_of_frames(keyring: Keyring, facts: BundleFacts) -> frozenset[int]:
    owners = (Owner(OwnerKind.ACTIVATION, tag.activation_id) for tag in facts.tags)
    return frozenset(i for owner in owners for i in keyring.ids_of(owner, DataClass.FRAME))


def _keeping(
    entries: Sequence[Kept], keys: Sequence[DataKey], wanted: frozenset[int]
) -> list[Kept]:
    """Return the records that keep what stays of these messages. Raises BundleRefused where one of
    them is kept by none."""
    found: list[Kept] = []
    left = set(wanted)
    for kept, event in _opened(entries, keys):
        mine = {frame.seq for frame in event.frames} if isinstance(event, FixesKept) else set[int]()
        if mine & wanted:
            found.append(kept)
            left -= mine
    if left:
        raise BundleRefused(
            f"what was kept of record {min(left)} and {len(left) - 1} others of zones-only "
            "monitoring cannot be proved: run `tagwatch verify`"
        )
    return found


def _opened(entries: Sequence[Kept], keys: Sequence[DataKey]) -> Iterator[tuple[Kept, Event]]:
    """Yield the records for which there is a key, with their events."""
    ciphers = {key.key_id: AESGCM(bytes.fromhex(key.key)) for key in keys}
    for kept in entries:
        cipher = ciphers.get(_key_id(kept))
        if cipher is None:
            continue
        clear = kept.body[:_CLEAR]
        text = cipher.decrypt(clear[:NONCE_BYTES], kept.body[_CLEAR:], clear)[len(COMMITMENT) :]
        yield kept, ledger.decode(_kind_of(kept), text)


def _keys(keyring: Keyring, ids: Mapping[int, str], owner: Owner, data_class: str) -> list[DataKey]:
    found: list[DataKey] = []
    for key_id, period in sorted(ids.items()):
        secret = keyring.disclosed(key_id)
        if secret is not None:
            name = f"{owner.kind.name.lower()} {owner.id}"
            found.append(
                DataKey(
                    key_id=key_id,
                    owner=name,
                    data_class=data_class,
                    period=period,
                    key=secret.hex(),
                )
            )
    return found


def _used(keys: Sequence[DataKey], records: Sequence[Kept]) -> list[DataKey]:
    ids = {_key_id(kept) for kept in records}
    return [key for key in keys if key.key_id in ids]


def _without_others(entries: Sequence[Kept], keys: Sequence[DataKey]) -> list[Kept]:
    """Return the wearer's entries of the register, without those that name another wearer."""
    found: list[Kept] = []
    for kept, event in _opened(entries, keys):
        other = isinstance(event, ConditionRecorded) and isinstance(
            event.condition.terms, NoContact
        )
        if not other:
            found.append(kept)
    return found


def _key_id(kept: Kept) -> int:
    return int(HEADER.unpack_from(kept.body, BODY_SALT)[2])


def _kind_of(kept: Kept) -> int:
    return int(HEADER.unpack_from(kept.body, BODY_SALT)[3])


def _installation(config: Config) -> str:
    keyring = Keyring.open(config.keys_folder, OsFiles())
    try:
        return keyring.installation.hex()
    finally:
        keyring.close()


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)
