"""A night on a disk that loses power: ingest, evaluation and delivery, cut at any moment.

The journal is on a file layer that drops what was not synced; the projections are on SQLite, and
the line's process may die between any two statements of its transaction.
"""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from sqlalchemy import event

from tagwatch.config import Config
from tagwatch.core.ledger import AttemptRecorded, AttemptResult, Tick
from tagwatch.core.person import Channel
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.notify.route import Notification
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Draft
from tagwatch.store.outbox import due_rows
from tests.store.journal.faults import FaultyFiles, PowerCut
from tests.walk.content import content
from tests.walk.timeline import HERS, HOME, at_time, contacts, fix, frame, metres_from, register

MOST_LIVES = 50


def night() -> list[list[Draft]]:
    """Return groups of drafts as a receiver would commit them: an entry, an absence, late fixes."""
    start = at_time("18:58")
    since = at_time("12:00")
    events = [*contacts(), *register("w1", since), *register("w2", since)]
    groups = [[draft_of(each, start) for each in events]]
    for minute in range(14):
        now = Instant(start + minute * MINUTE)
        group = [
            draft_of(Tick(at=Instant(now + s), monotonic_us=now + s), Instant(now + s))
            for s in (0, 20 * SECOND, 40 * SECOND)
        ]
        inside = metres_from(HERS, 4.0 * minute, 10) if 3 <= minute < 6 else HOME
        sent = [fix(inside, now)]
        if minute == 9:  # two fixes that waited in a tunnel
            sent = [fix(metres_from(HERS, 9, s), Instant(now - s * SECOND)) for s in (190, 150)]
        group.append(draft_of(frame(sent, "w1"), now))
        away = metres_from(HOME, 900, 3.0 * minute)
        group.append(draft_of(frame([fix(away, now)], "w2"), now))
        groups.append(group)
    return groups


@dataclass
class Cutter:
    """Cuts the line's process off before its n-th SQL statement; None never."""

    after: int | None = None
    statements: int = 0

    def watch(self, centre: InProcessCentre) -> None:
        """Count what the line's writing connection is told to do."""
        engine = centre.line.database

        def before(*_told: Any) -> None:
            self.statements += 1
            if self.after is not None and self.statements > self.after:
                self.after = None
                raise PowerCut

        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "commit", before)


@dataclass
class Night:
    """One run of the night: the same content in the end means that every fix is there, once."""

    folder: Path
    files: FaultyFiles
    cutter: Cutter = field(default_factory=Cutter)
    groups: list[list[Draft]] = field(default_factory=night)
    phone: list[str] = field(default_factory=list)
    """Ids of the messages that arrived, each as often as it did."""
    lives: int = 0
    acknowledged: int = 0
    """Groups of which the tags were told: stored."""
    sending_after: int | None = None
    """Head before the group that is under way."""
    torn: bool = False
    """The last group lost some of its records and kept others: it was never acknowledged."""

    def run(self) -> dict[str, Any]:
        """Take the night to its end, coming up again after every cut; return the content."""
        while self.lives < MOST_LIVES:
            self.lives += 1
            centre: InProcessCentre | None = None
            try:
                centre = InProcessCentre.open(Config(data=self.folder), self.files)
                self.cutter.watch(centre)
                self._go_on(centre)
                found = content(centre.projections)
                centre.close()
                return found
            except PowerCut:
                if centre is not None:
                    centre.line.close()
                    centre.let_go()
                self.files.restart()
        raise AssertionError(f"not done in {MOST_LIVES} lives")

    def _go_on(self, centre: InProcessCentre) -> None:
        self._learn(centre)
        self._decide_and_send(centre)
        while self.acknowledged < len(self.groups):
            self.sending_after = centre.writer.head().seq
            centre.append(self.groups[self.acknowledged])
            self.acknowledged += 1
            self.sending_after = None
            self._decide_and_send(centre)

    def _learn(self, centre: InProcessCentre) -> None:
        """Go on with the next group if the one under way is in the journal as a whole."""
        lost = centre.writer.recovered.lost_seqs
        self.torn = self.torn or bool(lost)
        if self.sending_after is not None:
            whole = self.sending_after + len(self.groups[self.acknowledged])
            self.acknowledged += centre.writer.head().seq == whole and not lost
            self.sending_after = None

    def _decide_and_send(self, centre: InProcessCentre) -> None:
        centre.apply()
        with reading(centre.projections) as connection:
            due = due_rows(connection, at_time("23:59"), 1000, Channel.WEBHOOK.value)
        made: list[Draft] = []
        for row in due:
            notification = msgspec.json.decode(row.body, type=Notification)
            self.phone.append(notification.notification_id)
            at = notification.created_at
            attempt = AttemptRecorded(
                notification_id=notification.notification_id,
                attempt=row.attempts + 1,
                at=at,
                result=AttemptResult.DELIVERED,
                proof="ok",
            )
            made.append(draft_of(attempt, at))
        if made:
            centre.append(made)
            centre.apply()


def essence(found: dict[str, Any]) -> dict[str, set[Any]]:
    """Return what must be the same also when a group came twice, so that seqs differ."""
    alerts = [msgspec.json.decode(row["body"]) for row in found["alert"]]
    kinds = {alert["alert_id"]: alert["kind"] for alert in alerts}
    return {
        "alerts": {(a["kind"], a["wearer_id"], a["happened_at"], a["finding"]) for a in alerts},
        "told": {
            (kinds[row["alert_id"]], row["stage"], row["contact_id"], row["state"])
            for row in found["notification"]
        },
        "trail": {(r["wearer_id"], r["first_at"], r["last_at"]) for r in found["trail_block"]},
    }


def disturbed(folder: Path, seed: int, operations: int, statements: int) -> Night:
    """Return a night in which the power fails at a seeded moment."""
    random = Random(seed)
    files = FaultyFiles(seed)
    cutter = Cutter()
    if random.random() < 0.5:
        files.cut_after = random.randrange(1, operations)
    else:
        cutter.after = random.randrange(1, statements)
    return Night(folder, files, cutter)
