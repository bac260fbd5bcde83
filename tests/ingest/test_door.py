"""The door on a simulated clock: owners, lanes, repeats, measures, and a journal that fails."""

import json
from pathlib import Path

import pytest

from tagwatch.core import ledger
from tagwatch.core.ids import ActivationId, TagId, WearerId
from tagwatch.core.person import Scheme
from tagwatch.core.recorded_erasure import Trace
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.ingest.credential import issue
from tagwatch.ingest.door import Admission, Door, Request
from tagwatch.ingest.limits import DoorLimits
from tagwatch.ingest.protocol import decode
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Lane, Owner, OwnerKind
from tagwatch.store.journal.writer import JournalWriter
from tests.ingest.world import BY, NOW, SECRETS, TAG, activation, bearer, register
from tests.store.journal.faults import FaultyFiles, PowerCut


class Memory:
    """A journal that keeps drafts in a list."""

    def __init__(self) -> None:
        self.drafts = []

    def append(self, drafts):
        self.drafts += drafts
        return range(len(self.drafts) - len(drafts), len(self.drafts))

    def events(self, kind=ledger.FrameReceived):
        found = (ledger.decode(draft.kind, draft.payload) for draft in self.drafts)
        return [event for event in found if isinstance(event, kind)]


@pytest.fixture
def journal() -> Memory:
    return Memory()


@pytest.fixture
def door() -> Door:
    return Door(register(), DoorLimits(requests_per_minute=1000))


def batch(*ages_s: float, key: str = "", events=(), at: Instant = NOW) -> Request:
    fixes = [{"time": at / 1e6 - age, "lat": 51.5, "lon": -0.1} for age in ages_s]
    body = {"batch": key, "fixes": fixes, "events": list(events)}
    return Request(
        "POST",
        "/v1/fixes",
        content_type="application/json",
        authorization=bearer(Scheme.TAGWATCH),
        body=json.dumps(body).encode(),
    )


def osmand(extra: str = "lat=51.5&lon=-0.1", peer: str = "", secret: str = "") -> Request:
    identity = secret or SECRETS[Scheme.TRACCAR_CLIENT]
    query = f"id={identity}&timestamp={NOW // SECOND}&{extra}"
    return Request("POST", "/", query=query, peer=peer)


def times_of(event: ledger.FrameReceived) -> list[int]:
    return decode(event, 1, NOW).fixes["fixed_at"].tolist()


def test_a_frame_of_two_wearers_becomes_one_record_each_with_only_its_own_fixes(
    door, journal
) -> None:
    handed_over = Instant(NOW - 30 * MINUTE)
    door.register.end_activation("act-1", Instant(handed_over - 10 * MINUTE))
    door.register.add_activation(activation("act-2", TAG, "wearer-2", handed_over))
    ages = [60 * 60, 35 * 60, 29 * 60, 10]
    cut = {"time": NOW / 1e6 - 3600, "kind": "strap_cut"}
    assert door.receive(batch(*ages, events=[cut]), NOW, journal).status == 200
    events = journal.events()
    shares = {event.activation_id: event for event in events}
    assert list(shares) == ["act-1", None, "act-2"]
    expected = {"act-1": ages[:1], None: ages[1:2], "act-2": ages[2:]}
    for owner, event in shares.items():
        assert times_of(event) == [NOW - age * SECOND for age in expected[owner]]
    assert [len(decode(e, 1, NOW).events) for e in events] == [1, 0, 0]
    assert len({event.frame_sha256 for event in events}) == 1
    assert [event.part for event in events] == [0, 1, 2]
    assert [(event.first, event.last) for event in events] == [(0, 1), (1, 2), (2, 4)]
    assert [draft.owner for draft in journal.drafts] == [
        Owner(OwnerKind.ACTIVATION, "act-1"),
        Owner(OwnerKind.INSTALLATION, "installation"),
        Owner(OwnerKind.ACTIVATION, "act-2"),
    ]
    assert [draft.lane for draft in journal.drafts] == [Lane.BACKFILL, Lane.BACKFILL, Lane.FRESH]
    assert [event.wearer_id for event in events] == ["wearer-1", None, "wearer-2"]


def test_what_a_tag_says_of_somebody_who_is_being_forgotten_is_nobodys(door, journal) -> None:
    trace = Trace(wearer_id=WearerId("wearer-1"), activations=(ActivationId("act-1"),))
    begun = ledger.ForgettingBegun(forgetting_id="fg", trace=trace, at=NOW, reason="r", by="ac_x")
    for turn in range(2):
        door.register.apply(begun)
        assert door.receive(batch(10 + turn), NOW, journal).status == 200
        assert [(e.activation_id, e.wearer_id) for e in journal.events()][-1] == (None, None)
        assert journal.drafts[-1].owner == Owner(OwnerKind.INSTALLATION, "installation")
    door.register.add_activation(activation("act-2", TAG, "wearer-2", Instant(NOW - 60 * MINUTE)))
    assert door.receive(batch(20), NOW, journal).status == 200
    assert journal.events()[-1].activation_id == "act-2"


