"""A small installation for power cuts: its register, its tags' messages, and what was promised."""

from collections.abc import Iterator
from random import Random

import msgspec

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.ids import CredentialId, TagId
from tagwatch.core.ledger import Event, Tick
from tagwatch.core.person import Channel, Credential, Scheme
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.engine import installation
from tagwatch.ingest.credential import digest_of
from tagwatch.ingest.door import Request
from tagwatch.ingest.register import Register
from tagwatch.store.journal.files import Files
from tests.walk.timeline import BY, HERS, HOME, at_time, contacts, fix, metres_from, register

BEGINS = at_time("18:30")
WEARERS = ("w1", "w2")


def register_events() -> list[Event]:
    """Return everybody, with contacts who need no network, and a credential for each tag."""
    events: list[Event] = []
    for event in contacts():
        if isinstance(event, ledger.ContactRecorded):
            inside = msgspec.structs.replace(event.contact, channel=Channel.IN_APP, address="")
            events.append(ledger.ContactRecorded(contact=inside, by=BY))
        else:
            events.append(event)
    for wearer in WEARERS:
        events += register(wearer, BEGINS)
        credential = Credential(
            credential_id=CredentialId(f"cr_{wearer}"),
            scheme=Scheme.TAGWATCH,
            secret_sha256=digest_of(f"secret-{wearer}"),
            tag_id=TagId(f"t_{wearer}"),
            issued_at=BEGINS,
        )
        events.append(ledger.CredentialIssued(credential=credential, by=BY))
    return events


def message(wearer: str, minute: int, fixes: list[dict[str, object]]) -> Request:
    """Return a batch as a tag sends it, the same each time it is sent again."""
    return Request(
        method="POST",
        path="/v1/fixes",
        content_type="application/json",
        authorization=f"Bearer secret-{wearer}",
        body=msgspec.json.encode({"batch": f"{wearer}/{minute}", "fixes": fixes}),
    )


def minute_at(minute: int) -> Instant:
    """Return the instant of a minute of the evening."""
    return Instant(BEGINS + minute * MINUTE)


def evening(minutes: int, seed: int) -> Iterator[tuple[Instant, list[tuple[str, Request]]]]:
    """Yield each minute's messages: w1 enters the zone, w2 misses his curfew; some come late."""
    rng = Random(seed)
    held: list[tuple[int, str, Request]] = []
    for minute in range(minutes):
        due: list[tuple[str, Request]] = []
        for wearer in WEARERS:
            inside = 6 <= minute < 12
            near = HERS if inside else metres_from(HERS, 2500, 0)
            place = near if wearer == "w1" else metres_from(HOME, 900, 0)
            place = metres_from(place, rng.uniform(-8, 8), rng.uniform(-8, 8))
            sent = message(wearer, minute, [fix(place, minute_at(minute))])
            if rng.random() < 0.15:
                held.append((minute + rng.randrange(12, 20), wearer, sent))
            else:
                due.append((wearer, sent))
        due += [(wearer, sent) for at, wearer, sent in held if at == minute]
        yield minute_at(minute), due


def ticks(at: Instant) -> list[Tick]:
    """Return three ticks of the minute that begins at `at`."""
    times = [Instant(at + second * SECOND) for second in (0, 20, 40)]
    return [Tick(at=time, monotonic_us=time) for time in times]


def register_of(config: Config, files: Files, head: int) -> Register:
    """Return the door's register as the journal has it."""
    reader = installation.open_reader(config, files)
    made = Register()
    for record in reader.read(0, head, most=1_000_000, most_bytes=1 << 40):
        if record.payload is not None:
            made.apply(ledger.decode(record.kind, record.payload))
    reader.close()
    return made


def bodies_in(config: Config, files: Files, head: int) -> list[bytes]:
    """Return the body of every frame in the journal."""
    reader = installation.open_reader(config, files)
    records = reader.read(0, head, most=1_000_000, most_bytes=1 << 40)
    reader.close()
    events = [ledger.decode(r.kind, r.payload) for r in records if r.payload is not None]
    return [event.body for event in events if isinstance(event, ledger.FrameReceived)]
