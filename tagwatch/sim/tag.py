"""A simulated tag: takes fixes of the truth with the frozen errors, and sends them like real ones.

What it sends is what real apps send, byte for byte: Traccar Client's JSON, OwnTracks' JSON, or a
Tagwatch batch; the door cannot tell it from a phone.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from numpy.random import Generator

from tagwatch.core.fix import Source, TagEventKind
from tagwatch.core.person import Scheme
from tagwatch.core.units import HOUR, SECOND, Instant, iso
from tagwatch.sim.course import Course, Standing
from tagwatch.sim.error import ErrorSource, Reported

MOVING_S: Final = 60
"""Between fixes on the move, and until the next try after a fix that failed."""
RESTING_S: Final = 300
DRAIN_PCT_PER_HOUR: Final = 3.1
SOURCE_WORDS: Final = {Source.GNSS: "GNSS", Source.WIFI: "WIFI", Source.LBS: "LBS"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One fix as the tag holds it, with the truth it was taken of."""

    fixed_at: Instant
    truth: Standing
    lon_deg: float
    lat_deg: float
    reported: Reported
    battery_pct: float


@dataclass(frozen=True, slots=True)
class Report:
    """A tag event the tag sends, e.g. a cut strap."""

    happened_at: Instant
    kind: TagEventKind


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request of a tag: what it sends and when it reaches the door."""

    sent_at: Instant
    path: str
    content_type: str
    body: bytes
    authorization: tuple[str, str] | None
    """Basic user and password, or ("Bearer", token)."""


@dataclass(slots=True)
class SimTag:
    """A tag on a simulated person, from fix to fix."""

    serial: str
    scheme: Scheme
    credential_id: str
    secret: str
    course: Course
    rng: Generator
    next_fix_at: int
    offline: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    dead_from: int | None = None
    reports: list[Report] = field(default_factory=list[Report])
    charge_at: int = 0
    level_at_charge: float = 100.0
    _errors: ErrorSource | None = None
    _last_fix_at: int | None = None
    _queue: list[Sample] = field(default_factory=list[Sample])
    _batch: int = 0

    def battery(self, at: int) -> float:
        """Return the battery's level in per cent; it is charged every evening at home."""
        hours = (at - self.charge_at) / HOUR
        if hours > 22:
            self.charge_at += 22 * HOUR
            self.level_at_charge = 100.0
            hours -= 22
        return min(100.0, max(0.0, self.level_at_charge - DRAIN_PCT_PER_HOUR * hours))

    def posts_until(self, until: int) -> list[Post]:
        """Return what reaches the door before `until`, in order of sending."""
        made: list[Post] = []
        while self.next_fix_at < until:
            at = self.next_fix_at
            if self.dead_from is not None and at >= self.dead_from:
                self.next_fix_at = until
                break
            made += self._send_reports(at)
            sample, speed = self._take(at)
            if sample is not None:
                self._queue.append(sample)
            if self._queue and not self._is_offline(at):
                made += self._send_fixes(at)
            # A tag that got no fix tries again soon, as real ones do.
            pause = MOVING_S if speed > 0.3 or sample is None else RESTING_S
            self.next_fix_at = at + int((pause + self.rng.uniform(-2, 2)) * SECOND)
        return made

    def _take(self, at: int) -> tuple[Sample | None, float]:
        if self._errors is None:
            self._errors = ErrorSource(self.rng)
        truth = self.course.standing(at)
        since = 300.0 if self._last_fix_at is None else (at - self._last_fix_at) / SECOND
        self._last_fix_at = at
        reported = self._errors.report(truth.place, truth.speed_mps, since)
        if reported is None:
            return None, truth.speed_mps
        where = self.course.lonlat(truth.x_m + reported.dx_m, truth.y_m + reported.dy_m)
        lon, lat = round(where.lon_deg, 7), round(where.lat_deg, 7)
        level = round(self.battery(at), 1)
        return Sample(Instant(at), truth, lon, lat, reported, level), truth.speed_mps

    def _is_offline(self, at: int) -> bool:
        return any(start <= at < end for start, end in self.offline)

    def _send_fixes(self, at: int) -> list[Post]:
        queued, self._queue = self._queue, []
        sent_at = Instant(at + int(self.rng.uniform(1.0, 4.0) * SECOND))
        if self.scheme is Scheme.TAGWATCH:
            return [self._own(sent_at, {"fixes": [own_fix(sample) for sample in queued]})]
        encode = _traccar if self.scheme is Scheme.TRACCAR_CLIENT else _owntracks
        return [self._phone(sent_at, encode(sample, self)) for sample in queued]

    def _send_reports(self, at: int) -> list[Post]:
        due = [report for report in self.reports if report.happened_at <= at]
        self.reports = [report for report in self.reports if report.happened_at > at]
        return [
            self._own(
                Instant(report.happened_at + 2 * SECOND),
                {"events": [{"time": iso(report.happened_at), "kind": report.kind.value}]},
            )
            for report in due
        ]

    def _own(self, sent_at: Instant, body: dict[str, Any]) -> Post:
        self._batch += 1
        key = f"{self.serial}-{sent_at}-{self._batch}"
        return Post(
            sent_at,
            "/v1/fixes",
            "application/json",
            msgspec.json.encode({"batch": key, **body}),
            ("Bearer", self.secret),
        )

    def _phone(self, sent_at: Instant, body: bytes) -> Post:
        if self.scheme is Scheme.TRACCAR_CLIENT:
            return Post(sent_at, "/", "application/json", body, None)
        login = (self.credential_id, self.secret)
        return Post(sent_at, "/owntracks", "application/json", body, login)


