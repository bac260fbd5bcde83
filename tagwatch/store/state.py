"""What the line decides with: the register, what it remembers, and reads of what it decided.

Everything here is the projections plus what the current batch has changed so far; when a batch
fails it is thrown away and loaded again.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from tagwatch.core import derive
from tagwatch.core.derive import EMPTY, Memory, Prepared, SettingsHistory, TrailPart, WearerOrders
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock, empty_block, joined
from tagwatch.core.ids import ActivationId, CaseId, ConditionId, EpisodeId, WearerId
from tagwatch.core.outcome import RuleKind
from tagwatch.core.rota import Rota
from tagwatch.core.rules import comms
from tagwatch.core.rules.fix_error import FixError
from tagwatch.core.rules.kept import Kept
from tagwatch.core.rules.prepare import MOST_CACHED, MOST_WEARERS, Tracks
from tagwatch.core.settings import HolidaySettings, Settings
from tagwatch.core.uncertainty import r95_m
from tagwatch.core.units import Instant
from tagwatch.core.unmonitored import Unmonitored
from tagwatch.store import episodes, health, memory
from tagwatch.store.book import AlertBook, OutboxBook
from tagwatch.store.cards import CardBook
from tagwatch.store.cases import CaseBook
from tagwatch.store.crimes import keys_arriving
from tagwatch.store.cursors import cursors
from tagwatch.store.data_requests import RequestBook
from tagwatch.store.deadlines import Deadlines
from tagwatch.store.encounters import EncounterBook
from tagwatch.store.enquiries import EnquiryBook
from tagwatch.store.fittings import unmonitored_of
from tagwatch.store.memory import InstallationState, WearerState
from tagwatch.store.notices import NoticeBook
from tagwatch.store.plans import PlanBook
from tagwatch.store.register import Register, load_register
from tagwatch.store.reviews import ReviewBook
from tagwatch.store.screened import Screened
from tagwatch.store.shares import ShareBook
from tagwatch.store.trail_book import TrailBook
from tagwatch.store.writes import Writes

_LOCATION: Final = frozenset({RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW})
_STRANGER: Final = WearerState()
_MOST_OF_CARDS: Final = 1_024
MOST_OF_OTHERS: Final = 200
"""Episodes of other people that one card looks at."""


class LineState:
    """The line's memory. For one thread; `keep` and the other verbs change it batch by batch."""

    def __init__(self, connection: Connection) -> None:
        """Load everything through `connection`, and go on reading through it."""
        self.connection = connection
        self.cursors = cursors(connection)
        self.register: Register = load_register(connection)
        self.wearers = memory.load_wearers(connection)
        self.installation: InstallationState = memory.load_installation(connection)
        self.book = AlertBook(connection)
        self.outbox = OutboxBook(connection)
        self.cards = CardBook(connection)
        self.plans = PlanBook(connection)
        self.encounters = EncounterBook(connection)
        self.cases = CaseBook(connection)
        self.enquiries = EnquiryBook(connection)
        self.requests = RequestBook(connection)
        self.reviews = ReviewBook(connection)
        self.shares = ShareBook(connection, self.now)
        self.notices = NoticeBook(connection, self.register)
        self.trails = TrailBook(connection)
        self.prepared = Prepared()
        self.card_prepared = Prepared(_MOST_OF_CARDS)
        """For cards, which look at one condition alone."""
        self.settings: SettingsHistory = self.register.settings_history()
        self.screened = Screened()
        self.silences = Deadlines[WearerId]()
        self.curfews = Deadlines[WearerId]()
        self.plan_dates = Deadlines[WearerId]()
        self.tasks = Deadlines[CaseId]()
        self.fittings = Deadlines[WearerId]()
        self._orders: Kept[WearerId, WearerOrders] = Kept(MOST_WEARERS)
        self._circles: dict[int, tuple[FixError, float]] = {}
        self._rota: tuple[HolidaySettings, Rota] | None = None
        self._touched: set[WearerId] = set()
        self._installation_touched = False
        self._episodes: dict[WearerId, dict[EpisodeId, Episode]] = {}
        self._snapshots: dict[WearerId, list[Memory]] = {}
        self._new_snapshots: dict[WearerId, list[Memory]] = {}
        self.ailing_since = health.ailing_since(connection)
        """Parts of the installation that ail, and since when."""
        self.files_arriving = keys_arriving(connection)
        """Files of crimes of which not all has come; while there is none, no tick looks for one."""
        self.plan_all()

    # --- what is known ----------------------------------------------------------------------

    def of(self, wearer: WearerId) -> WearerState:
        """Return what is remembered of a wearer."""
        return self.wearers.get(wearer, _STRANGER)

    def orders(self, wearer: WearerId) -> WearerOrders:
        """Return the wearer's conditions, mostly the same object as long as they do not change."""
        found = self._orders.get(wearer)
        if found is None:
            found = self._orders_now(wearer)
            self._orders.put(wearer, found)
        return found

    def _orders_now(self, wearer: WearerId) -> WearerOrders:
        return WearerOrders(
            wearer_id=wearer,
            conditions=self.register.conditions_of(wearer),
            exemptions=self.register.exemptions.of(wearer),
            spans=self.register.orders.spans(wearer),
        )

    def tracks(self, wearer: WearerId) -> Tracks:
        """Return what is tested about the wearer."""
        return self.prepared.tracks(self.orders(wearer))

    def settings_at(self, at: Instant) -> Settings:
        """Return the settings in force at `at`."""
        return self.settings.at(at)

    def rota_at(self, at: Instant) -> Rota:
        """Return the rota, with the bank holidays of the settings in force at `at`."""
        holidays = self.settings_at(at).holidays
        if self._rota is None or self._rota[0] is not holidays:
            self._rota = (holidays, self.register.rota.rota(holidays))
        return self._rota[1]

    def tag_model(self, activation: ActivationId) -> str:
        """Return the model of the tag of an activation."""
        known = self.register.activations.get(activation)
        tag = None if known is None else self.register.tags.get(known.tag_id)
        return "unknown" if tag is None else tag.model

    def trail(
        self, wearer: WearerId, start: Instant, end: Instant, ended_by: Instant | None = None
    ) -> list[TrailPart]:
        """Return the wearer's fixes in [start, end), one part an activation.

        `ended_by` leaves out stored messages whose last fix is later.
        """
        return [
            TrailPart(activation, self.tag_model(activation), block)
            for activation, block in self.trails.trail(wearer, start, end, ended_by)
        ]

    def circle_m_95(self, error: FixError) -> float:
        """Return the radius that holds 95 % of such an error; errors repeat, so it is kept."""
        found = self._circles.get(id(error))
        if found is None or found[0] is not error:
            if len(self._circles) >= MOST_CACHED:
                self._circles.clear()
            found = self._circles[id(error)] = (error, r95_m(error.mixture))
        return found[1]

    def known_fixes(
        self, wearer: WearerId, activation: ActivationId, start: Instant, end: Instant
    ) -> FixBlock:
        """Return the fixes of one activation in [start, end)."""
        parts = [p for p in self.trail(wearer, start, end) if p.activation_id == activation]
        return joined([part.block for part in parts]) if parts else empty_block()

    def episodes(self, wearer: WearerId) -> list[Episode]:
        """Return all location episodes of the wearer alone, as they stand."""
        return [each for each in self.all_episodes(wearer) if each.rule in _LOCATION]

    def all_episodes(self, wearer: WearerId) -> list[Episode]:
        """Return all episodes of the wearer of whatever rule, as they stand."""
        stored = episodes.episodes_of(self.connection, wearer)
        found = {episode.episode_id: episode for episode in stored}
        found |= self._episodes.get(wearer, {})
        return list(found.values())

    def episode(self, wearer: WearerId, episode_id: EpisodeId) -> Episode | None:
        """Return one episode as it stands."""
        found = self._episodes.get(wearer, {}).get(episode_id)
        return found or episodes.episode(self.connection, episode_id)

    def begun(self, start: Instant, end: Instant) -> list[Episode]:
        """Return anybody's location episodes that began in [start, end], at most MOST_OF_OTHERS."""
        return self._with_current(
            episodes.begun(self.connection, start, end, MOST_OF_OTHERS),
            lambda e: start <= e.entered_earliest <= end,
        )

    def found_at(
        self, places: Sequence[ConditionId], since: Instant, until: Instant
    ) -> list[Episode]:
        """Return the location episodes of these conditions that began in [since, until], the
        newest MOST_OF_OTHERS."""
        if not places:
            return []
        names = frozenset(places)
        return self._with_current(
            episodes.found_at(self.connection, places, since, until, MOST_OF_OTHERS),
            lambda e: e.condition_id in names and since <= e.entered_earliest <= until,
        )

    def _with_current(
        self, stored: list[Episode], fits: Callable[[Episode], bool]
    ) -> list[Episode]:
        found = {episode.episode_id: episode for episode in stored}
        for current in self._episodes.values():
            found |= {name: episode for name, episode in current.items() if fits(episode)}
        live = [e for e in found.values() if e.rule in _LOCATION and e.merged_into is None]
        return sorted(live, key=lambda e: (e.entered_earliest, e.episode_id))

    def snapshot_before(self, wearer: WearerId, at: Instant) -> Memory:
        """Return the latest snapshot whose last fix is before `at`; EMPTY if there is none."""
        earlier = [found for found in self._snapshots_of(wearer) if found.upto < at]
        return earlier[-1] if earlier else EMPTY

    def silence_deadline(self, wearer: WearerId) -> Instant | None:
        """Return when the wearer's tag counts as silent or not located if nothing is heard."""
        state = self.of(wearer)
        if state.comms is None or state.worn is None:
            return None
        now = self.now
        return comms.next_deadline(
            state.comms,
            self.register.mode_of(state.worn),
            self.settings_at(now).comms,
            self.installation.listening_since,
        )

    def curfew_deadline(self, wearer: WearerId) -> Instant | None:
        """Return when a curfew has gone unseen, or an unseen one is over, if no fix comes."""
        return self._curfew_deadline(wearer, self.orders(wearer), self.prepared)

    def _curfew_deadline(
        self, wearer: WearerId, orders: WearerOrders, prepared: Prepared
    ) -> Instant | None:
        if not prepared.tracks(orders).curfews:
            return None
        state = self.of(wearer)
        if state.worn is None:
            return None
        since = self.watched_since(state.worn)
        return derive.due(state.findings, self.now, orders, self.settings, prepared, since)

    def _curfew_deadline_once(self, wearer: WearerId) -> Instant | None:
        """Return the same, and keep nothing: for everybody in turn."""
        if self.of(wearer).worn is None:
            return None
        return self._curfew_deadline(wearer, self._orders_now(wearer), Prepared(most=2))

    def unmonitored(self, wearer: WearerId, at: Instant) -> Unmonitored | None:
        """Return what is ordered of the wearer and not monitored at `at`."""
        comms_of = self.of(wearer).comms
        heard_at = None if comms_of is None else comms_of.heard_at
        within_s = self.settings_at(at).comms.unmonitored_after_s
        return unmonitored_of(self.register, wearer, heard_at, at, within_s)

    def fitting_deadline(self, wearer: WearerId, at: Instant) -> Instant | None:
        """Return when the wearer's orders are to be looked at, seen from `at`."""
        if self.of(wearer).unmonitored is not None:
            return at
        starts = [o.starts_at for o in self.register.orders_of(wearer) if o.starts_at > at]
        found = self.unmonitored(wearer, at)
        due = [] if found is None else [found.due_at]
        return min((*starts, *due), default=None)

    def watched_since(self, worn: ActivationId) -> Instant:
        """Return since when nothing was missed of a tag: it was on, and we listened."""
        fitted = self.register.activations[worn].started_at
        return max(fitted, self.installation.listening_since)

    @property
    def now(self) -> Instant:
        """The time of the last tick, or the beginning of time."""
        tick = self.installation.last_tick
        return Instant(0) if tick is None else tick.at

    @property
    def monitored(self) -> int:
        """How many wearers have a tag on."""
        return sum(1 for state in self.wearers.values() if state.comms is not None)

    # --- what changes -----------------------------------------------------------------------

    def keep(self, wearer: WearerId, state: WearerState) -> None:
        """Remember `state` of a wearer from now on."""
        self.wearers[wearer] = state
        self._touched.add(wearer)

    def keep_installation(self, state: InstallationState) -> None:
        """Remember `state` of the installation from now on."""
        self.installation = state
        self._installation_touched = True

    def orders_changed(self, wearer: WearerId) -> None:
        """Take note that the register has other conditions, or exemptions, of this wearer."""
        self._orders.drop(wearer)
        self.screened.forget(wearer)

    def settings_changed(self) -> None:
        """Take note that the register has other settings."""
        self.settings = self.register.settings_history()
        self.prepared = Prepared()
        self.card_prepared = Prepared(_MOST_OF_CARDS)
        self.screened = Screened()

    def rota_changed(self) -> None:
        """Take note that the register has other shifts, overrides or contacts."""
        self._rota = None
        self.keep_installation(msgspec.structs.replace(self.installation, rota_due=Instant(0)))

    def plan_all(self) -> None:
        """Plan every deadline from nothing."""
        everyone = list(self.wearers)
        self.silences.fill(everyone, self.silence_deadline)
        self.curfews.fill(everyone, self._curfew_deadline_once)
        self.plan_dates.fill(self.plans.wearers(), self.plans.review_at)
        self.reviews.plan_all(self.register, self.settings, self.now)
        ordered = sorted({order.wearer_id for order in self.register.orders.values()})
        self.fittings.fill(ordered, lambda wearer: self.fitting_deadline(wearer, self.now))
        self.tasks.fill(self.cases.cases(), self.cases.due_at)
        lead_s = self.settings_at(self.now).curfew.remind_before_s
        self.notices.plan_all(self.register, self.now, self.tracks, lead_s)

    def put_episode(self, episode: Episode, seq: int, writes: Writes) -> None:
        """Make `episode` the current version."""
        self._episodes.setdefault(episode.wearer_id, {})[episode.episode_id] = episode
        episodes.put_episode(writes, episode, seq)

    def put_progress(self, episode: Episode, writes: Writes) -> None:
        """Show an open episode with more fixes, the same version."""
        self._episodes.setdefault(episode.wearer_id, {})[episode.episode_id] = episode
        episodes.put_progress(writes, episode)

    def put_snapshot(
        self, wearer: WearerId, before: Instant, found: Memory, writes: Writes
    ) -> None:
        """Keep a snapshot later than all there are; `before`: up to where the fixes went before."""
        self._new_snapshots.setdefault(wearer, []).append(found)
        if wearer in self._snapshots:
            self._snapshots[wearer].append(found)
        memory.put_snapshot(writes, wearer, before, found)

    def replace_snapshots(
        self, wearer: WearerId, after: Instant, found: tuple[Memory, ...], writes: Writes
    ) -> None:
        """Keep `found` in place of all snapshots later than `after`."""
        kept = [each for each in self._snapshots_of(wearer) if each.upto <= after]
        self._snapshots[wearer] = [*kept, *found]
        memory.drop_snapshots(writes, wearer, after)
        for each in found:
            memory.put_snapshot(writes, wearer, after, each)
            after = each.upto

    def flush(self, writes: Writes) -> None:
        """Write what is remembered of those whom the batch touched."""
        for wearer in sorted(self._touched):
            state = self.wearers[wearer]
            memory.put_wearer(writes, wearer, state)
            if state.seen is not None:
                memory.put_seen(writes, wearer, state.seen)
        if self._installation_touched:
            memory.put_installation(writes, self.installation)

    def committed(self) -> None:
        """Let go of what is in the tables now."""
        self._touched.clear()
        self._installation_touched = False
        self._episodes.clear()
        self._snapshots.clear()
        self._new_snapshots.clear()
        self.book.forget_closed()
        books = (self.outbox, self.cards, self.plans, self.notices, self.encounters, self.trails)
        for book in books:
            book.forget()

    def _snapshots_of(self, wearer: WearerId) -> list[Memory]:
        found = self._snapshots.get(wearer)
        if found is None:
            found = memory.read_snapshots(self.connection, wearer)
            found = self._snapshots[wearer] = found + self._new_snapshots.get(wearer, [])
        return found


def load_state(connection: Connection) -> LineState:
    """Return the line's memory as of the last committed transaction."""
    return LineState(connection)
