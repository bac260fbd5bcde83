"""Kept overviews: whole or not there, for this user alone, and gone when they must go."""

import stat
from pathlib import Path

import msgspec

from tagwatch.core.ids import WearerId
from tagwatch.store.overviews import Kind, Overviews

ONE, OTHER = WearerId("w/../one."), WearerId("w_other")


def row(wearer: WearerId) -> bytes:
    return msgspec.json.encode({"wearer_id": wearer, "said": "x"}) + b"\n"


def filled(folder: Path) -> Overviews:
    kept = Overviews(folder / "overviews")
    for wearer in (ONE, OTHER):
        for monday in ("2026-11-02", "2026-11-09", "2026-11-16"):
            for kind in Kind:
                kept.put(wearer, monday, kind, f"{wearer} {monday} {kind}".encode())
    for monday in ("2026-11-02", "2026-11-16"):
        kept.put_digest(monday, row(ONE) + row(OTHER))
    return kept


def test_what_is_put_is_found_and_for_this_user_alone(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    assert kept.get(ONE, "2026-11-09", Kind.WEEK) == b"w/../one. 2026-11-09 week"
    assert kept.get(ONE, "2026-11-23", Kind.WEEK) is None
    assert kept.mondays() == ["2026-11-16", "2026-11-02"]
    inside = list((tmp_path / "overviews").rglob("*"))
    assert all(path.is_relative_to(tmp_path / "overviews") for path in inside)
    for path in (tmp_path / "overviews", *inside):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert {path.name for path in tmp_path.iterdir()} == {"overviews"}


def test_a_file_that_was_not_finished_is_no_file(tmp_path: Path) -> None:
    kept = Overviews(tmp_path)
    kept.put(OTHER, "2026-11-09", Kind.WEEK, b"whole")
    folder = tmp_path / "wearers" / "w_other"
    (folder / "2026-11-16.week.77.new").write_bytes(b"ha")
    assert not kept.has(OTHER, "2026-11-16", Kind.WEEK)
    assert kept.get(OTHER, "2026-11-16", Kind.WEEK) is None
    assert kept.forget(OTHER) == 2
    assert not folder.exists()


def test_a_wearer_is_forgotten_in_files_and_digests(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    assert kept.forget(ONE) == 9 + 2
    assert kept.forget(ONE) == 0
    assert kept.digest("2026-11-16") == row(OTHER)
    assert kept.get(OTHER, "2026-11-16", Kind.PDF) is not None
    assert not any(b"w/../one" in p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def test_papers_go_before_what_they_are_set_from(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    assert kept.keep_from("2026-11-16", "2026-11-09") == 2 * (2 + 2) + 1
    assert kept.get(ONE, "2026-11-09", Kind.PDF) is None
    assert kept.get(ONE, "2026-11-09", Kind.WEEK) is not None
    assert kept.get(ONE, "2026-11-02", Kind.WEEK) is None
    assert kept.mondays() == ["2026-11-16"]


def test_of_a_wearer_on_hold_only_papers_go(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    kept.keep_from("2026-11-23", "2026-11-23", {ONE})
    assert kept.get(ONE, "2026-11-02", Kind.WEEK) is not None
    assert kept.get(ONE, "2026-11-02", Kind.PDF) is None
    assert kept.get(OTHER, "2026-11-02", Kind.WEEK) is None
    assert kept.digest("2026-11-16") == row(ONE)
