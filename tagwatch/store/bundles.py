"""Evidence bundles: the rows of their register, and their files beside it, for this user alone."""

import os
import shutil
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, select

from tagwatch.config import Config
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_bundle import (
    BundleGiven,
    BundleMade,
    ReceiverTold,
    SigningKeyRotated,
)
from tagwatch.store import schema
from tagwatch.store.writes import Writes

FOLDER: Final = "bundles"
_MADE: Final = msgspec.json.Decoder(BundleMade)
_GIVEN: Final = msgspec.json.Decoder(BundleGiven)
_TOLD: Final = msgspec.json.Decoder(ReceiverTold)
_ROTATED: Final = msgspec.json.Decoder(SigningKeyRotated)


def put_made(writes: Writes, event: BundleMade) -> None:
    """Write that a bundle was made."""
    row = {"bundle_id": event.bundle_id, "wearer_id": event.wearer_id, "at": event.at}
    writes.put(schema.bundle, row | {"body": msgspec.json.encode(event).decode()})


def put_given(writes: Writes, event: BundleGiven, seq: int) -> None:
    """Write that a bundle was given to somebody."""
    row = {"seq": seq, "bundle_id": event.bundle_id}
    writes.put(schema.bundle_given, row | {"body": msgspec.json.encode(event).decode()})


def put_told(writes: Writes, event: ReceiverTold, seq: int) -> None:
    """Write that a receiver was told."""
    row = {"seq": seq, "bundle_id": event.bundle_id}
    writes.put(schema.bundle_told, row | {"body": msgspec.json.encode(event).decode()})


def put_rotated(writes: Writes, event: SigningKeyRotated, seq: int) -> None:
    """Write that another key signs."""
    row = {"seq": seq, "body": msgspec.json.encode(event).decode()}
    writes.put(schema.signing_key_rotation, row)


def bundle_made(connection: Connection, bundle_id: str) -> BundleMade | None:
    """Return a bundle of the register."""
    column = schema.bundle.c
    body = connection.scalar(select(column.body).where(column.bundle_id == bundle_id))
    return None if body is None else _MADE.decode(body)


def bundles_of(connection: Connection, wearer_id: WearerId, most: int) -> list[BundleMade]:
    """Return the bundles of a wearer, the newest first."""
    column = schema.bundle.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.wearer_id == wearer_id)
        .order_by(column.at.desc(), column.bundle_id)
        .limit(most)
    )
    return [_MADE.decode(body) for body in bodies]


def given_of(connection: Connection, bundle_ids: list[str]) -> list[BundleGiven]:
    """Return to whom these bundles were given, in order."""
    column = schema.bundle_given.c
    bodies = connection.scalars(
        select(column.body).where(column.bundle_id.in_(bundle_ids)).order_by(column.seq)
    )
    return [_GIVEN.decode(body) for body in bodies]


def bundles_given(connection: Connection, scope: Any, most: int) -> list[tuple[str, Wearer]]:
    """Return the bundles that somebody received, the oldest first, with whom each is about;
    `scope` is a condition on the wearer's row."""
    made, given, wearer = schema.bundle.c, schema.bundle_given.c, schema.wearer.c
    rows = connection.execute(
        select(made.bundle_id, wearer.body)
        .join_from(schema.bundle, schema.wearer, wearer.wearer_id == made.wearer_id)
        .where(made.bundle_id.in_(select(given.bundle_id)), scope)
        .order_by(made.at, made.bundle_id)
        .limit(most)
    )
    return [(row.bundle_id, msgspec.json.decode(row.body, type=Wearer)) for row in rows]


def told_of(connection: Connection, bundle_ids: list[str]) -> list[ReceiverTold]:
    """Return who was told that one of these bundles no longer stands, in order."""
    column = schema.bundle_told.c
    bodies = connection.scalars(
        select(column.body).where(column.bundle_id.in_(bundle_ids)).order_by(column.seq)
    )
    return [_TOLD.decode(body) for body in bodies]


def rotations(connection: Connection) -> list[SigningKeyRotated]:
    """Return each change of the signing key, the oldest first."""
    column = schema.signing_key_rotation.c
    bodies = connection.scalars(select(column.body).order_by(column.seq))
    return [_ROTATED.decode(body) for body in bodies]


def keep_file(config: Config, wearer_id: str, bundle_id: str, content: bytes) -> None:
    """Keep a bundle's file durably. Raises OSError."""
    keep_durably(_path(config, wearer_id, bundle_id), content)


def keep_durably(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for this user alone. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.new")
    with aside.open("wb") as file:
        aside.chmod(0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def kept_file(config: Config, wearer_id: str, bundle_id: str) -> bytes | None:
    """Return a bundle's file; None if it is not kept any more."""
    try:
        return _path(config, wearer_id, bundle_id).read_bytes()
    except FileNotFoundError:
        return None


def forget_files(config: Config, wearer_id: str) -> int:
    """Take away every bundle of a wearer; returns how many. Raises OSError."""
    folder = whose_folder(config, wearer_id)
    if not folder.is_dir():
        return 0
    count = len(list(folder.iterdir()))
    shutil.rmtree(folder)
    return count


def whose_folder(config: Config, wearer_id: str) -> Path:
    """Return the folder of a wearer's bundles, made or not."""
    return config.data / FOLDER / quote(wearer_id, safe="").replace(".", "%2E")


def _path(config: Config, wearer_id: str, bundle_id: str) -> Path:
    name = quote(bundle_id, safe="").replace(".", "%2E")
    return whose_folder(config, wearer_id) / f"{name}.zip"
