"""A rehearsal asked of the batch process: within scope, on the audit, bounded, and answered."""

import asyncio
import json
import threading
from contextlib import contextmanager

import msgspec
import pytest

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.reader import open_projections
from tagwatch.access.refusal import NotFound
from tagwatch.core.ids import WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone, Thresholds
from tagwatch.core.outcome import AlertClass
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.shape import Disc
from tagwatch.core.units import Instant
from tagwatch.engine.rehearsals import rehearsals
from tagwatch.query import rehearsal as asked_for
from tagwatch.query.landmarks import LandmarkError, landmarks
from tagwatch.query.rehearsal import Proposal, Unrehearsed, rehearsal, window_of, worked_out
from tagwatch.store.database import reading
from tests.web import sample

OWN = WearerId("w_own")


@contextmanager
def batch(config):
    """The batch process's desk of rehearsals, in a thread of its own."""
    begun, ended = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        engine = open_projections(config)
        async with rehearsals(config.batch_socket, engine, asyncio.Lock()):
            begun.set()
            await ended.wait()
        engine.dispose()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert begun.wait(20)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(ended.set)
        thread.join(20)


def zone(radius_m: float = 300.0, condition_id: str = "c_new", **terms) -> ConditionVersion:
    return ConditionVersion(
        condition_id=condition_id,
        version=1,
        order_id="o_w_own",
        wearer_id=OWN,
        terms=ExclusionZone(
            label="new", shape=Disc(centre=sample.HOME, radius_m=radius_m), **terms
        ),
        valid_from=Instant(0),
        recorded_at=Instant(0),
    )


def proposal(condition: ConditionVersion | None, days: int = 7, **more) -> Proposal:
    start, end = window_of(now(), days)
    return Proposal(wearer_id=OWN, start=start, end=end, condition=condition, **more)


def test_a_new_zone_on_the_wearers_own_trail(at, config, audited) -> None:
    with batch(config):
        found = rehearsal(at("officer"), config.batch_socket, proposal(zone()))
    assert found.fixes == 20
    assert [alert.kind for alert in found.after] == [AlertClass.CONFIRMED]
    assert found.before == ()
    line = audited()[-1]
    assert (line.question, line.ids, line.purpose) == ("rehearsal", ("w_own",), "supervision")
    assert not config.batch_socket.exists()


def test_a_changed_zone_beside_what_it_was(config, centre) -> None:
    with reading(centre.projections) as connection:
        found = worked_out(connection, proposal(zone(1.0, "c_told", buffer_m=20.0)))
        assert len(found.before) == 1, "the recorded zone of 250 m"
        assert {alert.condition_id for alert in found.after} <= {"c_told"}
        same = worked_out(connection, proposal(None))
        assert same.after == same.before
        strict = msgspec.structs.replace(
            DEFAULT_SETTINGS,
            zone=msgspec.structs.replace(
                DEFAULT_SETTINGS.zone,
                confirm_fixes=99,
                life_thresholds=Thresholds(protect=0.5, accuse=0.999),
            ),
        )
        tried = worked_out(connection, proposal(None, settings=strict))
        assert AlertClass.CONFIRMED in {alert.kind for alert in tried.before}
        assert AlertClass.CONFIRMED not in {alert.kind for alert in tried.after}


def test_a_stranger_is_refused_and_the_batch_process_is_not_asked(at, config, audited) -> None:
    with pytest.raises(NotFound):
        rehearsal(at("outsider"), config.batch_socket, proposal(zone()))
    assert audited()[-1].outcome is Outcome.REFUSED


def test_what_cannot_be_worked_out_is_told_in_words(at, config, centre, monkeypatch) -> None:
    with pytest.raises(Unrehearsed, match="does not answer"):
        rehearsal(at("officer"), config.batch_socket, proposal(zone()))
    with pytest.raises(Unrehearsed, match="1 to 92"):
        window_of(now(), 93)
    monkeypatch.setattr(asked_for, "MOST_FIXES", 19)
    with batch(config), pytest.raises(Unrehearsed, match="20 fixes are more than 19"):
        rehearsal(at("officer"), config.batch_socket, proposal(zone()))


def test_one_at_a_time_and_few_wait(config, monkeypatch, centre) -> None:
    from tagwatch.engine import rehearsals as desk

    monkeypatch.setattr(desk, "MOST_WAITING", 0)
    with batch(config), pytest.raises(Unrehearsed, match="Try again in a minute"):
        asked_for.asked(config.batch_socket, proposal(zone()))


def features(tmp_path, *pairs):
    path = tmp_path / "stations.geojson"
    found = [
        {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
        for name, geometry in pairs
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}))
    return path


def test_stations_and_roads_inside(tmp_path, centre, config) -> None:
    lon, lat = sample.HOME.lon_deg, sample.HOME.lat_deg
    path = features(
        tmp_path,
        ("Camden Road", {"type": "Point", "coordinates": [lon, lat]}),
        ("Far", {"type": "Point", "coordinates": [lon + 1, lat]}),
        ("High Street", {"type": "LineString", "coordinates": [[lon - 1, lat], [lon + 1, lat]]}),
        (None, {"type": "Point", "coordinates": [lon, lat]}),
    )
    shape = Disc(centre=sample.HOME, radius_m=300.0)
    found = {mark.name: mark.length_m for mark in landmarks([path], shape)}
    assert set(found) == {"Camden Road", "High Street", "without a name"}
    assert found["High Street"] == pytest.approx(600, abs=2)
    with reading(centre.projections) as connection:
        told = worked_out(connection, proposal(zone(), geometry=(str(path),)))
        assert len(told.landmarks) == 3
        absent = worked_out(connection, proposal(zone(), geometry=("none.geojson",)))
        assert "no such file" in absent.notes[0]
    path.write_text('{"type": "Feature"}')
    with pytest.raises(LandmarkError, match="no FeatureCollection"):
        landmarks([path], shape)


def test_real_stations_and_roads(tagwatch_data) -> None:
    from tagwatch.core.geometry import LonLat

    files = [tagwatch_data / "geo" / f"{n}.geojson" for n in ("nr_stations", "tlrn_red_routes")]
    euston = Disc(centre=LonLat(lon_deg=-0.133, lat_deg=51.528), radius_m=400.0)
    names = {(mark.file, mark.name) for mark in landmarks(files, euston)}
    assert ("nr_stations", "London Euston") in names or ("nr_stations", "Euston") in names
    assert any(file == "tlrn_red_routes" for file, _ in names)
