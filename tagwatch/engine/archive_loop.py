"""The archive's place in the batch process: a thread that looks every few seconds what is due."""

import asyncio
import threading
import time
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine

from tagwatch.access.audit import Act, AuditLine, AuditTrail
from tagwatch.config import Config
from tagwatch.core.ledger import HeartbeatMissed
from tagwatch.core.recorded_service import PartState
from tagwatch.core.timetable import london
from tagwatch.core.units import Instant, utc
from tagwatch.engine.archive import ArchiveKeeper, LineBehind
from tagwatch.engine.archive_rewrite import compact, take_out
from tagwatch.engine.clock import now
from tagwatch.engine.day_keys import end_days
from tagwatch.engine.forgetting import begin, go_on, looked_at
from tagwatch.engine.retention import BY, apply_retention, periods_of
from tagwatch.engine.unsealings import end_unsealings
from tagwatch.query.happenings import applied_seq
from tagwatch.store import forgettings
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import DataClass, Owner
from tagwatch.store.post import JournalPost, PostError

_LOG: Final = structlog.get_logger("archive")
_POST_S: Final = 120.0
_APPLIED_S: Final = 120.0
_LOOK_S: Final = 0.2
_TIDY_S: Final = 60.0
_AGAIN_S: Final = 60.0
"""After a failure."""
_RETENTION_FILE: Final = "retention-applied"
_DAYS_FILE: Final = "days-ended"
_FORGOTTEN_FILE: Final = "forgotten-applied"
PART: Final = "trail archive"


class ArchiveLoop:
    """Runs an archive's keeper until told to stop."""

    def __init__(self, config: Config, projections: Engine) -> None:
        self._config = config
        self._projections = projections
        self._stop = threading.Event()
        self._post = JournalPost(config.receiver_socket, _POST_S)
        self._keeper = ArchiveKeeper(config, projections, self._post, self._applied)
        self._audit = AuditTrail.open(config, "batch")
        self._ailing = False
        self._tidied: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Do what is due, in a thread, until `stop`."""
        running = asyncio.get_running_loop().run_in_executor(None, self._run)
        try:
            await stop.wait()
        finally:
            # Cancelled too, because another task failed: else the process never ended.
            self._stop.set()
        await running

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._stop.wait(self._round())
        finally:
            self._keeper.close()
            self._post.close()
            self._audit.close()

    def _round(self) -> float:
        """Do what is due; returns after how many seconds to look again."""
        try:
            self.once(now())
            self._say(PartState.HEALTHY, "")
        except (LineBehind, PostError) as error:
            # Nothing is wrong with the archive: what it stands on is busy, or comes up.
            _LOG.warning("archive waits", error=str(error))
        except Exception as error:  # noqa: BLE001  # a damaged file must not end the batch process
            _LOG.error("archive failed", error=type(error).__name__, exc_info=True)
            self._say(PartState.AILING, f"{type(error).__name__}: {error}"[:500])
            return _AGAIN_S
        return self._config.archive.every_s

    def once(self, at: Instant) -> None:
        """Do what is due at `at`. Raises LineBehind, PostError, OSError, ArchiveDamage."""
        keeper = self._keeper
        if self._tidied is None:
            self._tidy()  # what a crash left goes before anything new is written
        keeper.bring_back(at)
        take_out(keeper, at)
        self._forget(at)
        if keeper.seal_due(at) and keeper.seal(at):
            self._compact(at)
        end_unsealings(keeper, at)
        self._end_days(at)
        self._retain(at)
        if self._tidied is None or time.monotonic() - self._tidied > _TIDY_S:
            self._tidy()

    def _compact(self, at: Instant) -> None:
        while not self._stop.is_set() and compact(self._keeper, at):
            self._keeper.bring_back(at)

    def _tidy(self) -> None:
        self._keeper.tidy()
        self._tidied = time.monotonic()

    def _forget(self, at: Instant) -> None:
        """Forget, once a London day, whose periods are over; and go on with what was begun."""
        path = self._config.run_folder / _FORGOTTEN_FILE
        today = f"{london(at):%Y-%m-%d}"
        with reading(self._projections) as connection:
            kept = forgettings.periods(connection, periods_of(self._config))
        if not path.exists() or path.read_text(encoding="ascii") != today:
            for each in looked_at(self._keeper, at, kept):
                if not each.why:
                    reason = f"retention: the period is over since {london(each.since):%Y-%m-%d}"
                    begin(self._keeper, each.wearer_id, reason, BY, at)
            path.write_text(today, encoding="ascii")
        go_on(self._keeper, self._destroy_all, kept, at)

    def _destroy_all(self, owner: Owner, reason: str) -> None:
        self._erasing(owner, reason)
        self._post.erase(owner, None, None, reason, BY)

    def _end_days(self, at: Instant) -> None:
        """End the days of zones-only monitoring that are over, once a day in UTC."""
        path = self._config.run_folder / _DAYS_FILE
        today = f"{utc(at):%Y-%m-%d}"
        if path.exists() and path.read_text(encoding="ascii") == today:
            return
        end_days(self._keeper, self._destroy, at)
        path.write_text(today, encoding="ascii")

    def _retain(self, at: Instant) -> None:
        """Apply the retention once a month."""
        path = self._config.run_folder / _RETENTION_FILE
        month = f"{utc(at):%Y-%m}"
        if path.exists() and path.read_text(encoding="ascii") == month:
            return
        apply_retention(self._keeper, self._destroy, at)
        path.write_text(month, encoding="ascii")

    def _destroy(self, owner: Owner, data_class: DataClass, period: str, reason: str) -> None:
        self._erasing(owner, f"{data_class.name.lower()} {period}: {reason}")
        self._post.erase(owner, data_class, period, reason, BY)

    def _erasing(self, owner: Owner, detail: str) -> None:
        """Put on the audit what is about to be destroyed. Raises AuditClosed: nothing is then."""
        line = AuditLine(at=now(), by=BY, act=Act.ERASURE, question="erase", ids=(owner.id,))
        self._audit.record(msgspec.structs.replace(line, detail=detail))

    def _applied(self, seq: int) -> bool:
        until = time.monotonic() + _APPLIED_S
        while time.monotonic() < until and not self._stop.is_set():
            if applied_seq(self._projections) >= seq:
                return True
            self._stop.wait(_LOOK_S)
        return False

    def _say(self, state: PartState, words: str) -> None:
        """Journal that the archive ails, or is well again, where that changed."""
        if (state is PartState.AILING) is self._ailing:
            return
        event = HeartbeatMissed(part=PART, at=now(), state=state, words=words)
        try:
            self._post.append([draft_of(event, now())])
        except PostError as error:
            _LOG.warning("archive not reported", error=str(error))
        else:
            self._ailing = state is PartState.AILING