@pytest.mark.parametrize(
    ("age_s", "lane"), [(599.9, Lane.FRESH), (600, Lane.FRESH), (600.1, Lane.BACKFILL)]
)
def test_the_newest_fix_decides_the_lane(door, journal, age_s, lane) -> None:
    door.receive(batch(5000, age_s), NOW, journal)
    assert [draft.lane for draft in journal.drafts] == [lane]


def test_a_wrong_clock_does_not_make_a_backlog_fresh(door, journal) -> None:
    door.receive(batch(5000, NOW / 1e6), NOW, journal)
    assert [draft.lane for draft in journal.drafts] == [Lane.BACKFILL]


def test_a_repeated_batch_is_acknowledged_and_stored_once(door, journal) -> None:
    answers = [door.receive(batch(5, key="k1"), NOW, journal) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert len(journal.drafts) == 1
    door.receive(batch(6, key="k1"), NOW, journal)
    assert len(journal.drafts) == 2, "the same key with other bytes is another batch"
    assert door.counters["repeated_batches"] == 2


def test_a_key_counts_only_once_it_is_durable(door) -> None:
    assert isinstance(door.admit(batch(5, key="k"), NOW), Admission)
    assert isinstance(door.admit(batch(5, key="k"), NOW), Admission)


def test_unparsable_bytes_are_kept_in_measure_and_endless_retries_alarm(journal) -> None:
    door = Door(register(), DoorLimits(quarantined_per_hour=3, retries_alarm=5))
    for _ in range(12):
        assert (
            door.receive(
                osmand("")._replace(query=osmand("").query.split("&")[0]), NOW, journal
            ).status
            == 400
        )
    [kept] = journal.events(ledger.FrameQuarantined)
    assert SECRETS[Scheme.TRACCAR_CLIENT] not in repr(kept)
    [alarm] = journal.events(ledger.HeartbeatMissed)
    assert alarm.part == f"messages of tag {TAG}"
    auth = bearer(Scheme.OWNTRACKS)
    for number in range(10):
        request = Request("POST", "/pub", authorization=auth, body=b"rubbish %d" % number)
        assert door.receive(request, Instant(NOW + SECOND), journal).status == 400
    assert len(journal.events(ledger.FrameQuarantined)) == 3
    door.receive(request, Instant(NOW + 2 * HOUR), journal)
    assert len(journal.events(ledger.FrameQuarantined)) == 4


def test_one_id_in_two_places_is_noticed_and_a_moving_phone_is_not(door, journal) -> None:
    for number in range(20):
        door.receive(osmand(peer=f"10.0.0.{number}"), NOW, journal)
    assert not journal.events(ledger.HeartbeatMissed)
    for number in range(20):
        door.receive(osmand(peer=f"10.0.0.{number % 2}"), NOW, journal)
    [notice] = journal.events(ledger.HeartbeatMissed)
    assert "two addresses" in notice.words
    assert door.counters["one_id_in_two_places"] == 1


def test_one_id_in_two_places_is_told_once_until_it_is_over_and_then_anew(door, journal) -> None:
    def states() -> list[str]:
        return [event.state.value for event in journal.events(ledger.HeartbeatMissed)]

    def shared(at: Instant) -> None:
        for number in range(20):
            door.receive(osmand(peer=f"10.0.0.{number % 2}"), Instant(at + number), journal)

    for number in range(3):
        shared(Instant(NOW + number * 11 * MINUTE))
    assert states() == ["ailing"]
    for number in range(3, 6):
        door.receive(osmand(peer="10.0.0.1"), Instant(NOW + number * 11 * MINUTE), journal)
    assert states() == ["ailing", "healthy"]
    shared(Instant(NOW + 70 * MINUTE))
    assert states() == ["ailing", "healthy", "ailing"]


def test_slow_retries_alarm_too_and_a_message_that_parses_ends_it(journal) -> None:
    door = Door(register(), DoorLimits(retries_alarm=5))
    spoilt = batch(5)._replace(body=b"rubbish")

    def states() -> list[str]:
        return [event.state.value for event in journal.events(ledger.HeartbeatMissed)]

    for number in range(8):
        door.receive(spoilt, Instant(NOW + number * 40 * MINUTE), journal)
    assert states() == ["ailing"]
    assert len(journal.events(ledger.FrameQuarantined)) == 1, "the same bytes are kept once"
    door.receive(batch(5), Instant(NOW + 9 * HOUR), journal)
    assert states() == ["ailing", "healthy"]
    for number in range(5):
        door.receive(spoilt, Instant(NOW + 10 * HOUR + number), journal)
    assert states() == ["ailing", "healthy", "ailing"]


def test_a_flood_of_different_unparsable_messages_alarms(journal) -> None:
    door = Door(register(), DoorLimits(quarantined_per_hour=4))
    for number in range(9):
        door.receive(batch(5)._replace(body=b"rubbish %d" % number), NOW, journal)
    assert len(journal.events(ledger.FrameQuarantined)) == 4
    [alarm] = journal.events(ledger.HeartbeatMissed)
    assert "4 messages of one hour" in alarm.words


def test_a_code_not_used_in_time_dies_and_one_used_lives(door, journal) -> None:
    expiry = Instant(NOW + HOUR)
    used, unused = (issue(Scheme.TRACCAR_CLIENT, TAG, NOW, expiry) for _ in range(2))
    for issued in (used, unused):
        door.register.apply(ledger.CredentialIssued(credential=issued.credential, by=BY))
    assert door.receive(osmand(secret=used.secret), NOW, journal).status == 200
    [renewal] = journal.events(ledger.CredentialIssued)
    assert renewal.credential.expires_unused_at is None
    later = Instant(NOW + DAY)
    assert door.receive(osmand(secret=used.secret), later, journal).status == 200
    refused = door.receive(osmand(secret=unused.secret), later, journal)
    assert (refused.status, b"Ask for a new one" in refused.body) == (403, True)


def test_a_gateway_speaks_for_tags_it_names(door, journal) -> None:
    def forwarded(serial: str) -> Request:
        position = {"latitude": 51.5, "longitude": -0.1, "valid": True,
                    "fixTime": "2026-03-01T11:59:00Z"}  # fmt: skip
        body = json.dumps({"position": position, "device": {"uniqueId": serial}})
        auth = bearer(Scheme.TRACCAR_FORWARD)
        return Request("POST", "/traccar", authorization=auth, body=body.encode())

    assert door.receive(forwarded("S1"), NOW, journal).status == 200
    assert journal.events()[0].tag_id == TAG
    assert door.receive(forwarded("S9"), NOW, journal).status == 403


def test_a_secret_is_good_for_its_own_scheme_alone(door, journal) -> None:
    wrong = batch(5)._replace(authorization=bearer(Scheme.OWNTRACKS))
    assert door.receive(wrong, NOW, journal).status == 401
    basic = batch(5)._replace(authorization="Basic bm9ib2R5OngK")
    assert door.receive(basic, NOW, journal).status == 401
    assert not journal.drafts


def faulty(seed: int, cut_after: int | None = None):
    files = FaultyFiles(seed=seed)
    keys = Path("/data/keys")
    Keyring.create(keys, files).close()
    writer = JournalWriter.open(Path("/data/journal"), Keyring.open(keys, files), files)
    files.cut_after = None if cut_after is None else files.operations + cut_after
    return files, keys, writer


def test_a_full_disk_is_never_an_acknowledgement(door) -> None:
    files, _, writer = faulty(1)
    files.room = 0
    answer = door.receive(batch(5, key="k"), NOW, writer)
    assert (answer.status, answer.retry_after_s > 0) == (503, True)
    files.room = None
    assert door.receive(batch(5, key="k"), NOW, writer).status == 200
    assert door.counters["repeated_batches"] == 0


@pytest.mark.parametrize("seed", range(60))
def test_every_acknowledged_fix_survives_a_power_cut(seed) -> None:
    files, keys, writer = faulty(seed, cut_after=1 + seed % 30)
    door = Door(register(), DoorLimits(requests_per_minute=1000))
    acknowledged = []
    try:
        for number in range(40):
            if door.receive(batch(number), NOW, writer).status == 200:
                acknowledged.append(NOW - number * SECOND)
    except PowerCut:
        files.restart()
        keyring = Keyring.open(keys, files)
        writer = JournalWriter.open(Path("/data/journal"), keyring, files)
    reader = JournalReader(Path("/data/journal"), Keyring.open(keys, files), files)
    records = reader.read(0, writer.head().seq)
    found = [at for r in records for at in times_of(ledger.decode(r.kind, r.payload))]
    assert found[: len(acknowledged)] == acknowledged


def test_an_unknown_tag_is_told_in_a_plain_sentence(door, journal) -> None:
    answer = door.receive(osmand(secret="1234"), NOW, journal)
    assert answer.status == 401
    assert answer.body.decode().strip().endswith(".")
    assert TagId("1234") not in answer.body.decode()
