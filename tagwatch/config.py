"""Deployment settings: where things are and how they are reached, and nothing that decides.

Read from `<data>/tagwatch.toml`, then from environment variables named `TAGWATCH_<KEY>` (tables
joined by an underscore, e.g. `TAGWATCH_SMTP_PASSWORD`). Anything that can alter a decision or a
message is a published settings version in the journal, never here.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from tagwatch.config_audit import AuditConfig
from tagwatch.config_crimes import CrimesConfig
from tagwatch.config_keys import KeyRotationConfig
from tagwatch.config_oidc import OidcConfig, oidc_fault

FILE_NAME: Final = "tagwatch.toml"


class ConfigError(Exception):
    """A deployment setting is wrong. The text says which, where it stands, and what to write."""


class MailTls(StrEnum):
    """How the mail server's connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class SmtpConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server through which alerts and the daily head leave. Without a host: no mail."""

    host: str = ""
    port: int = 587
    tls: MailTls = MailTls.STARTTLS
    username: str = ""
    password: str = ""
    sender: str = ""
    timeout_s: float = 10.0


class WebhookConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signing of webhooks (Standard Webhooks); addresses belong to contacts."""

    secret: str = ""
    timeout_s: float = 10.0


class NotifyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """GOV.UK Notify. The key is a secret: keep it in the environment or a file only we can read."""

    api_key: str = ""
    """As Notify shows it once: name, service id and secret in one."""
    sms_template: str = ""
    """Id of a template whose text is `((message))`."""
    email_template: str = ""
    """Id of a template with `((subject))` and `((message))`."""
    receipt_token: str = ""
    """The bearer token that Notify's callback carries; without one receipts are only asked for."""
    base_url: str = "https://api.notifications.service.gov.uk"
    timeout_s: float = 10.0


class SmsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text message gateway that takes an HTTP POST. Names of its fields are settings."""

    url: str = ""
    token: str = ""
    """Sent as a bearer token."""
    form: bool = False
    """Send a form instead of JSON."""
    to_field: str = "to"
    text_field: str = "text"
    reference_field: str = "reference"
    """Under which our own id of the message is sent, and comes back in receipts."""
    sender_field: str = ""
    sender: str = ""
    id_field: str = "id"
    """Of its answer: its id of the message."""
    status_url: str = ""
    """Where to ask for a receipt, with {id} in it; empty: it is not asked."""
    status_field: str = "status"
    delivered: tuple[str, ...] = ("delivered",)
    failed: tuple[str, ...] = ("failed", "rejected", "undeliverable", "expired")
    receipt_token: str = ""
    """The bearer token that its callback carries; without one callbacks are refused."""
    timeout_s: float = 10.0


class WebConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The officers' listener."""

    bind: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """The address officers type, e.g. `https://tagwatch.example.org`; links in messages use it."""
    tls_cert: str = ""
    tls_key: str = ""
    behind_proxy: bool = False
    """A proxy in front ends TLS; its X-Forwarded-* headers are believed, from loopback only."""
    ask_each_wearer: bool = False
    """Supervision of the own caseload too is stated wearer by wearer, not once for 30 minutes."""


class TagsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tags' listener. Its port is in every tag: it is never moved to another silently."""

    bind: str = "127.0.0.1"
    port: int = 8081
    public_url: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    behind_proxy: bool = False


class WatchConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who outside notices when the installation falls silent."""

    heartbeat_url: str = ""
    """Asked every interval while all is well; the other side alarms when it stops."""
    heartbeat_s: int = 60
    head_recipients: tuple[str, ...] = ()
    """Outside e-mail addresses that get the journal's head each day."""
    disk_free_bytes: int = 2 << 30
    """Below this the watcher raises an alert."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of queues and processes."""

    batch_records: int = 4096
    """Journal records the line takes in one transaction at most."""
    batch_bytes: int = 16 << 20
    backfill_share: float = 0.30
    """Share of the line's time that late data may take while fresh data waits."""
    backfill_slice_ms: int = 50
    anew_bytes: int = 256 << 20
    """Tables up to this size are written anew when a wearer is forgotten; larger: overwritten."""
    batch_memory_bytes: int = 1 << 30
    """Address space of the batch process beyond its start."""
    restarts_per_minute: int = 6
    """A process that dies more often is left down for a minute, and Health says so."""
    tag_connections: int = 5000
    tag_requests_per_minute: int = 240


class RehearsalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a zone is tried against before it is saved."""

    days: int = 28
    """So much of the past trail, at most 92."""
    settings_days: int = 7
    """Other rule settings are tried on so many days, at most 92,"""
    settings_wearers: int = 200
    """of at most so many wearers,"""
    settings_seconds: int = 900
    """for at most so long."""
    geometry: tuple[str, ...] = ()
    """GeoJSON files of stations, main roads …, beside this file unless their path says more."""


class MovementsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what rides by rail are told from others; without lines they are not."""

    railways: tuple[str, ...] = ()
    """GeoJSON files of railway lines, beside this file unless their path says more."""
    stations: tuple[str, ...] = ()
    """And of their stations, with names: a ride is one between stations, or too fast for roads."""


RECENT_DAYS_LEAST: Final = 40
"""Cards look back over four weeks, and what is derived anew begins at most 35 days back."""


class ArchiveConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The trail archive: fixes older than the tables keep, in files beside them."""

    recent_days: int = RECENT_DAYS_LEAST
    """The tables keep the fixes of so many days, at least 40."""
    hour: int = 2
    """The day's older fixes are sealed from this hour (UTC) on."""
    every_s: float = 5.0
    """How often it is looked for late fixes that need archived ones."""
    grace_s: float = 600.0
    """A file that gave way to another is removed so long after: somebody may be reading it."""
    retention_months: int = 72
    """Months for which fixes are kept after receipt, save under a legal hold; 0: for good."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One installation's deployment."""

    data: Path
    keys: Path | None = None
    """Folder of the keys; None is `<data>/keys`. Better on another disk, and backed up apart."""
    web: WebConfig = WebConfig()
    tags: TagsConfig = TagsConfig()
    smtp: SmtpConfig = SmtpConfig()
    webhook: WebhookConfig = WebhookConfig()
    notify: NotifyConfig = NotifyConfig()
    sms: SmsConfig = SmsConfig()
    watch: WatchConfig = WatchConfig()
    limits: Limits = Limits()
    rehearsal: RehearsalConfig = RehearsalConfig()
    movements: MovementsConfig = MovementsConfig()
    archive: ArchiveConfig = ArchiveConfig()
    audit: AuditConfig = AuditConfig()
    key_rotation: KeyRotationConfig = KeyRotationConfig()
    crimes: CrimesConfig = CrimesConfig()
    oidc: OidcConfig = OidcConfig()

    @property
    def archive_folder(self) -> Path:
        """Folder of the trail archive's files."""
        return self.data / "archive"

    @property
    def journal_folder(self) -> Path:
        """Folder of the journal's segments."""
        return self.data / "journal"

    @property
    def keys_folder(self) -> Path:
        """Folder of `installation.key` and `data.keys`."""
        return self.keys or self.data / "keys"

    @property
    def projections_file(self) -> Path:
        """The SQLite file only the line writes."""
        return self.data / "projections.db"

    @property
    def accounts_file(self) -> Path:
        """The SQLite file only the web process writes."""
        return self.data / "accounts.db"

    @property
    def run_folder(self) -> Path:
        """Folder of the socket and the process ids."""
        return self.data / "run"

    @property
    def uploads_folder(self) -> Path:
        """Folder of files that officers uploaded and have not confirmed, sealed."""
        return self.data / "uploads"

    @property
    def receiver_socket(self) -> Path:
        """The receiver's local socket, through which everything is appended."""
        return self.run_folder / "receiver.sock"

    @property
    def batch_socket(self) -> Path:
        """The batch process's local socket, through which rehearsals are asked for."""
        return self.run_folder / "batch.sock"

    @property
    def overviews_folder(self) -> Path:
        """Folder of the weekly overviews that were made."""
        return self.data / "overviews"

    @property
    def geometry_files(self) -> tuple[Path, ...]:
        """The files of public geometry."""
        return tuple(self.data / name for name in self.rehearsal.geometry)

    @property
    def railway_files(self) -> tuple[Path, ...]:
        """The files of railway lines."""
        return tuple(self.data / name for name in self.movements.railways)

    @property
    def station_files(self) -> tuple[Path, ...]:
        """The files of railway stations."""
        return tuple(self.data / name for name in self.movements.stations)

    @property
    def lock_file(self) -> Path:
        """Held by whoever serves or changes the data folder."""
        return self.data / "lock"

    def audit_folder(self, process: str) -> Path:
        """Folder of the audit stream of one process."""
        return self.data / "audit" / process


