"""Connections to the projections."""

from pathlib import Path

from sqlalchemy import insert, select

from tagwatch.store import schema
from tagwatch.store.database import Access, open_database, reading
from tagwatch.store.migrations import migrate


def test_all_reads_of_one_question_see_one_state(tmp_path: Path) -> None:
    """A fix that is archived in between would else be seen twice, or not at all."""
    writer = open_database(tmp_path / "projections.db", Access.WRITE)
    with writer.begin() as connection:
        migrate(connection)
    reader = open_database(tmp_path / "projections.db", Access.READ)
    seqs = select(schema.cursor.c.seq)
    with reading(reader) as asking:
        assert asking.scalars(seqs).all() == []
        with writer.begin() as connection:
            connection.execute(insert(schema.cursor).values(lane=9, seq=1, received_at=0))
        assert asking.scalars(seqs).all() == []
    with reading(reader) as asking:
        assert asking.scalars(seqs).all() == [1]
    reader.dispose()
    writer.dispose()
