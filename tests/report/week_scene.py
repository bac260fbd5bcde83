"""A week by hand: stops, trips and gaps of somebody who left home for two nights, so that what an
overview makes of them can be told beforehand."""

from dataclasses import dataclass
from datetime import date, time

import msgspec
import numpy as np

from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.between import NotExcluded
from tagwatch.core.change import Change, ChangeKind, Changes
from tagwatch.core.coverage import Coverage
from tagwatch.core.episode import Episode
from tagwatch.core.geometry import Disc
from tagwatch.core.ids import ActivationId, ConditionId, EpisodeId, WearerId
from tagwatch.core.movements import Movements
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, Programme, ZoneKnowledge
from tagwatch.core.outcome import AlertState, Disposition, Finding, Phase, RuleKind, Severity
from tagwatch.core.person import TagMode, Wearer
from tagwatch.core.place import FrequentedPlace, Places
from tagwatch.core.rules.prepare import Prepared, WearerOrders
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.trail import TrailPart
from tagwatch.core.trip import Gap, Trip, TripMode
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.report.week.facts import WeekFacts, week_from
from tagwatch.report.week.making import overview
from tagwatch.report.week.moving import Moved
from tagwatch.report.week.overview import Overview
from tests.core.worlds import PLANE, SETTINGS, SHARP, fixes, place

WEARER = WearerId("w_scene")
HOME, SHOP, FRIEND = (0.0, 0.0), (600.0, 0.0), (4000.0, 2500.0)
SPOTS = {1: HOME, 2: SHOP, 3: FRIEND}
NIGHTS = tuple(
    CurfewRow(from_day=day, from_time=time(22), until_day=following, until_time=time(6))
    for day, following in zip(Weekday, [*list(Weekday)[1:], next(iter(Weekday))], strict=True)
)
SECRET_XY = (-1500.0, 1500.0)


