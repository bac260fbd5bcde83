"""Acts and attempts about an alert whose cause was lawfully erased: counted, and nothing more."""

from pathlib import Path

from sqlalchemy import select

from tagwatch.config import load
from tagwatch.core.ids import AccountId, AlertId, NotificationId
from tagwatch.core.ledger import AlertAcknowledged, AlertClosed, AlertNoted, AttemptRecorded
from tagwatch.core.outcome import Disposition
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import parse_iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import schema

AT = parse_iso("2026-03-02T10:00:00Z")
GONE, BY = AlertId("al_gone"), AccountId("ac_1")


def test_what_is_said_of_an_erased_alert_is_counted_and_raises_nothing(tmp_path: Path) -> None:
    with InProcessCentre.open(load(tmp_path, {})) as centre:
        centre.record(
            AlertAcknowledged(alert_id=GONE, at=AT, by=BY),
            AlertNoted(alert_id=GONE, at=AT, by=BY, words="rang him"),
            AlertClosed(
                alert_id=GONE, at=AT, by=BY, disposition=Disposition.UNKNOWN, words="closed"
            ),
            AttemptRecorded(
                notification_id=NotificationId("no_gone"),
                attempt=1,
                at=AT,
                result=AttemptResult.DELIVERED,
                proof="250 ok",
            ),
            at=AT,
        )
        centre.apply()
        with centre.projections.connect() as connection:
            counted = {row.name: row.value for row in connection.execute(select(schema.counter))}
            raised = connection.execute(select(schema.alert)).all()
    assert counted == {"acts_on_erased": 3, "attempts_on_erased": 1}
    assert raised == []
