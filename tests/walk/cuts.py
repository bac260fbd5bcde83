"""A night on a disk that loses power: ingest, evaluation and delivery, cut at any moment.

The journal is on a file layer that drops what was not synced; the projections are on SQLite, and
the line's process may die between any two statements of its transaction.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from sqlalchemy import event

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind
from tagwatch.core.episode import Episode
from tagwatch.core.ledger import AttemptRecorded, Tick
from tagwatch.core.outcome import RuleKind
from tagwatch.core.person import Channel
from tagwatch.core.reconcile import content as said_by
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.engine import installation
from tagwatch.engine.centre import InProcessCentre
from tagwatch.notify.route import Notification
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Draft, Lane
from tagwatch.store.journal.scan import Damage
from tagwatch.store.outbox import due_rows
from tests.store.journal.faults import FaultyFiles, PowerCut
from tests.walk.content import content
from tests.walk.tables import lay_tables
from tests.walk.timeline import HERS, HOME, at_time, contacts, fix, frame, metres_from, register

MOST_LIVES = 50
_PLACE = re.compile(r"(journal segment \d+ at \d+): bytes \d+ to \d+ cannot be read")
_SET_ASIDE = re.compile(r"journal record (\d+) \(kind \d+\) was set aside")
_SILENCE = AlertKind.NO_COMMS
_TICK = ledger.kind_of(Tick(at=Instant(0), monotonic_us=0))


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
    lost: set[int] = field(default_factory=set)
    """Seqs that a group lost while others of it were kept: it was never acknowledged."""
    kept: set[int] = field(default_factory=set)
    """Seqs of the same groups that were kept."""
    lost_ticks: set[Instant] = field(default_factory=set)
    """Times of ticks among them: the receiver's clock does not come again."""
    overtaken: set[Instant] = field(default_factory=set)
    """Times of ticks that came again behind a frame that was kept and had come after them."""
    damage: list[Damage] = field(default_factory=list[Damage])
    """What of the journal cannot be read in the end."""

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
                self.damage = self._damage(centre)
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
        head = 0
        while head < (head := centre.writer.head().seq):
            self._decide_and_send(centre)

    def _learn(self, centre: InProcessCentre) -> None:
        """Go on with the next group if the one under way is in the journal as a whole."""
        head, lost = centre.writer.head().seq, centre.writer.recovered.lost_seqs
        self.lost |= {*lost}
        if self.sending_after is None:
            return
        group = self.groups[self.acknowledged]
        if head == self.sending_after + len(group) and not lost:
            self.acknowledged += 1
        elif lost:
            self.kept |= {*range(self.sending_after + 1, head + 1)} - {*lost}
            self.groups[self.acknowledged] = self._sent_again(centre, group, head)
        self.sending_after = None

    def _sent_again(self, centre: InProcessCentre, group: list[Draft], head: int) -> list[Draft]:
        """Return what comes when the power is back: the tags send all of it again, but the
        receiver's clock goes on, and no tick is of a time before the last one that was kept."""
        reader = installation.open_reader(centre.config, self.files)
        kept = reader.read(self.sending_after or 0, head, Lane.FRESH)
        reader.close()
        framed = any(record.kind != _TICK for record in kept)
        told = {r.received_at for r in kept if r.kind == _TICK and r.payload is not None}
        last = max(told, default=0)
        ticks = {d.received_at for d in group if d.kind == _TICK and d.received_at <= last}
        self.lost_ticks |= ticks - told
        again = [d for d in group if d.kind != _TICK or d.received_at > last]
        if framed:
            self.overtaken |= {d.received_at for d in again if d.kind == _TICK}
        return again

    @property
    def missed_ticks(self) -> set[Instant]:
        """The lost ticks after the first of all that was kept: before it nobody listened yet."""
        ticks = {d.received_at for group in night() for d in group if d.kind == _TICK}
        first = min(ticks - self.lost_ticks)
        return {at for at in self.lost_ticks if at > first}

    @property
    def history(self) -> frozenset[AlertKind]:
        """Kinds of alert that are history here, for the ticks they follow from differ: a lost
        tick is a time of which the centre cannot show that it was awake, and who is heard before
        the tick that would have noticed his silence was not silent."""
        kinds = {AlertKind.BLIND} if self.lost_ticks else set[AlertKind]()
        return frozenset({*kinds, _SILENCE} if self.overtaken else kinds)

    def _damage(self, centre: InProcessCentre) -> list[Damage]:
        reader = installation.open_reader(centre.config, self.files)
        reader.read(0, centre.writer.head().seq)
        reader.close()
        return reader.damage

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