@dataclass(frozen=True, slots=True)
class Scene:
    """The week that begins on a Monday."""

    monday: date

    @property
    def window(self) -> tuple[Instant, Instant]:
        return week_from(self.monday)

    def at(self, day: int, hours: float) -> Instant:
        """Hours after the window's start of a day of 24 hours."""
        return Instant(self.window[0] + day * DAY + round(hours * HOUR))

    def movements(self) -> Movements:
        start, end = self.window
        spans = [(1, None, (2, 18.0)), (3, (2, 19.0), (4, 9.0)), (1, (4, 10.0), None)]
        stops = tuple(self._stop(n, *span) for n, span in enumerate(spans, start=1))
        trips = tuple(
            Trip(
                number=n,
                started_at=self.at(day, hour),
                ended_at=self.at(day, hour + 0.9),
                mode=TripMode.VEHICLE,
                mode_probability=0.86,
                distance_m_least=4700,
                distance_m_most=7200,
                fixes=12,
                seen_s=3000,
                from_stop=n,
                to_stop=n + 1,
            )
            for n, (day, hour) in enumerate(((2, 18.05), (4, 9.05)), start=1)
        )
        gaps = (
            Gap(start=self.at(0, 13.0), end=self.at(0, 15.0), off_s=0, moved_m_least=0),
            Gap(start=self.at(5, 1.0), end=self.at(5, 5.5), off_s=0, moved_m_least=0),
        )
        return Movements(
            start=start,
            end=end,
            stops=stops,
            trips=trips,
            gaps=gaps,
            coverage=Coverage(start=start, end=end, hours=(), not_excluded=()),
            fixes=1900,
            vague=12,
        )

    def _stop(self, number: int, spot: int, came, left) -> Stop:
        where = place(*SPOTS[spot])
        start, end = self.window
        since = None if came is None else self.at(*came)
        until = None if left is None else self.at(*left)
        return Stop(
            number=number,
            lon_deg=where.lon_deg,
            lat_deg=where.lat_deg,
            radius_m_95=30.0,
            arrived_earliest=None if since is None else Instant(since - 5 * MINUTE),
            arrived_latest=since,
            left_earliest=until,
            left_latest=None if until is None else Instant(until + 5 * MINUTE),
            first_seen=start if since is None else since,
            last_seen=end if until is None else until,
            fixes=600,
            seen_s=3600,
        )

    def moved(self) -> Moved:
        places = tuple(
            FrequentedPlace(
                place=number,
                lon_deg=place(*spot).lon_deg,
                lat_deg=place(*spot).lat_deg,
                radius_m=25.0,
                visits=9,
                days=9,
                nights=40 if number == 1 else 0,
                first_at=self.window[0],
                last_at=self.window[1],
                dwell_s_least=3600,
                dwell_s_most=7200,
                confidence=0.9,
                home_probability=0.97 if number == 1 else 0.01,
                at_curfew_address=1.0 if number == 1 else 0.0,
            )
            for number, spot in SPOTS.items()
        )
        start, end = self.window
        away = Change(
            kind=ChangeKind.NIGHTS_AWAY,
            place=None,
            this=2.0,
            usual=0.0,
            low=0.0,
            high=2.0,
            as_large=1,
            of_weeks=8,
            possible=False,
        )
        new = msgspec.structs.replace(
            away, kind=ChangeKind.NEW_PLACE, place=3, this=38.0, as_large=0
        )
        wheels = msgspec.structs.replace(
            away,
            kind=ChangeKind.DISTANCE_WHEELS,
            this=12.0,
            usual=4.0,
            as_large=3,
            possible=True,
        )
        return Moved(
            movements=self.movements(),
            places=Places(places=places, of_stop=(1, 3, 1), nights_seen=47),
            new_places=(3,),
            changes=Changes(
                start=start, end=end, changes=(away, new, wheels), of_weeks=8, enough=True
            ),
            routine=None,
            not_excluded=(
                NotExcluded(
                    condition_id=ConditionId("c_secret"),
                    condition_version=1,
                    after_fix="1.1",
                    before_fix="1.2",
                    start=self.at(0, 13.0),
                    end=self.at(0, 15.0),
                    fastest="foot",
                ),
            ),
        )

    def conditions(self) -> tuple[ConditionVersion, ...]:
        since = Instant(self.window[0] - 30 * DAY)
        curfew = Curfew(label="Mallow flat", address=place(*HOME), rows=NIGHTS)
        told = ExclusionZone(
            label="Zone A", shape=Disc(centre=place(2000.0, -1500.0), radius_m=300.0)
        )
        secret = ExclusionZone(
            label="Rose Cottage",
            shape=Disc(centre=place(*SECRET_XY), radius_m=200.0),
            knowledge=ZoneKnowledge.SECRET,
        )
        return tuple(
            ConditionVersion(
                condition_id=ConditionId(name),
                version=1,
                order_id="o_scene",
                wearer_id=WEARER,
                terms=terms,
                valid_from=since,
                recorded_at=since,
                told_at=since,
            )
            for name, terms in (("c_curfew", curfew), ("c_told", told), ("c_secret", secret))
        )

    def facts(self) -> WeekFacts:
        return WeekFacts(
            wearer=Wearer(
                wearer_id=WEARER,
                name="Demo Hazel",
                programme=Programme.STALKING,
                borough="Camden",
                agency="probation-london",
            ),
            window=self.window,
            made_at=self.at(7, 6.0),
            trail=[TrailPart(ActivationId("act_scene"), "plain", self._fixes())],
            orders=WearerOrders(wearer_id=WEARER, conditions=self.conditions()),
            worn=[(Instant(self.window[0] - DAY), Instant(self.window[1] + DAY))],
            mode=TagMode(),
            activations=(ActivationId("act_scene"),),
            settings=SETTINGS,
            prepared=Prepared(),
            past=(self.movements(),) * 8,
            episodes=self.episodes(),
            alerts=self.alerts(),
            condition_of={
                EpisodeId("ep_out"): ConditionId("c_curfew"),
                EpisodeId("ep_near"): ConditionId("c_secret"),
            },
            journal_seq=4711,
            code_version="0.0.0",
        )

    def _fixes(self):
        """A fix an hour at home, and two on the way past the secret place."""
        monday = self.window[0]
        rows = [(3600.0 * hour, *HOME, SHARP) for hour in range(66)]
        rows += [(66 * 3600.0 + 300 * k, -600.0 - 150 * k, 900.0, SHARP) for k in range(4)]
        rows += [(3600.0 * hour, *FRIEND, SHARP) for hour in range(67, 105)]
        rows += [(3600.0 * hour, *HOME, SHARP) for hour in range(106, 168)]
        block = fixes(*rows)
        block["fixed_at"] += monday - block["fixed_at"][0]
        level = 100.0 - 3.0 * (np.arange(len(block)) % 25)
        block["battery_pct"] = level
        return block

    def episodes(self) -> list[Episode]:
        out = Episode(
            episode_id=EpisodeId("ep_out"),
            wearer_id=WEARER,
            activation_id=ActivationId("act_scene"),
            rule=RuleKind.CURFEW,
            condition_id=ConditionId("c_curfew"),
            condition_version=1,
            settings_version=1,
            phase=Phase.ENDED,
            finding=Finding.CONFIRMED,
            probability=0.99,
            witnesses=5,
            entered_earliest=self.at(2, 22.0),
            entered_latest=self.at(2, 22.25),
            left_earliest=self.at(3, 6.0),
            left_latest=self.at(3, 6.0),
            fixes=("1.70",),
        )
        near = msgspec.structs.replace(
            out,
            episode_id=EpisodeId("ep_near"),
            rule=RuleKind.APPROACH,
            condition_id=ConditionId("c_secret"),
            finding=Finding.POSSIBLE,
            entered_earliest=self.at(2, 18.1),
            entered_latest=self.at(2, 18.2),
            left_earliest=self.at(2, 18.3),
            left_latest=self.at(2, 18.4),
        )
        return [out, near]

    def alerts(self) -> list[Alert]:
        out = Alert(
            alert_id="al_out",
            kind=AlertKind.CURFEW_ABSENCE,
            wearer_id=WEARER,
            episode_id=EpisodeId("ep_out"),
            rule=RuleKind.CURFEW,
            severity=Severity.URGENT,
            state=AlertState.CLOSED,
            finding=Finding.CONFIRMED,
            phase=Phase.ENDED,
            probability=0.99,
            happened_at=self.at(2, 22.25),
            received_at=self.at(2, 22.3),
            raised_at=self.at(2, 22.3),
            disposition=Disposition.TRUE_BREACH,
            sentence="Confirmed: the wearer was away from where he must be in these hours.",
        )
        near = msgspec.structs.replace(
            out,
            alert_id="al_near",
            kind=AlertKind.ZONE_APPROACH,
            episode_id=EpisodeId("ep_near"),
            rule=RuleKind.APPROACH,
            finding=Finding.POSSIBLE,
            state=AlertState.NOTIFIED,
            disposition=None,
            happened_at=self.at(2, 18.15),
            sentence="The wearer was possibly inside the buffer round an exclusion zone.",
        )
        return [out, near]

    def overview(self) -> Overview:
        return overview(self.facts(), self.moved(), "scheduled")


def ordinary() -> Scene:
    """A week in winter: London is on UTC."""
    return Scene(date(2026, 11, 16))


def clocks_go_back() -> Scene:
    """The week on whose Sunday London's clocks go back: 169 hours."""
    return Scene(date(2026, 10, 19))


__all__ = ["PLANE", "SECRET_XY", "Scene", "clocks_go_back", "ordinary"]
