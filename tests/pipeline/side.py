"""A protected person, by what her side can be reached, and what was told and alarmed of it."""

from typing import Any

import msgspec

from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.ledger import AttemptRecorded, Event, Tick
from tagwatch.core.notice import Notice
from tagwatch.core.person import Channel, Contact, Duty, ProtectedPerson
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.notify.message import Message, compose
from tagwatch.notify.route import Notification
from tagwatch.store import alerts as stored_alerts
from tagwatch.store.database import reading
from tests.walk.content import content

HERS = Contact(
    contact_id="k_hers", label="her safe phone", duty=Duty.PROTECTED, channel=Channel.SMS,
    address="+447700900555", wearers=("w1",),
)  # fmt: skip
SPEAKER = Contact(
    contact_id="k_speaker", label="Advocate", duty=Duty.LIAISON, channel=Channel.EMAIL,
    address="advocate@example.invalid",
)  # fmt: skip
HER = ProtectedPerson(
    person_id="p_her", name="Demo Person", wearers=("w1",), liaison="k_speaker", contact="k_hers"
)


def record(centre: InProcessCentre, event: Event, at: int) -> None:
    """Journal `event` at `at` and let the line apply it."""
    centre.record(event, at=Instant(at))
    centre.apply()


def tick(centre: InProcessCentre, at: int) -> None:
    """Let the line see the time."""
    record(centre, Tick(at=Instant(at), monotonic_us=at), at)


def notices(centre: InProcessCentre, person: str = "p_her") -> list[Notice]:
    """Return what a person's side was to be told, in the order in which it was made."""
    rows = content(centre.projections)["notice"]
    found = [msgspec.json.decode(row["body"], type=Notice) for row in rows]
    return sorted((n for n in found if n.person_id == person), key=lambda n: n.made_at)


def messages(
    centre: InProcessCentre, contacts: tuple[str, ...] = ("k_hers", "k_speaker")
) -> list[tuple[dict[str, Any], Message]]:
    """Return the outbox rows about no alert to these contacts, each with its words, in order."""
    rows = [r for r in content(centre.projections)["notification"] if r["stage"] == "notice"]
    rows.sort(key=lambda row: (row["created_at"], row["notification_id"]))
    return [
        (row, compose(msgspec.json.decode(row["body"], type=Notification), "https://c.example"))
        for row in rows
        if row["contact_id"] in contacts
    ]


def attempted(
    centre: InProcessCentre, name: str, number: int, result: AttemptResult, at: int
) -> None:
    """Journal how an attempt to send a message of the outbox ended."""
    ended = AttemptRecorded(
        notification_id=name, attempt=number, at=Instant(at), result=result, proof="said so"
    )
    record(centre, ended, at)


def alerts(centre: InProcessCentre, kind: AlertKind) -> list[Alert]:
    """Return the alerts of a kind, in the order in which they were raised."""
    with reading(centre.projections) as connection:
        every = stored_alerts.every_alert(connection)
    return sorted((each for each in every if each.kind is kind), key=lambda a: a.raised_at)
