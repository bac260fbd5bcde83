"""The folder of crimes: a file is moved only when it is durable, and nothing is in twice."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tagwatch.config import Config
from tagwatch.core.units import parse_iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.crime_folder import CrimeFolder, FolderWrong
from tagwatch.ingest import crime_batch
from tagwatch.store import schema
from tagwatch.store.crimes import decode_batch
from tagwatch.store.database import reading
from tests.ingest.files.crime_rows import mail, row

AT = parse_iso("2026-11-25T09:00:00Z")
ROWS = "\n".join(row(reference=f"R{n}") for n in range(9)).encode()


class PowerCut(Exception):
    """The process is gone."""


class World:
    """A folder, watched; and a journal that may go away after some appended groups."""

    def __init__(self, centre: InProcessCentre, folder: Path) -> None:
        self.centre, self.folder = centre, folder
        self.groups_left = 1000

    def append(self, events) -> None:
        if not self.groups_left:
            raise PowerCut
        self.groups_left -= 1
        self.centre.record(*events, at=AT)

    def looked(self) -> CrimeFolder:
        """Begin to watch, as a process that starts, and look until what is there was taken."""
        watched = CrimeFolder(self.folder, "moj-acquisitive", self.append)
        watched.look()
        watched.look()
        return watched

    def batches(self):
        self.centre.apply()
        with reading(self.centre.projections) as connection:
            rows = connection.execute(schema.crime_batch.select()).all()
        return [decode_batch(each.body) for each in rows]

    def where(self) -> dict[str, list[str]]:
        """The names in each folder, without the key before them."""
        return {
            name: sorted(p.name.split("-", 1)[1] for p in (self.folder / name).iterdir())
            for name in ("done", "failed")
        }


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "crimes"
    folder.mkdir()
    with InProcessCentre.open(Config(data=tmp_path / "data")) as centre:
        yield World(centre, folder)


def test_files_are_taken_in_and_moved(world: World) -> None:
    (world.folder / "good.csv").write_bytes(ROWS)
    (world.folder / "mail.eml").write_bytes(mail(("a.csv", row(end="x").encode())))
    (world.folder / ".hidden.csv").write_bytes(ROWS)
    (world.folder / "note.txt").write_bytes(b"hello")
    (world.folder / "link.csv").symlink_to(world.folder / "note.txt")
    world.looked()
    assert world.where() == {"done": ["good.csv"], "failed": ["mail.eml"]}
    found = {one.file_name: one for one in world.batches()}
    assert (found["good.csv"].made, found["good.csv"].source) == (9, "folder")
    assert (found["mail.eml"].status, found["mail.eml"].sender) == ("error", "hub@force.example")
    assert (world.folder / "note.txt").exists()


def test_a_file_that_is_still_being_written_waits(world: World) -> None:
    path = world.folder / "slow.csv"
    path.write_bytes(ROWS[:100])
    watched = CrimeFolder(world.folder, "moj-acquisitive", world.append)
    assert watched.look() == 0
    path.write_bytes(ROWS)
    assert watched.look() == 0
    assert watched.look() == 1
    assert [one.rows for one in world.batches()] == [9]


@pytest.mark.parametrize("groups", range(4))
def test_a_power_cut_at_any_moment_loses_nothing_and_doubles_nothing(
    world: World, monkeypatch, groups: int
) -> None:
    monkeypatch.setattr(crime_batch, "PART_ROWS", 1)
    monkeypatch.setattr("tagwatch.engine.crime_folder._AT_ONCE", 3)
    path = world.folder / "a.csv"
    path.write_bytes(ROWS)
    if groups == 3:  # all is durable; the file is still there
        monkeypatch.setattr(CrimeFolder, "_move", _gone)
    world.groups_left = groups if groups < 3 else 1000
    with pytest.raises(PowerCut):
        world.looked()
    assert path.exists()
    monkeypatch.undo()
    monkeypatch.setattr(crime_batch, "PART_ROWS", 1)
    world.groups_left = 1000
    world.looked()
    (batch,) = world.batches()
    assert (batch.made, batch.same, batch.complete) == (9, 0, True)
    assert world.where() == {"done": ["a.csv"], "failed": []}


def _gone(*_: object) -> None:
    raise PowerCut


def test_the_same_file_put_there_again_is_another_batch(world: World) -> None:
    for at in (1_000, 2_000):
        path = world.folder / "a.csv"
        path.write_bytes(ROWS)
        os.utime(path, (at, at))
        world.looked()
    assert sorted((one.made, one.same) for one in world.batches()) == [(0, 9), (9, 0)]
    assert world.where()["done"] == ["a.csv", "a.csv"]


def test_too_large_a_file_fails_with_its_reason_beside_it(world: World, monkeypatch) -> None:
    monkeypatch.setattr(crime_batch, "MOST_BYTES", 10)
    (world.folder / "a.csv").write_bytes(ROWS)
    world.looked()
    assert world.where() == {"done": [], "failed": ["a.csv", "a.csv.why.txt"]}
    (why,) = (world.folder / "failed").glob("*.why.txt")
    assert "part it" in why.read_text()
    assert world.batches() == []


def test_what_cannot_be_watched_is_said(world: World, tmp_path: Path) -> None:
    with pytest.raises(FolderWrong, match="no profile"):
        CrimeFolder(world.folder, "x", world.append)
    with pytest.raises(FolderWrong, match="is no folder"):
        CrimeFolder(tmp_path / "none", "stalking", world.append).look()


def test_a_mail_that_the_script_of_the_manual_saves_is_taken_in(world: World, tmp_path) -> None:
    manual = Path(__file__).parents[2] / "docs" / "crimes.md"
    script = tmp_path / "save-crimes"
    script.write_text(manual.read_text(encoding="utf-8").split("```sh\n")[1].split("```")[0])
    sent = mail(("crimes.csv", ROWS))
    words = ["/bin/sh", str(script), str(world.folder)]
    for _ in range(2):
        assert subprocess.run(words, input=sent, check=True).returncode == 0
    assert not [path for path in world.folder.iterdir() if path.name.startswith(".")]
    world.looked()
    assert [one.endswith(".eml") for one in world.where()["done"]] == [True, True]
    first, second = world.batches()
    assert {first.made + second.made, first.same + second.same} == {9}
    gone = [*words[:2], str(tmp_path / "nowhere")]
    assert subprocess.run(gone, input=sent, stderr=subprocess.DEVNULL, check=False).returncode == 75
