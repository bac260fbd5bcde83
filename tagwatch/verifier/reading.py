"""From the files of a bundle to what the rules decide with, every record proved on the way."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from tagwatch.core import ledger
from tagwatch.core.event import Event
from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.ids import ActivationId
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.recorded_zones_only import FixesKept
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant
from tagwatch.ingest import protocol
from tagwatch.ingest.protocol import DecodeError
from tagwatch.store.bundle.inclusion import (
    DataKey,
    Linked,
    links_of,
    opened_records,
    proved_links,
    records_of,
)
from tagwatch.store.bundle.manifest import Opened
from tagwatch.store.journal.record import Head
from tagwatch.store.unpacked import unpack
from tagwatch.verifier import content
from tagwatch.verifier.content import FindingsFile, OrderFile, SettingsSince, Worn

_T = TypeVar("_T")


class Unreadable(Exception):
    """A file of the bundle is signed and yet not what it should be: another version made it."""


class Evidence(msgspec.Struct, kw_only=True):
    """What a bundle holds, ready to be judged."""

    parts: list[TrailPart]
    """His fixes in the trail's span, a part an activation."""
    orders: OrderFile
    settings: tuple[SettingsSince, ...]
    findings: FindingsFile
    frames: int
    fixes: int
    register: list[tuple[int, Event]]
    """Entries of the register that opened, with their seq."""
    kept: int
    """Messages of zones-only monitoring of which only what was kept can be read."""
    sealed: int
    """Records that are proved and for which there is no key."""
    wrong: list[str]


def evidence(opened: Opened, names: Sequence[str] = ("",)) -> Evidence:
    """Return what the rules decide with; `names` are the folders that may hold it, the fullest
    first. Raises Unreadable."""
    manifest = opened.manifest
    assert manifest is not None  # noqa: S101  # the caller refused a bundle without one
    wrong: list[str] = []
    head = Head(manifest.head.seq, bytes.fromhex(manifest.head.digest))
    try:
        links, said = proved_links(links_of(_raw(opened, content.LINKS)), head)
    except msgspec.DecodeError as error:
        raise Unreadable(f"{content.LINKS}: {error}") from error
    wrong += said
    tags = _read(opened, content.TAGS, tuple[Worn, ...])
    frames, unread = _events(opened, content.RECORDS, content.FRAME_KEYS, links, wrong)
    register: list[tuple[int, Event]] = []
    sealed = len(unread)
    for folder in ("", content.CLOSED):
        if folder + content.REGISTER in opened.members:
            names_of = folder + content.REGISTER, folder + content.REGISTER_KEYS
            found, more = _events(opened, *names_of, links, wrong)
            register += [(seq, event) for seq, _, event in found]
            sealed += len(more)
    kept = _kept(frames, unread)
    for seq in sorted(unread - kept.keys()):
        wrong.append(f"{content.RECORDS}: record {seq} cannot be read, and nothing of it was kept")
    parts = _parts(frames, kept, tags, manifest.trail, wrong)
    folder = next(name for name in names if name + content.FINDINGS in opened.members)
    return Evidence(
        parts=parts,
        orders=_read(opened, folder + content.ORDERS, OrderFile),
        settings=_read(opened, content.SETTINGS, tuple[SettingsSince, ...]),
        findings=_read(opened, folder + content.FINDINGS, FindingsFile),
        frames=sum(isinstance(event, FrameReceived) for _, _, event in frames) + len(kept),
        kept=len(kept),
        fixes=sum(len(part.block) for part in parts),
        register=register,
        sealed=sealed,
        wrong=wrong,
    )


def _raw(opened: Opened, path: str) -> bytes:
    found = opened.members.get(path)
    if found is None:
        raise Unreadable(f"{path}: is not in the bundle")
    return found


def _read(opened: Opened, path: str, kind: type[_T] | Any) -> Any:
    try:
        return msgspec.json.decode(_raw(opened, path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error


def _events(
    opened: Opened, path: str, keys_path: str, links: dict[int, Linked], wrong: list[str]
) -> tuple[list[tuple[int, Instant, Event]], set[int]]:
    """Return the events of the records of a file, and the numbers of those that stay sealed."""
    keys: list[DataKey] = _read(opened, keys_path, list[DataKey])
    try:
        records = records_of(_raw(opened, path))
        secrets = {each.key_id: bytes.fromhex(each.key) for each in keys}
    except (msgspec.DecodeError, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error
    found: list[tuple[int, Instant, Event]] = []
    sealed: set[int] = set()
    for one in opened_records(records, links, secrets):
        if isinstance(one, str):
            wrong.append(f"{path}: {one}")
        elif one.payload is None:
            sealed.add(one.seq)
        else:
            try:
                found.append((one.seq, one.received_at, ledger.decode(one.kind, one.payload)))
            except (ValueError, msgspec.DecodeError) as error:
                wrong.append(f"{path}: record {one.seq}: {error}")
    return found, sealed


def _kept(
    events: Sequence[tuple[int, Instant, Event]], unread: set[int]
) -> dict[int, tuple[ActivationId, FixBlock]]:
    """Return what was kept of messages whose key is destroyed, by record: of those alone that are
    proved to have come."""
    found: dict[int, tuple[ActivationId, FixBlock]] = {}
    for _, _, event in events:
        if isinstance(event, FixesKept):
            for frame in event.frames:
                if frame.seq in unread:
                    found[frame.seq] = event.activation_id, unpack(frame.fixes)
    return found


def _parts(
    events: Sequence[tuple[int, Instant, Event]],
    kept: Mapping[int, tuple[ActivationId, FixBlock]],
    tags: Sequence[Worn],
    span: tuple[int, int],
    wrong: list[str],
) -> list[TrailPart]:
    """Return the fixes that the frames hold, by activation: whose a frame is its record says."""
    frames = [(event, seq, at) for seq, at, event in events if isinstance(event, FrameReceived)]
    models = {tag.activation_id: tag.model for tag in tags}
    blocks: dict[ActivationId, list[FixBlock]] = {}
    for (event, seq, _), said in zip(frames, protocol.decode_all(frames), strict=True):
        if isinstance(said, DecodeError):
            wrong.append(f"{content.RECORDS}: record {seq} cannot be decoded: {said}")
        elif event.activation_id is None or event.activation_id not in models:
            wrong.append(f"{content.RECORDS}: record {seq} is of a tag that was not on him")
        elif len(said.fixes):
            blocks.setdefault(event.activation_id, []).append(said.fixes)
    for seq, (name, block) in sorted(kept.items()):
        if name not in models:
            wrong.append(f"{content.RECORDS}: record {seq} is of a tag that was not on him")
        elif len(block):
            blocks.setdefault(name, []).append(block)
    parts: list[TrailPart] = []
    for name, found in sorted(blocks.items()):
        block = joined(found)
        within = (block["fixed_at"] >= span[0]) & (block["fixed_at"] < span[1])
        if within.any():
            parts.append(TrailPart(name, models[name], block[within]))
    return parts