def own_fix(sample: Sample) -> dict[str, Any]:
    """Return a fix as Tagwatch's own batches hold it."""
    made: dict[str, Any] = {
        "time": iso(sample.fixed_at),
        "lat": sample.lat_deg,
        "lon": sample.lon_deg,
        "accuracy_m": round(sample.reported.claim_m_68, 1),
        "confidence": 0.68,
        "source": SOURCE_WORDS[sample.reported.source],
        "motion": "moving" if sample.truth.speed_mps > 0.3 else "still",
        "battery_pct": sample.battery_pct,
    }
    if sample.reported.hdop is not None:
        made |= {"hdop": sample.reported.hdop, "satellites": sample.reported.satellites}
    if sample.truth.speed_mps > 0.3:
        made["speed_mps"] = round(sample.truth.speed_mps, 1)
        made["bearing_deg"] = round(sample.truth.bearing_deg)
    return made


def _traccar(sample: Sample, tag: SimTag) -> bytes:
    moving = sample.truth.speed_mps > 0.3
    location = {
        "timestamp": iso(sample.fixed_at),
        "coords": {
            "latitude": sample.lat_deg,
            "longitude": sample.lon_deg,
            "accuracy": round(sample.reported.claim_m_68, 1),
            "speed": round(sample.truth.speed_mps, 2) if moving else -1,
            "heading": round(sample.truth.bearing_deg) if moving else -1,
            "altitude": 20.0,
        },
        "is_moving": moving,
        "event": "motionchange" if moving else "heartbeat",
        "odometer": 0,
        "battery": {"level": round(sample.battery_pct / 100, 2), "is_charging": False},
        "activity": {"type": "walking" if moving else "still"},
    }
    return msgspec.json.encode({"location": location, "device_id": tag.secret})


def _owntracks(sample: Sample, tag: SimTag) -> bytes:
    return msgspec.json.encode(
        {
            "_type": "location",
            "tid": tag.serial[-2:],
            "tst": sample.fixed_at // SECOND,
            "created_at": sample.fixed_at // SECOND,
            "lat": sample.lat_deg,
            "lon": sample.lon_deg,
            "acc": max(1, round(sample.reported.claim_m_68)),
            "vel": round(sample.truth.speed_mps * 3.6),
            "cog": round(sample.truth.bearing_deg),
            "batt": round(sample.battery_pct),
            "bs": 1,
            "t": "p",
            "conn": "m",
        }
    )
