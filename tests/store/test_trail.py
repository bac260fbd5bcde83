"""Fixes as the table of the trail keeps them."""

from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sqlalchemy import select

from tagwatch.core.fix import FIX_DTYPE, FixBlock, empty_block
from tagwatch.store import schema, trail
from tagwatch.store.database import Access, open_database
from tagwatch.store.migrations import alembic_config, migrate
from tagwatch.store.trail import pack, unpack, unpack_all
from tests.web import sample

WIDTH = FIX_DTYPE.itemsize
SOME_BYTES = st.lists(st.integers(0, WIDTH - 1), max_size=WIDTH, unique=True)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(0, 70), st.just(WIDTH))), SOME_BYTES)
def test_whatever_the_rows_they_come_back_byte_for_byte(rows: np.ndarray, same: list[int]) -> None:
    rows[:, same] = rows[:1, same]
    block = rows.reshape(-1).view(FIX_DTYPE)
    assert unpack(pack(block)).tobytes() == block.tobytes()


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.just(WIDTH))), SOME_BYTES)
def test_compiled_and_plain_make_the_same_bytes(rows: np.ndarray, same: list[int]) -> None:
    rows[:, same] = rows[:1, same]
    assert pack(rows.reshape(-1).view(FIX_DTYPE)) == trail._by_arrays(rows.reshape(-1), len(rows))


def test_a_slice_of_another_block_is_packed_as_itself() -> None:
    block = unpack(sample.trail_row()["rows"])
    every_other: FixBlock = block[::2]
    assert unpack(pack(every_other)).tobytes() == every_other.tobytes()
    assert len(unpack(pack(empty_block()))) == 0


def test_many_blocks_unpack_at_once_as_each_by_itself() -> None:
    whole = unpack(sample.trail_row()["rows"])
    blocks = [whole[:3], whole[5:], empty_block(), whole[3:6], whole[:1], whole[7:8], whole]
    found, sizes = unpack_all([pack(block) for block in blocks])
    assert sizes.tolist() == [len(block) for block in blocks]
    assert found.tobytes() == b"".join(block.tobytes() for block in blocks)
    with pytest.raises(ValueError, match="packed block"):
        unpack_all([pack(whole), pack(whole)[:-1]])


def test_what_all_rows_share_is_kept_once() -> None:
    block = unpack(sample.trail_row()["rows"])
    assert len(pack(block)) < block.nbytes / 3


@pytest.mark.parametrize("cut", [1, 20, 60, 200])
def test_a_torn_row_is_an_error_and_no_fix(cut: int) -> None:
    rows = sample.trail_row()["rows"]
    with pytest.raises(ValueError, match=f"{len(rows) - cut} bytes are not a packed block"):
        unpack(rows[:-cut])


def test_blocks_of_before_are_packed_and_can_be_written_out_again(tmp_path: Path) -> None:
    database = open_database(tmp_path / "projections.db", Access.WRITE)
    row, kept = sample.trail_row(), select(schema.trail_block.c.rows)
    whole = unpack(row["rows"]).tobytes()
    with database.begin() as connection:
        migrate(connection)
        connection.execute(schema.trail_block.insert(), row)
        alembic = alembic_config(connection)
        before = ScriptDirectory.from_config(alembic).get_revision("0020").down_revision
        command.downgrade(alembic, str(before))
        assert connection.scalar(kept) == whole
        migrate(connection)
        assert connection.scalar(kept) == row["rows"]
    database.dispose()
