"""The socket's clients against a real receiver: append, head, subscribe, erase, backup."""

import asyncio
import socket
import stat

import msgspec
import pytest

from tagwatch.core import ledger
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.ingest.clock import now
from tagwatch.ingest.receiver import open_keyring
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Owner, OwnerKind
from tagwatch.store.journal.verify import verify
from tagwatch.store.post import (
    AsyncJournalPost,
    JournalPost,
    PostError,
    PostRefused,
    Refusal,
    Subscription,
    pack,
)
from tests.ingest.world import config_in, journaled, receiving

NOTE = ledger.AlertNoted(alert_id="al-1", at=Instant(5), by=AccountId("a"), words="seen")


@pytest.fixture
def config(tmp_path):
    return config_in(tmp_path / "data")


def with_receiver(config, act) -> None:
    """Run the blocking `act` in a thread beside a receiver."""

    async def main() -> None:
        async with receiving(config) as receiver:
            await asyncio.to_thread(act, receiver)

    asyncio.run(main())


def test_what_is_appended_is_stamped_by_the_receiver_and_durable(config) -> None:
    def act(_receiver) -> None:
        post = JournalPost(config.receiver_socket)
        before = now()
        seqs = post.append([draft_of(NOTE, Instant(1)), draft_of(NOTE, Instant(2))])
        assert len(seqs) == 2
        assert seqs[1] == seqs[0] + 1
        assert post.head().seq >= seqs[1]
        found = {record.seq: (event, record) for event, record in journaled(config, seqs[1])}
        event, record = found[seqs[0]]
        assert event == NOTE
        assert before <= record.received_at <= now()
        post.close()

    with_receiver(config, act)


def test_wrong_drafts_are_refused_with_the_reason_and_cost_nothing(config) -> None:
    good = draft_of(NOTE, Instant(0))
    wrong = [
        good._replace(kind=999),
        good._replace(payload=b"rubbish"),
        good._replace(owner=Owner(OwnerKind.WEARER, "w" * 41)),
        good._replace(lane=1),
        good._replace(data_class=77),
        good._replace(period="never"),
    ]

    def act(_receiver) -> None:
        post = JournalPost(config.receiver_socket)
        for draft in wrong:
            with pytest.raises(PostRefused) as refused:
                post.append([good, draft])
            assert refused.value.reason is Refusal.BAD
        assert post.append([good])
        post.close()

    with_receiver(config, act)


def test_a_subscriber_hears_of_each_move(config) -> None:
    def act(_receiver) -> None:
        heard = Subscription(config.receiver_socket)
        post = JournalPost(config.receiver_socket)
        assert heard.wait(30) is not None
        seq = post.record(NOTE)
        head = heard.wait(30)
        while head is not None and head < seq:
            head = heard.wait(30)
        assert head is not None
        assert head >= seq
        heard.close()
        post.close()

    with_receiver(config, act)


def test_erasure_destroys_the_keys_and_is_itself_journaled(config) -> None:
    def act(receiver) -> None:
        post = JournalPost(config.receiver_socket)
        seq = post.record(NOTE)
        case = Owner(OwnerKind.CASE, "al-1")
        assert post.erase(case, DataClass.ACT, None, "retention", "officer") == 1
        assert post.erase(case, DataClass.ACT, None, "retention", "officer") == 0

        reader = JournalReader(config.journal_folder, open_keyring(config), OsFiles())
        record = reader.get(seq)
        assert record is not None
        assert record.payload is None
        last = reader.read(seq, post.head().seq)
        kinds = [type(ledger.decode(r.kind, r.payload)) for r in last]
        assert ledger.KeyDestroyed in kinds
        post.close()

    with_receiver(config, act)


def test_a_backup_is_made_beside_the_running_writer(config, tmp_path) -> None:
    def act(_receiver) -> None:
        post = JournalPost(config.receiver_socket)
        seq = post.record(NOTE)
        assert post.backup(tmp_path / "copy") >= seq
        verify(tmp_path / "copy", OsFiles())
        with pytest.raises(PostRefused, match="not empty"):
            post.backup(tmp_path / "copy")
        post.close()

    with_receiver(config, act)


def test_the_socket_is_this_users_alone_and_survives_rubbish(config) -> None:
    def act(_receiver) -> None:
        mode = config.receiver_socket.stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
        for rubbish in (b"\x05\0\0\0abcde", b"\xff\xff\xff\xff", b"\x01", pack({"op": "dance"})):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(config.receiver_socket))
                client.sendall(rubbish)
        post = JournalPost(config.receiver_socket)
        assert post.record(NOTE)
        assert post.status()["head"] > 0
        post.close()

    with_receiver(config, act)


def test_no_receiver_is_said_plainly(tmp_path) -> None:
    with pytest.raises(PostError, match="tagwatch serve"):
        JournalPost(tmp_path / "none.sock").head()


def test_the_async_client_takes_turns_and_reconnects(config) -> None:
    async def main() -> None:
        post = AsyncJournalPost(config.receiver_socket)
        async with receiving(config):
            seqs = await asyncio.gather(*(post.record(NOTE) for _ in range(50)))
            assert len(set(seqs)) == 50
        async with receiving(config):
            assert await post.record(NOTE) > max(seqs)
            assert (await post.head()).seq >= max(seqs)
        await post.close()

    asyncio.run(main())


def test_frames_of_the_socket_are_messagepack() -> None:
    assert msgspec.msgpack.decode(pack({"op": "head"})[4:]) == {"op": "head"}
