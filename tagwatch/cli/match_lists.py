"""The three lists of each crime, from files: rows of the CSV files, and the document of results."""

from collections.abc import Sequence
from math import isnan
from typing import Any

import numpy as np

from tagwatch.core.crime import Crime
from tagwatch.core.crime_match import around, overlap_match, ranked_key, scene_of
from tagwatch.core.match import (
    Counted,
    CrimeMatch,
    MatchList,
    MatchRule,
    MatchSettings,
    Scene,
    Sighted,
)
from tagwatch.core.match_probability import Carrier, probability_match
from tagwatch.core.person import TagMode
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.timetable import union
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import HOUR, Instant, iso
from tagwatch.ingest.files.match_files import FilePerson
from tagwatch.report.match_csv import MatchedDevice, coverage_row, matched_row, open_row

_KMH = 3.6
BESIDE = 2 * HOUR
"""Rule `probability` looks so far beyond the window on either side."""


class Lists:
    """What comes of a batch, crime by crime."""

    def __init__(self) -> None:
        self.batch_id = ""
        self.matched_rows: list[list[str]] = []
        self.open_rows: list[list[str]] = []
        self.coverage_rows: list[list[str]] = []
        self.counts: dict[str, tuple[int, int, int]] = {}
        """Matched, could not be excluded, excluded: by crime reference."""
        self._results: list[dict[str, Any]] = []

    def document(self, settings: MatchSettings, begun: Instant, ended: Instant) -> dict[str, Any]:
        """Return the document of results, as the Ministry's matcher writes it."""
        return {
            "crimeBatchId": self.batch_id,
            "algorithmVersion": f"{settings.rule.value}/{settings.version}",
            "triggerType": "MANUAL",
            "status": "SUCCESS",
            "matchingStarted": iso(begun),
            "matchingEnded": iso(ended),
            "results": self._results,
        }

    def add(self, crime: Crime, found: list[tuple[FilePerson, int, CrimeMatch]]) -> None:
        """Add a crime with everybody's match, and the row at which his fixes of it begin."""
        self.batch_id = crime.batch_id
        ranked = sorted(found, key=lambda one: ranked_key(one[2]), reverse=True)
        wearers: list[dict[str, Any]] = []
        for person, first, match in ranked:
            self.coverage_rows.append(coverage_row(crime.reference, person.person, match))
            if match.found is MatchList.MATCHED:
                for device, counted in _by_device(person, first, match).items():
                    self.matched_rows.append(matched_row(crime, device))
                    wearers.append(_wearer(person, device, first, counted))
            elif match.reason is not None:
                self._open(crime, person, match)
        self._results.append({"crimeVersionId": crime.reference, "deviceWearers": wearers})
        lists = [match.found for _, _, match in found]
        matched, left, excluded = (lists.count(one) for one in MatchList)
        self.counts[crime.reference] = (matched, left, excluded)

    def _open(self, crime: Crime, person: FilePerson, match: CrimeMatch) -> None:
        devices: dict[MatchedDevice, tuple[int, float | None]] = {}
        for look in match.tags:
            device = _device(person, look.activation_id)
            fixes, best = devices.get(device, (0, None))
            known = [m for m in (best, look.best_radius_m) if m is not None]
            devices[device] = (fixes + look.fixes, min(known, default=None))
        for device, (fixes, best) in devices.items():
            if match.reason is not None:
                row = open_row(crime.reference, device, match.reason, fixes, best)
                self.open_rows.append(row)


def match_all(
    crimes: Sequence[Crime], people: Sequence[FilePerson], settings: MatchSettings
) -> Lists:
    """Return the lists of all crimes: of each, everybody whom a tag was on in its window."""
    lists = Lists()
    for crime in crimes:
        scene = scene_of(crime.place, crime.from_at, crime.to_at, settings)
        found: list[tuple[FilePerson, int, CrimeMatch]] = []
        for person in people:
            if not any(one.start <= scene.end and one.end > scene.start for one in person.worn):
                continue
            near, first = around(scene, person.sighted)
            found.append((person, first, _match(scene, person, near, settings)))
        lists.add(crime, found)
    return lists


def _match(scene: Scene, person: FilePerson, near: Sighted, settings: MatchSettings) -> CrimeMatch:
    if settings.rule is MatchRule.OVERLAP_50:
        return overlap_match(scene, near, person.worn, settings)
    low, high = scene.start - BESIDE, scene.end + BESIDE
    at = person.sighted.at
    about = slice(*np.searchsorted(at, (low, high)).tolist())
    parts = [
        TrailPart(one.activation, "", person.block[about][person.sighted.tag[about] == k])
        for k, one in enumerate(person.worn)
    ]
    worn = union([(one.start, one.end) for one in person.worn], ())
    carrier = Carrier([part for part in parts if len(part.block)], worn, TagMode())
    rules = SettingsHistory(((Instant(0), DEFAULT_SETTINGS),))
    return probability_match(scene, carrier, near, person.worn, rules, settings)


def _by_device(
    person: FilePerson, first: int, match: CrimeMatch
) -> dict[MatchedDevice, list[Counted]]:
    devices: dict[MatchedDevice, list[Counted]] = {}
    for one in match.counted:
        activation = person.worn[int(person.sighted.tag[first + one.row])].activation
        devices.setdefault(_device(person, activation), []).append(one)
    return devices


def _device(person: FilePerson, activation: str) -> MatchedDevice:
    found = next(one for one in person.activations if one.activation_id == activation)
    return MatchedDevice(found.device, found.serial, wearer=person.person)


def _wearer(
    person: FilePerson, device: MatchedDevice, first: int, counted: list[Counted]
) -> dict[str, Any]:
    return {
        "address": None,
        "dateOfBirth": None,
        "deviceId": device.device_id,
        "deviceSerialNumber": device.serial,
        "deviceName": None,
        "identifier": device.wearer,
        "name": None,
        "nomisId": None,
        "pncRef": None,
        "positions": [_position(person, first + one.row, one.label) for one in counted],
    }


def _position(person: FilePerson, row: int, label: str) -> dict[str, Any]:
    sighted: Sighted = person.sighted
    fix = person.block[row]
    return {
        "capturedDateTime": iso(Instant(int(sighted.at[row]))),
        "direction": _number(float(fix["bearing_deg"]), 6),
        "latitude": float(sighted.lat_deg[row]),
        "longitude": float(sighted.lon_deg[row]),
        "precision": _number(float(sighted.radius_m[row]), 6),
        "sequenceLabel": label,
        "speed": _number(float(fix["speed_mps"]) * _KMH, 6),
    }


def _number(value: float, digits: int) -> float | None:
    return None if isnan(value) else round(value, digits)
