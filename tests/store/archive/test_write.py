"""The archive's files: every fix to the last bit, in both orders, once; nothing half written."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, FixBlock, joined
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.store.archive import layout, sealed, write
from tagwatch.store.archive.footer import ArchiveDamage, opened
from tagwatch.store.archive.layout import Names, Rows, to_rows, to_table
from tagwatch.store.archive.merge import fixes_of
from tagwatch.store.archive.write import rewrite, write_parts
from tagwatch.store.journal.files import Mode
from tests.bench import archive_world
from tests.store.journal.faults import FaultyFiles, PowerCut

Given = list[tuple[WearerId, ActivationId, FixBlock]]
WIDTH = FIX_DTYPE.itemsize
FLOATS = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, -0.1])
ODD = [
    *FLOATS.view(np.int64).tolist(),
    *(0x7FF8000000000001, -0x0007FFFFFFFFFFFF, int(NO_INSTANT), 2**63 - 1),
]
"""What 8 bytes may hold: zeros of both signs, NaN with a load, the ends of time."""


@settings(max_examples=40)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(0, 40), st.just(WIDTH))), st.data())
def test_whatever_the_bits_they_come_back(rows: np.ndarray, data: st.DataObject) -> None:
    block = rows.reshape(-1).view(FIX_DTYPE).copy()
    for name in data.draw(st.lists(st.sampled_from(FIX_DTYPE.names[:13]), max_size=4)):
        block[name].view(np.int64)[:] = data.draw(st.sampled_from(ODD))
    names = Names()
    code = np.full(len(block), names.wearer(""), np.int32)
    other = np.full(len(block), names.activation("a"), np.int32)
    for order in ArchiveOrder:
        table = written_and_read(to_table(names, Rows(code, other, block), order), order)
        again = to_rows(Names(), table)
        assert again.block.tobytes() == block.tobytes()


def written_and_read(table, order: ArchiveOrder):
    """Return a table after a file of its own."""
    buffer = layout.arrow().BufferOutputStream()
    layout.parquet().write_table(table, buffer, **layout.writing(order))
    read = layout.parquet().ParquetFile(
        buffer.getvalue(), read_dictionary=["wearer_id", "activation_id"]
    )
    return read.read()


def a_few(wearers: int = 9, days: int = 3, every: int = 9) -> Given:
    """Return some days of a few wearers, thinned, some without an owner, some far out of time."""
    of, seq, found = archive_world.world(wearers), 1, Given()
    for number in range(30, 30 + days):
        blocks, seq = archive_world.day(of, number, seq)
        found += [
            (archive_world.wearer_id(w), archive_world.activation_id(w), block[::every].copy())
            for w, block in blocks
        ]
    astray = found[0][2][:4].copy()
    astray["fixed_at"] = [NO_INSTANT, -1, 2**63 - 1, 0]
    astray["index"] += 100_000
    return [*found, (WearerId(""), ActivationId(""), astray)]


Key = tuple[str, str, bytes]


def contents(rows: Iterable[tuple[WearerId, ActivationId, FixBlock]]) -> list[Key]:
    """Return every fix with whose it is, sorted."""
    return sorted(
        (wearer, activation, row.tobytes()) for wearer, activation, block in rows for row in block
    )


def held(folder: Path, files: Iterable[ArchiveFile], order: ArchiveOrder) -> list[Key]:
    """Return every fix of the files of an order."""
    return contents(
        fix for one in files if one.order is order for fix in fixes_of(folder / one.path)
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs and row groups be small, so that a few fixes fill many."""
    monkeypatch.setattr(write, "RUN", 700)
    monkeypatch.setattr(sealed, "GROUP", 64)


@pytest.mark.usefixtures("small")
def test_nothing_is_lost_or_doubled_by_runs_compaction_and_erasure(tmp_path: Path) -> None:
    fixes = a_few()
    deltas = [fixes[0::3], fixes[1::3], fixes[2::3]]
    made = [write_parts(tmp_path, f"delta-{k}", iter(delta)) for k, delta in enumerate(deltas)]
    for delta, files in zip(deltas, made, strict=True):
        for order in ArchiveOrder:
            assert held(tmp_path, files, order) == contents(delta)
    whole = rewrite(tmp_path, "whole", [one for files in made for one in files])
    gone = fixes[0][0]
    kept = rewrite(tmp_path, "kept", whole, lambda w, _a, block: np.full(len(block), w != gone))
    for order in ArchiveOrder:
        assert held(tmp_path, whole, order) == contents(fixes)
        assert held(tmp_path, kept, order) == contents(f for f in fixes if f[0] != gone)
    parts = {one.path.rpartition("/")[0] for one in whole}
    assert len(parts) == len(whole), "one file a part"
    assert [one.path for one in write_parts(tmp_path, "none", iter(()))] == []
    assert not list(tmp_path.rglob("*.draft"))
    assert not list(tmp_path.glob(".runs/*"))


