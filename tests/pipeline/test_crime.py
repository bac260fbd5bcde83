"""Police's crimes in the line: versions, what was known, parts that come twice, the report."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from tagwatch.config import Config
from tagwatch.core.crime import CrimeBatch
from tagwatch.core.crime_errors import CrimeBatchStatus
from tagwatch.core.crime_profiles import DEFAULT_PROFILE
from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, ContactId
from tagwatch.core.ledger import ContactRecorded, Tick
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.units import MINUTE, SECOND, Instant, parse_iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.ingest import crime_batch
from tagwatch.ingest.crime_batch import BatchTooLarge, Sent, take_in
from tagwatch.notify.message import compose
from tagwatch.notify.reason import Reason
from tagwatch.notify.route import Notification
from tagwatch.store import schema
from tagwatch.store.crimes import batch_of, crimes_of_batch, errors_of_batch
from tagwatch.store.database import reading
from tests.ingest.files.crime_rows import mail, row
from tests.walk.content import content

AT = parse_iso("2026-11-25T09:00:00Z")
BY = AccountId("ac_police")


def events(key: str, data: bytes | str, name: str = "crimes.csv", **sent: object) -> list[Event]:
    content = data.encode() if isinstance(data, str) else data
    where = Sent(batch_key=key, source="page", file_name=name, at=AT, **sent)
    return list(take_in(BytesIO(content), len(content), where, DEFAULT_PROFILE).events)


def record(centre: InProcessCentre, *made: Event) -> None:
    centre.record(*made, at=Instant(AT + SECOND))
    centre.apply()


def state(centre: InProcessCentre, key: str) -> CrimeBatch:
    with reading(centre.projections) as connection:
        found = batch_of(connection, key)
    assert found is not None
    return found


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        for name, more in (("hub", {"address": "hub@force.example"}), ("page", {"account_id": BY})):
            contact = Contact(
                contact_id=ContactId(f"k_{name}"), label=name, duty=Duty.TECHNICAL,
                channel=Channel.EMAIL, **more,
            )  # fmt: skip
            record(found, ContactRecorded(contact=contact, by=BY))
        yield found


def told(centre: InProcessCentre) -> list[Notification]:
    with reading(centre.projections) as connection:
        bodies = connection.execute(select(schema.notification.c.body)).scalars()
        return [msgspec.json.decode(body, type=Notification) for body in bodies]


def outcomes(centre: InProcessCentre, key: str) -> list[tuple[str, int]]:
    with reading(centre.projections) as connection:
        return [(one.outcome, one.version) for one in crimes_of_batch(connection, key)]


def test_a_reference_that_comes_again_is_a_version_if_anything_changed(centre) -> None:
    first = "\n".join([row(reference="A"), row(reference="B"), row(reference="A", text="seen")])
    record(centre, *events("cb_1", first))
    assert outcomes(centre, "cb_1") == [("new", 1), ("new", 1), ("changed", 2)]
    again = "\n".join(
        [
            row(reference="A", text="seen", batch="MPS20250127", said="other", datum=""),
            row(
                reference="B", type="RB", end="20250125093001", longitude="-.1", batch="MPS20250127"
            ),
        ]
    )
    record(centre, *events("cb_2", again))
    assert outcomes(centre, "cb_2") == [("same", 2), ("changed", 2)]
    found = state(centre, "cb_2")
    assert (found.made, found.changed, found.same, found.complete) == (0, 1, 1, True)
    with reading(centre.projections) as connection:
        query = select(schema.crime_version.c.changed).where(
            schema.crime_version.c.reference == "B"
        )
        assert list(connection.execute(query.order_by("version")).scalars()) == [
            "",
            "Crime type\nCrime window\nCrime location",
        ]
    assert told(centre) == []
    kept = content(centre.projections)
    rebuild(centre.config, centre.writer, centre.writer.head().seq)
    assert content(centre.projections) == kept


def test_parts_that_come_twice_or_too_early_change_nothing(centre, monkeypatch) -> None:
    monkeypatch.setattr(crime_batch, "PART_ROWS", 2)
    data = "\n".join(
        row(reference=f"R{n}", start="x" if n == 3 else "20250125083000") for n in range(5)
    )
    begun, kept, one, two, three = events("cb_1", data)
    record(centre, begun, one, three)
    assert state(centre, "cb_1").parts_done == 1
    assert not state(centre, "cb_1").complete
    record(centre, begun, kept, one, two, three, two)
    found = state(centre, "cb_1")
    assert (found.made, found.same, found.complete) == (4, 0, True)
    with reading(centre.projections) as connection:
        assert [one.row for one in crimes_of_batch(connection, "cb_1")] == [1, 2, 3, 5]
        assert [error.row for error in errors_of_batch(connection, "cb_1")] == [4]


def test_what_is_wrong_goes_to_the_sender_without_what_he_wrote(centre) -> None:
    data = "\n".join(
        [row(reference="SECRET-1"), row(reference="SECRET-2", start="SECRET", type="")]
    )
    record(centre, *events("cb_1", data, by=BY), *events("cb_2", data))
    (message,) = reports(centre)
    assert message.contact_id == "k_page"
    text = compose(message, "https://c.example").text
    assert "partial. 1 of 2 rows are kept." in text
    assert "row 2: INVALID_FROM_DATE_FORMAT (dateFrom)" in text
    assert "https://c.example/crimes" in text
    assert "SECRET" not in text
    assert (state(centre, "cb_1").reported, state(centre, "cb_2").reported) == (True, False)


def test_a_mail_is_answered_where_its_sender_is_a_contact(centre) -> None:
    other = mail(("a.csv", row(start="x").encode())).replace(b"hub@force", b"someone@else")
    record(centre, *events("cb_1", mail(), "a.eml"), *events("cb_2", other, "b.EML"))
    (message,) = told(centre)
    assert message.contact_id == "k_hub"
    assert "INVALID_ATTACHMENT" in message.sentence
    found = state(centre, "cb_1")
    assert (found.status, found.sender, found.complete) == ("failed", "hub@force.example", True)
    assert "0 .csv files" in found.why
    assert state(centre, "cb_2").sender == "someone@else.example"


def test_a_batch_that_is_refused_keeps_no_crime(centre) -> None:
    data = "\n".join([row(), row(batch="MPS20250127")])
    record(centre, *events("cb_1", data))
    assert outcomes(centre, "cb_1") == []
    assert state(centre, "cb_1").batch_error == "MULTIPLE_BATCH_IDS"


def test_too_much_is_refused_before_anything_is_kept(monkeypatch) -> None:
    monkeypatch.setattr(crime_batch, "MOST_ROWS", 2)
    with pytest.raises(BatchTooLarge, match="more than 2 rows: part it"):
        events("cb_1", "\n".join([row()] * 3))
    monkeypatch.setattr(crime_batch, "MOST_BYTES", 2)
    with pytest.raises(BatchTooLarge, match="larger than"):
        events("cb_1", row())


def reports(centre: InProcessCentre) -> list[Notification]:
    return [one for one in told(centre) if one.reason is Reason.CRIME_REPORT]


def ticked(centre: InProcessCentre, minutes: float) -> None:
    at = Instant(AT + SECOND + int(minutes * MINUTE))
    centre.record(Tick(at=at, monotonic_us=at), at=at)
    centre.apply()


def test_a_file_that_breaks_off_ends_with_a_reason_and_its_sender_is_told(
    centre, monkeypatch
) -> None:
    monkeypatch.setattr(crime_batch, "PART_ROWS", 2)
    data = "\n".join(row(reference=f"SECRET{n}") for n in range(5))
    begun, kept, one, two, three = events("cb_1", data, by=BY)
    record(centre, begun, kept, one)
    ticked(centre, 9.99)
    assert state(centre, "cb_1").broken_at is None
    assert reports(centre) == []
    ticked(centre, 10)
    ticked(centre, 11)
    found = state(centre, "cb_1")
    assert (found.status, found.kept, found.rows) == (CrimeBatchStatus.PARTIAL, 2, 5)
    assert "1 of 3 parts came" in found.why
    (message,) = reports(centre)
    assert message.contact_id == "k_page"
    assert "2 of 5 rows are kept" in message.sentence
    assert "Send the file again" in message.sentence
    assert "SECRET" not in message.sentence
    whole = content(centre.projections)
    rebuild(centre.config, centre.writer, centre.writer.head().seq)
    assert content(centre.projections) == whole

    record(centre, two, three)  # the folder goes on where it was
    found = state(centre, "cb_1")
    assert (found.status, found.kept, found.broken_at) == (CrimeBatchStatus.SUCCESSFUL, 5, None)
    ticked(centre, 60)
    assert state(centre, "cb_1") == found
    record(centre, *events("cb_2", data, by=BY)[:2])
    ticked(centre, 90)
    assert state(centre, "cb_2").status is CrimeBatchStatus.FAILED
    record(centre, *events("cb_3", data, by=BY))
    assert state(centre, "cb_3").same == 5