def load(data: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration of the installation in `data`.

    `environ` defaults to the process's own. Raises ConfigError for an unknown key (naming the
    nearest known one), a wrong type, or a file that is not TOML.
    """
    data = data.expanduser().absolute()
    found = _read(data / FILE_NAME)
    found.pop("data", None)
    _overlay(found, os.environ if environ is None else environ)
    found["data"] = str(data)
    try:
        made = msgspec.convert(found, Config, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{data / FILE_NAME}: {error}{_hint(str(error))}") from error
    if made.archive.recent_days < RECENT_DAYS_LEAST:
        raise ConfigError(
            f"{data / FILE_NAME}: archive.recent_days is {made.archive.recent_days}; cards and "
            f"late data need at least {RECENT_DAYS_LEAST}"
        )
    if fault := oidc_fault(made.oidc):
        raise ConfigError(f"{data / FILE_NAME}: {fault}")
    return made


def example() -> str:
    """Return the text of a `tagwatch.toml` that `init` writes: every key, at its default."""
    lines = [
        "# Deployment only. What can alter a decision is published in the programme, not here.",
        '# keys = "/media/other-disk/tagwatch-keys"   # default: the folder keys beside this file',
    ]
    for name, section in _sections().items():
        lines += ["", f"# [{name}]"]
        for key in section.__struct_fields__:
            lines.append(f"# {key} = {_toml(getattr(section(), key))}")
    return "\n".join(lines) + "\n"


def _sections() -> dict[str, type[msgspec.Struct]]:
    return {
        "web": WebConfig,
        "tags": TagsConfig,
        "smtp": SmtpConfig,
        "webhook": WebhookConfig,
        "watch": WatchConfig,
        "limits": Limits,
        "rehearsal": RehearsalConfig,
        "movements": MovementsConfig,
        "archive": ArchiveConfig,
        "audit": AuditConfig,
        "key_rotation": KeyRotationConfig,
        "crimes": CrimesConfig,
        "oidc": OidcConfig,
    }


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(each) for each in cast('tuple[object, ...]', value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}; mend that line") from error


def _overlay(found: dict[str, Any], environ: Mapping[str, str]) -> None:
    if keys := environ.get("TAGWATCH_KEYS"):
        found["keys"] = keys
    for name, section in _sections().items():
        for key in section.__struct_fields__:
            text = environ.get(f"TAGWATCH_{name}_{key}".upper())
            if text is not None:
                table = found.setdefault(name, {})
                table[key] = text.split(",") if isinstance(getattr(section(), key), tuple) else text


def _path(wanted: type, value: object) -> object:
    if issubclass(wanted, Path) and isinstance(value, str):
        return Path(value).expanduser()
    raise NotImplementedError(f"no way from {value!r} to {wanted}")  # so msgspec is told


def _hint(message: str) -> str:
    if "unknown field" not in message:
        return ""
    known = ["keys", *_sections()]
    for section in _sections().values():
        known += section.__struct_fields__
    word = message.split("`")[1]
    near = get_close_matches(word, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; known keys: {', '.join(sorted(known))}"
