"""Keys of the installation are replaced while it runs: each step leaves keys that open everything.

`begin` makes the new key and notes what is begun; `carry_out` wraps or seals anew and lets go of
the old key; the caller journals it and then calls `end`. After a cut anywhere the same calls go on
where it was. docs/keys.md says what becomes of each class.
"""

from pathlib import Path
from typing import Final

from tagwatch.access.audit import audit_use, streams
from tagwatch.access.factor_keys import seal_factors_anew
from tagwatch.config import Config
from tagwatch.core.units import Instant
from tagwatch.engine.installation import InstallationError
from tagwatch.store import rotations
from tagwatch.store.account_keys import (
    FactorSeal,
    account_secrets,
    add_factor_key,
    keep_account_keys,
    read_account_keys,
    retire_factor_keys,
    rewrap_account_keys,
    wrapping_of,
)
from tagwatch.store.accounts import Accounts
from tagwatch.store.field_keys import add_field_key, read_field_keys, rewrap_field_keys
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, Lock, Mode
from tagwatch.store.journal.keyfile import KeyFile, SlotState, holds_keys
from tagwatch.store.journal.rewrap import renew, rewrap, rewrap_held
from tagwatch.store.journal.wrapping import (
    INSTALLATION_KEY_NAME,
    NEXT_NAME,
    key_id,
    make_installation_key,
    read_installation_key,
    take_over,
)
from tagwatch.store.rotations import Rotation

INSTALLATION: Final = "installation"
FIELD: Final = "field"
ACCOUNTS: Final = "accounts"
AUDIT: Final = "audit"
CLASSES: Final = (INSTALLATION, FIELD, ACCOUNTS, AUDIT)
KEPT: Final = frozenset({AUDIT})
"""Classes whose former keys stay: what they encrypted is chained, and read by them alone."""
LOCK_NAME: Final = "rotation.lock"


def key_folders(config: Config, files: Files) -> list[Path]:
    """Return the folders in which there are data keys: of the journal, and of each audit."""
    inside = [config.keys_folder / name for name in files.list(config.keys_folder)]
    return [each for each in (config.keys_folder, *inside) if holds_keys(files, each)]


def turn(config: Config, files: Files) -> Lock:
    """Take the lock that rotations and backups take in turn. Raises InstallationError."""
    try:
        return files.lock(config.keys_folder / LOCK_NAME)
    except BlockingIOError as error:
        raise InstallationError(
            "keys are being rotated, or a backup is being made: wait until that has ended"
        ) from error


def begin(
    config: Config, files: Files, key_class: str, at: Instant, user: str, why: str
) -> Rotation:
    """Make the new key and note what is begun, or return what was begun of this class before.

    Raises InstallationError if one of another class is unfinished.
    """
    folder = config.keys_folder
    found = rotations.begun(files, folder)
    if found is not None:
        if found.key_class != key_class:
            raise InstallationError(
                f"a rotation of the {found.key_class} key is unfinished: give `tagwatch keys "
                f"rotate {found.key_class}` first, which completes it"
            )
        return found
    old, new = _BEGIN[key_class](config, files, at)
    made = Rotation(key_class=key_class, old=old, new=new, began_at=at, user=user, why=why)
    rotations.begin(files, folder, made)
    return made


def carry_out(config: Config, files: Files, rotation: Rotation, at: Instant) -> Rotation:
    """Wrap or seal anew and let the old key go; returns the rotation with the ids of all its new
    keys. Of the field key the line does it: see `field_key_turned`."""
    match rotation.key_class:
        case "installation":
            _carry_installation(config, files)
        case "accounts":
            _carry_accounts(config, files, at)
        case "audit":
            return _carry_audit(config, files, rotation, at)
        case _:
            pass
    return rotation


def field_key_turned(config: Config, files: Files, rotation: Rotation) -> bool:
    """Tell whether the line has sealed everything anew and destroyed the old field key."""
    keys = read_field_keys(files, config.keys_folder)
    return all(key.destroyed_at is not None for key in keys if key.mark in rotation.old)


def end(config: Config, files: Files) -> None:
    """Take the note away: the journal says that it is done."""
    rotations.end(files, config.keys_folder)


# --- begin ----------------------------------------------------------------------------------


