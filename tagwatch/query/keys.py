"""Which keys has the installation, how old are they, and when is another due?"""

from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from tagwatch.access.audit import streams
from tagwatch.config import Config
from tagwatch.core.recorded_keys import KeyRotated, KeysDrilled, KeysExported
from tagwatch.core.units import DAY, Instant
from tagwatch.store import rotations
from tagwatch.store.account_keys import read_account_keys
from tagwatch.store.bundle import signing
from tagwatch.store.bundles import rotations as signing_rotations
from tagwatch.store.database import reading
from tagwatch.store.field_keys import read_field_keys
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Mode, OsFiles
from tagwatch.store.journal.keyfile import KeyFile, Slot, SlotState, holds_keys
from tagwatch.store.journal.wrapping import (
    INSTALLATION_KEY_NAME,
    NEXT_NAME,
    key_id,
    read_installation_key,
)
from tagwatch.store.key_acts import KeyAct, key_acts

_FILES: Final = OsFiles()


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One key: what it is, how old, and when another is due."""

    key_class: str
    id: str
    made_at: Instant | None
    due_at: Instant | None
    """None: none is, or another comes by itself."""
    words: str


class KeysStand(msgspec.Struct, frozen=True, kw_only=True):
    """How the keys of the installation stand."""

    keys: tuple[KeyLine, ...]
    problem: str = ""
    """Why nothing can be said of them."""
    unfinished: str = ""
    """The class of a rotation that was begun and is not done."""
    exported_at: Instant | None = None
    """When the keys in use were written out last; None: never, or before the last rotation."""
    exported_before: int = 0
    """1: they were, before the installation key was rotated."""
    drilled_at: Instant | None = None
    drill_passed: int = 0
    drill_words: str = ""

    def overdue(self, at: Instant) -> tuple[KeyLine, ...]:
        """Return the keys for which another is due by now."""
        return tuple(key for key in self.keys if key.due_at is not None and key.due_at <= at)


def keys_health(config: Config, engine: Engine) -> KeysStand:
    """Return how the keys stand; where they cannot be read, what is wrong."""
    try:
        with reading(engine) as connection:
            return keys_stand(config, connection)
    except (KeysDamaged, OSError) as error:
        return KeysStand(keys=(), problem=str(error))


def keys_stand(config: Config, connection: Connection) -> KeysStand:
    """Return how the keys stand; only what names them and when they were made. Raises
    KeysDamaged."""
    acts = key_acts(connection)
    lines = [
        *_installation(config, acts),
        *_fields(config),
        *_accounts(config, acts),
        *_signing(config, connection),
        *_audits(config),
    ]
    days = config.key_rotation.days * DAY
    unfinished = rotations.begun(_FILES, config.keys_folder)
    now_used = _used(config)
    exports = [act for act in acts if isinstance(act, KeysExported)]
    current = [act for act in exports if act.key_id == now_used]
    drill = next((act for act in reversed(acts) if isinstance(act, KeysDrilled)), None)
    return KeysStand(
        keys=tuple(_due(line, days) for line in lines),
        unfinished="" if unfinished is None else unfinished.key_class,
        exported_at=current[-1].at if current else None,
        exported_before=int(bool(exports) and not current),
        drilled_at=None if drill is None else drill.at,
        drill_passed=0 if drill is None else drill.passed,
        drill_words="" if drill is None else drill.found,
    )


def _due(line: KeyLine, days: int) -> KeyLine:
    if line.due_at is None or line.made_at is None:
        return line
    return msgspec.structs.replace(line, due_at=Instant(line.made_at + days) if days else None)


def _line(key_class: str, name: str, made_at: Instant | None, words: str, due: int) -> KeyLine:
    wanted = Instant(0) if due and made_at is not None else None
    return KeyLine(key_class=key_class, id=name, made_at=made_at, due_at=wanted, words=words)


def _used(config: Config) -> str:
    return key_id(read_installation_key(_FILES, config.keys_folder / INSTALLATION_KEY_NAME))


def _since(config: Config, acts: list[KeyAct]) -> Instant | None:
    """Return since when the installation key is used: its rotation, else the first data key."""
    used = _used(config)
    for act in reversed(acts):
        if isinstance(act, KeyRotated) and used in act.new:
            return act.began_at
    file = KeyFile(_FILES, config.keys_folder, Mode.READ)
    try:
        first = file.read(1)
    finally:
        file.close()
    return None if first is None else first.created_at


def _installation(config: Config, acts: list[KeyAct]) -> list[KeyLine]:
    lines = [
        _line(
            "installation",
            _used(config),
            _since(config, acts),
            "wraps every other key",
            due=1,
        )
    ]
    following = config.keys_folder / NEXT_NAME
    if following.exists():
        name = key_id(read_installation_key(_FILES, following))
        words = "takes its place: `tagwatch keys rotate installation` completes it"
        lines.append(_line("installation", name, _written(following), words, due=0))
    return lines


def _fields(config: Config) -> list[KeyLine]:
    live = [k for k in read_field_keys(_FILES, config.keys_folder) if k.destroyed_at is None]
    return [
        _line(
            "field",
            key.mark,
            Instant(key.made_at),
            "seals protected fields" if key is live[-1] else "former: being replaced",
            due=int(key is live[-1]),
        )
        for key in live
    ]


def _accounts(config: Config, acts: list[KeyAct]) -> list[KeyLine]:
    file = read_account_keys(_FILES, config.keys_folder)
    if file is None:
        since = _since(config, acts)
        return [_line("accounts", "derived", since, "second factors; of the installation key", 1)]
    live = [key for key in file.factors if key.destroyed_at is None]
    return [
        _line(
            "accounts",
            key.id,
            Instant(key.made_at),
            "seals second factors" if key is live[-1] else "former: being replaced",
            due=int(key is live[-1]),
        )
        for key in live
    ]


def _signing(config: Config, connection: Connection) -> list[KeyLine]:
    path = config.keys_folder / signing.NAME
    if not path.exists():
        return []
    public = signing.signing_key(_FILES, config.keys_folder).public
    since = [each.at for each in signing_rotations(connection) if each.new == public]
    made_at = Instant(since[-1]) if since else _written(path)
    words = "signs evidence bundles: `tagwatch bundle rotate-key`"
    return [_line("signing", public[:16], made_at, words, due=1)]


def _audits(config: Config) -> list[KeyLine]:
    lines: list[KeyLine] = []
    for stream in streams(config):
        slots = _slots(config.keys_folder / f"audit-{stream}")
        live = [(n, slot) for n, slot in sorted(slots.items()) if slot.state is SlotState.LIVE]
        if live:
            number, slot = live[-1]
            words = f"{len(live)} keys, of the month {slot.period}: another comes with the next"
            lines.append(_line("audit", f"{stream}/{number}", slot.created_at, words, due=0))
    return lines


def _slots(folder: Path) -> dict[int, Slot]:
    if not holds_keys(_FILES, folder):
        return {}
    file = KeyFile(_FILES, folder, Mode.READ)
    try:
        return file.load()[0]
    finally:
        file.close()


def data_keys(config: Config) -> dict[str, int]:
    """Return how many data keys the journal has, by what they encrypt; destroyed ones apart."""
    slots = _slots(config.keys_folder)
    live = Counter(
        slot.data_class.name.lower() for slot in slots.values() if slot.state is SlotState.LIVE
    )
    gone = sum(slot.state is SlotState.DESTROYED for slot in slots.values())
    return {**dict(sorted(live.items())), "destroyed": gone}


def _written(path: Path) -> Instant:
    return Instant(path.stat().st_mtime_ns // 1000)