def essence(found: dict[str, Any], history: frozenset[AlertKind]) -> dict[str, Any]:
    """Return what must be the same also when a part of a group was kept and it came again.

    Then seqs differ, and with them the ids of fixes, episodes and alerts; of the rest only what
    is history and no finding, the kinds of alert in `history` among it. The centre says what of
    the disk cannot be read (`damage_said`), as it must, for it cannot know that nobody had been
    told that it was stored; and which records that were kept mean nothing without a lost one
    (`set_aside_said`).
    """
    alerts = {row["alert_id"]: msgspec.json.decode(row["body"]) for row in found["alert"]}
    left_out = {
        name for name, alert in alerts.items() if alert["kind"] in history or _is_of_disk(alert)
    }
    findings = [_finding(row["body"]) for row in found["episode"]]
    return {
        "findings": sorted(
            (f for f in findings if f.rule is not RuleKind.COMMS or _SILENCE not in history),
            key=repr,
        ),
        "alerts": sorted(
            (a["kind"], str(a["wearer_id"]), a["happened_at"], a["finding"], a["phase"], a["state"])
            for name, a in alerts.items()
            if name not in left_out
        ),
        "told": sorted(
            (alerts[row["alert_id"]]["kind"], row["stage"], row["contact_id"], row["state"])
            for row in found["notification"]
            if row["alert_id"] not in left_out and row["stage"] != "notice"
        ),
        "trail": {(r["wearer_id"], r["first_at"], r["last_at"]) for r in found["trail_block"]},
    }


def damage_said(found: dict[str, Any]) -> set[str]:
    """Return the places of the journal of which alerts say that they cannot be read."""
    return set(_said(found, _PLACE))


def set_aside_said(found: dict[str, Any]) -> set[int]:
    """Return the seqs of the records of which alerts say that they were set aside."""
    return {int(seq) for seq in _said(found, _SET_ASIDE)}


def blind_said(found: dict[str, Any]) -> list[tuple[Instant, Instant]]:
    """Return [start, end) of the intervals in which the centre cannot show that it was awake."""
    return [(row["from_at"], row["to_at"]) for row in found["blind_interval"]]


def _said(found: dict[str, Any], words: re.Pattern[str]) -> Iterator[str]:
    for row in found["alert"]:
        alert = msgspec.json.decode(row["body"])
        if alert["kind"] == AlertKind.WATCH:
            yield from words.findall(alert["sentence"])


def _is_of_disk(alert: dict[str, Any]) -> bool:
    words = alert["sentence"] if alert["kind"] == AlertKind.WATCH else ""
    return bool(_PLACE.search(words) or _SET_ASIDE.search(words))


def _finding(body: str) -> Episode:
    episode = msgspec.json.decode(body, type=Episode)
    return msgspec.structs.replace(said_by(episode), fixes=())


def disturbed(folder: Path, seed: int, calm: Night) -> Night:
    """Return a night in which the power fails at a seeded moment."""
    random = Random(seed)
    files = FaultyFiles(seed)
    cutter = Cutter()
    if random.random() < 0.5:
        files.cut_after = random.randrange(1, calm.files.operations)
    else:
        cutter.after = random.randrange(1, calm.cutter.statements)
    return begun(Night(folder, files, cutter))


def torn(folder: Path, seed: int, calm: Night) -> Night:
    """Return a night in which the power fails at a sync, and the disk keeps some sectors of it:
    nearly every second time the end of a group, and not all before it."""
    files = FaultyFiles(seed)
    long = [operation for operation, sectors in calm.files.syncs if sectors > 2]
    files.cut_after = Random(seed).choice(long)
    files.fates = ["holes"]
    return begun(Night(folder, files))


def begun(night: Night) -> Night:
    """Return the night with empty tables that are there already."""
    lay_tables(Config(data=night.folder))
    return night