def _begin_installation(
    config: Config, files: Files, at: Instant
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    folder = config.keys_folder
    path, following = folder / INSTALLATION_KEY_NAME, folder / NEXT_NAME
    wrapping = wrapping_of(files, folder)
    with wrapping.held():
        # What was derived from it so far stays what it is.
        keep_account_keys(files, folder, wrapping, at)
        if not files.exists(following):
            make_installation_key(files, following)
    old, new = read_installation_key(files, path), read_installation_key(files, following)
    return (key_id(old),), (key_id(new),)


def _begin_field(
    config: Config, files: Files, at: Instant
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    folder = config.keys_folder
    live = _live_fields(config, files)
    if not live:
        raise InstallationError("there is no field key yet: the line makes the first one")
    if len(live) == 1:
        live.append(add_field_key(files, folder, wrapping_of(files, folder), at).mark)
    return tuple(live[:-1]), (live[-1],)


def _live_fields(config: Config, files: Files) -> list[str]:
    keys = read_field_keys(files, config.keys_folder)
    return [key.mark for key in keys if key.destroyed_at is None]


def _begin_accounts(
    config: Config, files: Files, at: Instant
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    folder = config.keys_folder
    if len(account_secrets(files, folder).factors) == 1:
        add_factor_key(files, folder, wrapping_of(files, folder), at)
    file = read_account_keys(files, folder)
    live = [] if file is None else [key.id for key in file.factors if key.destroyed_at is None]
    return tuple(live[:-1]), (live[-1],)


def _begin_audit(
    config: Config, files: Files, at: Instant
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    use = audit_use(at)
    return tuple(
        f"{stream}/{found[-1][0]}"
        for stream in streams(config)
        if (found := _audit_keys(config, files, stream, use[2]))
    ), ()


_BEGIN: Final = {
    INSTALLATION: _begin_installation,
    FIELD: _begin_field,
    ACCOUNTS: _begin_accounts,
    AUDIT: _begin_audit,
}


# --- carry out ------------------------------------------------------------------------------


def _carry_installation(config: Config, files: Files) -> None:
    folder = config.keys_folder
    if not files.exists(folder / NEXT_NAME):
        return  # it has taken over: nothing but the journal's record is missing
    wrapping = wrapping_of(files, folder)
    lost: list[str] = []
    for each in key_folders(config, files):
        rewrap(files, each, wrapping)
    with wrapping.held():
        # What came in meanwhile is the newest's already; this looks that nothing else is left.
        for each in key_folders(config, files):
            found = rewrap_held(files, each, wrapping)
            lost += [f"key {name} in {each}" for name in found.lost]
        if lost:
            raise KeysDamaged(
                f"{len(lost)} data keys are damaged in both copies, the first is {lost[0]}: bring "
                "the files of keys back from a backup first; both installation keys stay"
            )
        rewrap_field_keys(files, folder, wrapping)
        rewrap_account_keys(files, folder, wrapping)
        take_over(files, folder / INSTALLATION_KEY_NAME)


def _carry_accounts(config: Config, files: Files, at: Instant) -> None:
    folder = config.keys_folder
    seal = FactorSeal(files, folder)
    if config.accounts_file.exists():
        accounts = Accounts(config.accounts_file)
        try:
            while seal_factors_anew(accounts, seal):
                pass
        finally:
            accounts.close()
    retire_factor_keys(files, folder, wrapping_of(files, folder), at)


def _carry_audit(config: Config, files: Files, rotation: Rotation, at: Instant) -> Rotation:
    wrapping = wrapping_of(files, config.keys_folder)
    use = audit_use(at)
    new: list[str] = []
    for stream in streams(config):
        folder = config.keys_folder / f"audit-{stream}"
        made = [
            number
            for number, created_at in _audit_keys(config, files, stream, use[2])
            if created_at >= rotation.began_at
        ]
        number = made[-1] if made else renew(files, folder, wrapping, use, at)
        new.append(f"{stream}/{number}")
    return Rotation(
        key_class=rotation.key_class,
        old=rotation.old,
        new=tuple(new),
        began_at=rotation.began_at,
        user=rotation.user,
        why=rotation.why,
    )


def _audit_keys(
    config: Config, files: Files, stream: str, period: str
) -> list[tuple[int, Instant]]:
    """Return number and time of the keys of a stream's month, the newest last."""
    folder = config.keys_folder / f"audit-{stream}"
    if not holds_keys(files, folder):
        return []
    file = KeyFile(files, folder, Mode.READ)
    try:
        slots, _ = file.load()
    finally:
        file.close()
    return [
        (number, slot.created_at)
        for number, slot in sorted(slots.items())
        if slot.period == period and slot.state is SlotState.LIVE
    ]