@pytest.mark.usefixtures("small")
def test_rows_stand_in_the_order_that_the_file_says(tmp_path: Path) -> None:
    files = write_parts(tmp_path, "p", iter(a_few()))
    for one in files:
        data = (tmp_path / one.path).read_bytes()
        assert (len(data), sha256(data).hexdigest()) == (one.bytes, one.sha256)
        table = opened(tmp_path / one.path).read()
        rows = to_rows(Names(), table)
        assert len(rows.block) == one.fixes
        times = rows.block["fixed_at"]
        assert (one.first_at, one.last_at) == (times.min(), times.max())
        assert {layout.month_of(at) for at in times.tolist()} == {one.month}
        if one.order is ArchiveOrder.BY_PERSON:
            ids = table.column("wearer_id").to_pylist()
            keys = list(zip(ids, *(rows.block[n].tolist() for n in ("fixed_at", "seq", "index")),
                            strict=True))  # fmt: skip
            assert keys == sorted(keys)
            assert all(layout.bucket_mark(layout.bucket_of(w)) in f"/{one.path}" for w in ids)


def test_duckdb_reads_the_files_as_they_are(tmp_path: Path) -> None:
    fixes = a_few()
    write_parts(tmp_path, "p", iter(fixes))
    asked = WearerId(fixes[1][0])
    block = joined([block for wearer, _, block in fixes if wearer == asked])
    block = block[np.lexsort((block["index"], block["seq"], block["fixed_at"]))]
    for order, partition in (("by-person", "bucket"), ("by-time", "day")):
        found = duckdb.sql(
            f"SELECT epoch_us(fixed_at), seq, lon_deg, hdop, satellites, sent_at IS NULL, month "
            f"FROM read_parquet('{tmp_path}/{order}/**/*.parquet', hive_partitioning=true) "
            f"WHERE wearer_id = '{asked}' AND {partition} IS NOT NULL "
            f"ORDER BY fixed_at, seq, index"
        ).fetchall()
        assert len(found) == len(block)
        for row, fix in zip(found, block, strict=True):
            assert row[:3] == (fix["fixed_at"], fix["seq"], fix["lon_deg"])
            assert row[3] == (None if np.isnan(fix["hdop"]) else fix["hdop"])
            assert row[4] == (None if fix["satellites"] == -1 else fix["satellites"])
            assert row[5] == (fix["sent_at"] == NO_INSTANT)
            assert str(row[6])[:7] == layout.month_of(fix["fixed_at"])
    bucket = duckdb.sql(
        f"SELECT (('0x' || substr(sha256('{asked}'), 1, 2))::INT) % {layout.BUCKETS}"
    ).fetchall()
    assert bucket == [(layout.bucket_of(asked),)]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_returned_is_on_the_disk_whatever_a_power_cut_takes(seed: int) -> None:
    fixes, folder = a_few(2, 1, 200), Path("/archive")
    quiet = FaultyFiles(seed=seed)
    write_parts(folder, "p", iter(fixes), quiet)
    cut_after = 1 + (quiet.operations * seed) // 6
    files = FaultyFiles(seed=seed, cut_after=cut_after)
    with pytest.raises(PowerCut):
        write_parts(folder, "p", iter(fixes), files)
    files.restart()
    made = write_parts(folder, "p", iter(fixes), files)
    files.crash()
    for one in made:
        file = files.open(folder / one.path, Mode.READ)
        assert sha256(file.read_at(0, file.size())).hexdigest() == one.sha256


def test_a_flipped_bit_is_found_where_it_is_read(tmp_path: Path) -> None:
    files = write_parts(tmp_path, "p", iter(a_few(2, 1, 3)))
    path = tmp_path / max(files, key=lambda one: one.fixes).path
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 16
    path.write_bytes(data)
    with pytest.raises(ArchiveDamage, match=path.name):
        list(fixes_of(path))
