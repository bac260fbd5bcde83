import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tagwatch.cli import app
from tagwatch.cli.replay_files import Format, format_of, read_zone
from tagwatch.core.geometry import MultiPolygon

GPX = """<?xml version="1.0"?><gpx version="1.1" creator="t"><trk><trkseg>{}</trkseg></trk></gpx>"""


def trail(path: Path, minutes: int = 20) -> Path:
    """A walk due north through 51.5, -0.1, a fix every 30 s, about 40 m apart."""
    points = [
        f'<trkpt lat="{51.492 + i * 0.0004:.6f}" lon="-0.1"><hdop>0.8</hdop><sat>9</sat>'
        f"<time>2026-03-02T{8 + i // 120:02}:{i // 2 % 60:02}:{i % 2 * 30:02}Z</time></trkpt>"
        for i in range(minutes * 2)
    ]
    path.write_text(GPX.format("".join(points)))
    return path


def replayed(*words: str | Path) -> str:
    answer = CliRunner().invoke(app, ["replay", *map(str, words)], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def episodes(*words: str | Path) -> list[dict]:
    return [json.loads(line) for line in replayed(*words, "--json").splitlines()]


def test_a_walk_through_a_zone_is_one_confirmed_episode(tmp_path) -> None:
    walk = trail(tmp_path / "walk.gpx")
    found = episodes(walk, "--disc", "51.5,-0.1,150", "--alerts")
    zones = [one for one in found if one.get("rule") == "zone" and one["type"] == "episode"]
    assert len(zones) == 1
    assert zones[0]["finding"] == "confirmed"
    assert zones[0]["phase"] == "ended"
    assert zones[0]["entered_latest_utc"].startswith("2026-03-02T08:")
    assert any(one["type"] == "alert" and one["kind"] == "zone_entry" for one in found)
    assert "walk" in replayed(walk, "--disc", "51.5,-0.1,150")


def test_a_trail_is_moved_in_time_and_place(tmp_path) -> None:
    words = ("--move-to", "53.0,-2.0", "--shift-to", "2026-05-05T20:00:00Z")
    found = episodes(trail(tmp_path / "w.gpx"), *words, "--disc", "53.008,-2.0,150")
    assert [one["rule"] for one in found if one["rule"] == "zone"] == ["zone"]
    assert found[0]["entered_latest_utc"].startswith("2026-05-05T20:")


def test_absence_in_curfew_hours_is_found(tmp_path) -> None:
    words = ("--shift-to", "2026-03-02T21:00:00Z", "--curfew", "Mo 19:00-Tu 07:00@51.6,-0.1")
    found = episodes(trail(tmp_path / "w.gpx", 40), *words)
    assert [one["finding"] for one in found if one["rule"] == "curfew"] == ["confirmed"]


def test_the_result_can_be_kept(tmp_path) -> None:
    words = (trail(tmp_path / "w.gpx", 5), "--disc", "51.5,-0.1,5000", "--data", tmp_path / "kept")
    replayed(*words)
    assert (tmp_path / "kept" / "projections.db").exists()
    again = CliRunner().invoke(app, ["replay", *map(str, words)])
    assert again.exit_code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--disc", "51.5"], "is no place"),
        (["--disc", "51.5,x,5"], "is no number"),
        (["--curfew", "Mo 19:00-Tu 07:00"], "names no place"),
        (["--curfew", "never@51.5,-0.1"], "no weekly row"),
        (["--shift-to", "today"], "is not an ISO 8601 time"),
        (["--move-to", "91,0"], "latitude 91.0"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, words, says) -> None:
    answer = CliRunner().invoke(app, ["replay", str(trail(tmp_path / "w.gpx", 2)), *words])
    assert answer.exit_code == 1
    assert says in answer.stderr


def test_a_file_of_no_known_format_is_told(tmp_path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\x00\x01\x02")
    answer = CliRunner().invoke(app, ["replay", str(tmp_path / "x.bin")])
    assert answer.exit_code == 1
    assert "give --format" in answer.stderr


def test_a_zone_whose_outline_crosses_itself_is_mended_and_said_so(tmp_path, capsys) -> None:
    bow = [[0.0, 51.0], [0.1, 51.1], [0.1, 51.0], [0.0, 51.1], [0.0, 51.0]]
    path = tmp_path / "bow.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [bow]}))
    assert isinstance(read_zone(path), MultiPolygon)
    assert "Used instead" in capsys.readouterr().err


def test_real_files(tagwatch_data, tmp_path) -> None:
    bus = tagwatch_data / "trails" / "route14_outbound.csv"
    lez = tagwatch_data / "geo" / "zone_congestion_charge.geojson"
    moj = tagwatch_data / "crime" / "stub_positions_001.csv"
    nmea = tagwatch_data / "frames" / "gpsd" / "haicom-305N.log"
    assert [format_of(path) for path in (bus, moj, nmea)] == [
        Format.CSV,
        Format.MOJ,
        Format.NMEA,
    ]
    moved = ("--move-to", "51.513,-0.11", "--shift-to", "2026-03-02T08:00:00Z")
    found = episodes(bus, *moved, "--zone", lez)
    inside = [one for one in found if one["rule"] == "zone" and one["finding"] == "confirmed"]
    assert len({one["trail"] for one in inside}) >= 8
    found = episodes(moj, "--disc", "53.54,0.98,400")
    assert [one["finding"] for one in found if one["rule"] == "zone"] == ["confirmed"]
    episodes(nmea, "--curfew", "Mo 19:00-Tu 07:00@51.5,-0.1")


def test_a_zone_of_too_many_corners_is_simplified(tagwatch_data, capsys) -> None:
    for name in ("zone_lez", "zone_ulez_2021"):
        shape = read_zone(tagwatch_data / "geo" / f"{name}.geojson")
        assert isinstance(shape, MultiPolygon)
        assert "to within 2 m" in capsys.readouterr().err
