"""A small installation for tests of the door: two wearers, one tag each, known secrets."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from tagwatch.config import Config, TagsConfig
from tagwatch.core import ledger
from tagwatch.core.ids import AccountId, ActivationId, TagId, WearerId
from tagwatch.core.person import Activation, Credential, Scheme, Tag
from tagwatch.core.units import DAY, Instant, parse_iso
from tagwatch.ingest.credential import digest_of
from tagwatch.ingest.limits import DoorLimits
from tagwatch.ingest.receiver import Receiver, open_keyring
from tagwatch.ingest.register import Register
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader

NOW = parse_iso("2026-03-01T12:00:00Z")
BY = AccountId("test")
TAG, OTHER_TAG = TagId("tag-1"), TagId("tag-2")
SECRETS = {
    Scheme.TRACCAR_CLIENT: "5f0c1d9e8b7a46e2a3c4d5e6f7081920",
    Scheme.OWNTRACKS: "ow0c1d9e8b7a46e2a3c4d5e6f7081920",
    Scheme.TAGWATCH: "tw0c1d9e8b7a46e2a3c4d5e6f7081920",
    Scheme.TRACCAR_FORWARD: "gw0c1d9e8b7a46e2a3c4d5e6f7081920",
}


def credential_of(scheme: Scheme, **changes) -> Credential:
    fields = {
        "credential_id": f"cr-{scheme.value}",
        "scheme": scheme,
        "secret_sha256": digest_of(SECRETS[scheme]),
        "tag_id": None if scheme is Scheme.TRACCAR_FORWARD else TAG,
        "issued_at": NOW - DAY,
    }
    return Credential(**(fields | changes))


def activation(name: str, tag: TagId, wearer: str, start: Instant, end: Instant | None = None):
    return Activation(
        activation_id=ActivationId(name),
        tag_id=tag,
        wearer_id=WearerId(wearer),
        started_at=start,
        ended_at=end,
    )


def register_events() -> list[ledger.Event]:
    return [
        ledger.TagRecorded(tag=Tag(tag_id=TAG, serial="S1"), by=BY),
        ledger.TagRecorded(tag=Tag(tag_id=OTHER_TAG, serial="S2"), by=BY),
        ledger.ActivationStarted(
            activation=activation("act-1", TAG, "wearer-1", Instant(NOW - 400 * DAY)), by=BY
        ),
        *(ledger.CredentialIssued(credential=credential_of(scheme), by=BY) for scheme in SECRETS),
    ]


def register() -> Register:
    made = Register()
    for event in register_events():
        made.apply(event)
    return made


def bearer(scheme: Scheme) -> str:
    return f"Bearer {SECRETS[scheme]}"


def config_in(folder: Path) -> Config:
    config = Config(data=folder, tags=TagsConfig(port=0))
    Keyring.create(config.keys_folder, OsFiles()).close()
    return config


@asynccontextmanager
async def receiving(config: Config, http_limits=None, door_limits=DoorLimits(100_000)):
    """A real receiver on free ports, with the register of this module journaled."""
    receiver = Receiver(config, http_limits, door_limits)
    await receiver.start()
    try:
        drafts = [draft_of(event, NOW) for event in register_events()]
        await receiver.committer.append(drafts)
        for event in register_events():
            receiver.door.register.apply(event)
        yield receiver
    finally:
        await receiver.close()


def journaled(config: Config, upto: int) -> list[tuple[ledger.Event, object]]:
    """Return (event, record) of everything up to `upto`."""
    keyring = open_keyring(config)
    reader = JournalReader(config.journal_folder, keyring, OsFiles())
    try:
        records = reader.read(0, upto)
        return [(ledger.decode(r.kind, r.payload), r) for r in records]
    finally:
        reader.close()
        keyring.close()


async def send(port: int, raw: bytes, timeout_s: float = 5.0) -> bytes:
    """Send bytes on a new connection and return everything until it is closed or silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout_s)
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        return head + await asyncio.wait_for(reader.readexactly(length), timeout_s)
    finally:
        writer.close()


def http(method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: tags"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
