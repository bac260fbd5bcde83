"""Protected fields: sealed on the disk, bound to their place, replaceable."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select

from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.cells import CellDamaged, Cells
from tagwatch.store.database import Access, open_database
from tagwatch.store.field_keys import (
    FIELD_KEYS_NAME,
    add_field_key,
    read_field_keys,
    retire_field_keys,
    rewrap_field_keys,
)
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME, Keyring
from tagwatch.store.journal.wrapping import (
    NEXT_NAME,
    Wrapping,
    make_installation_key,
    put_installation_key,
    take_over,
)
from tagwatch.store.protected import Protected, finds
from tagwatch.store.sealing import Sealing, seal_all
from tagwatch.store.writes import Writes

FILES = OsFiles()
AT = Instant(1_700_000_000_000_000)
MOVED = """
    UPDATE risk_note SET words = (SELECT words FROM risk_note WHERE seq = 1002) WHERE seq = 1001
"""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    Keyring.create(folder, FILES).close()
    add_field_key(FILES, folder, wrapping(folder), AT)
    return folder


@pytest.fixture
def engine(tmp_path: Path, keys: Path):
    found = open_database(tmp_path / "projections.db", Access.WRITE, Cells(keys))
    with found.begin() as connection:
        schema.metadata.create_all(connection)
        put(connection, "w_one", "W1001", "lives at Planted Street")
        put(connection, "w_two", "W1002", "fears the dog")
    yield found
    found.dispose()


def wrapping(folder: Path) -> Wrapping:
    return Wrapping(FILES, folder / INSTALLATION_KEY_NAME)


def put(connection: Connection, wearer: str, crn: str, words: str) -> None:
    writes = Writes()
    row = {"wearer_id": wearer, "name": "Demo", "crn": crn, "programme": "other"}
    row |= {"borough": "Camden", "agency": "a", "officer": None, "restriction": "ordinary"}
    writes.put(schema.wearer, row | {"body": f'{{"crn":"{crn}","said":"{words}"}}'})
    note = {"seq": int(crn[1:]), "wearer_id": wearer, "at": 1, "by": "ac_one", "words": words}
    writes.put(schema.risk_note, note)
    writes.write(connection)


def words(engine: Engine) -> list[str]:
    row = schema.risk_note.c
    with engine.connect() as connection:
        return list(connection.scalars(select(row.words).order_by(row.seq)))


def found(engine: Engine, crn: str) -> list[str]:
    row = schema.wearer.c
    with engine.connect() as connection:
        return list(connection.scalars(select(row.wearer_id).where(finds(row.crn, crn))))


def cells_on_disk(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / "projections.db")) as raw:
        notes = [row[0] for row in raw.execute("SELECT words FROM risk_note ORDER BY seq")]
        return notes + [row[0] for row in raw.execute("SELECT body FROM wearer ORDER BY wearer_id")]


def swap(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "projections.db")) as raw, raw:
        raw.execute(statement)


def test_what_is_protected_is_read_as_written_and_nowhere_on_the_disk(engine, tmp_path) -> None:
    assert words(engine) == ["lives at Planted Street", "fears the dog"]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"Planted Street" not in path.read_bytes(), path
            assert b"W1001" not in path.read_bytes(), path


def test_a_number_is_found_whole_in_any_spelling(engine) -> None:
    assert found(engine, " w1001") == ["w_one"]
    assert found(engine, "W100") == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            MOVED,
            "risk_note.words of row 1001 was altered, or belongs to another row",
        ),
        ("UPDATE risk_note SET words = 'harmless' WHERE seq = 1001", "1001 is not sealed"),
        (
            "UPDATE risk_note SET words = (SELECT body FROM wearer WHERE wearer_id = 'w_one')",
            "belongs to another row",
        ),
    ],
)
def test_a_cell_put_elsewhere_is_refused_and_named(engine, tmp_path, statement, says) -> None:
    swap(tmp_path, statement)
    with pytest.raises(CellDamaged, match=says):
        words(engine)


def test_the_same_rows_are_sealed_to_the_same_bytes(engine, tmp_path) -> None:
    before = cells_on_disk(tmp_path)
    with engine.begin() as connection:
        put(connection, "w_one", "W1001", "lives at Planted Street")
    assert cells_on_disk(tmp_path) == before


def test_writing_past_the_writes_is_refused(engine) -> None:
    plain = schema.risk_note.insert().values(seq=3, wearer_id="w", at=1, by="b", words="in plain")
    with engine.connect() as connection, pytest.raises(Exception, match="function raised"):
        connection.execute(plain)


def test_another_key_takes_over_row_by_row_whatever_is_cut_off(engine, tmp_path, keys) -> None:
    reader = open_database(tmp_path / "projections.db", Access.READ, Cells(keys))
    former = cells_on_disk(tmp_path)
    add_field_key(FILES, keys, wrapping(keys), AT)
    cells = Cells(keys)
    assert cells.being_replaced == 1
    with engine.begin() as connection:
        assert not Sealing().run(connection, cells, most=1), "there is more than one row"
    assert words(reader) == ["lives at Planted Street", "fears the dog"], "both keys are in use"
    assert found(reader, "W1001") == ["w_one"]
    assert found(reader, "W1002") == ["w_two"]
    again = Sealing()  # it was killed, and begins from the start
    with engine.begin() as connection:
        while not again.run(connection, cells, most=1):
            pass
    (gone,) = retire_field_keys(FILES, keys, wrapping(keys), AT)
    assert gone.wrapped.encode() not in (keys / FIELD_KEYS_NAME).read_bytes()
    assert [key.destroyed_at for key in read_field_keys(FILES, keys)] == [AT, None]
    assert words(reader) == ["lives at Planted Street", "fears the dog"]
    assert found(reader, "W1002") == ["w_two"]
    assert not set(former) & set(cells_on_disk(tmp_path))
    reader.dispose()


def test_tables_in_plain_are_sealed_when_they_are_first_opened_with_keys(tmp_path, keys) -> None:
    former = open_database(tmp_path / "projections.db", Access.WRITE)
    with former.begin() as connection:
        schema.metadata.create_all(connection)
        put(connection, "w_one", "W1001", "lives at Planted Street")
    former.dispose()
    engine = open_database(tmp_path / "projections.db", Access.WRITE, Cells(keys))
    with engine.begin() as connection:
        assert seal_all(connection)
    assert words(engine) == ["lives at Planted Street"]
    assert found(engine, "w1001") == ["w_one"]
    with engine.begin() as connection:
        assert not seal_all(connection), "nothing is left in plain"
    engine.dispose()


def test_another_installation_key_opens_no_field_key_until_they_are_wrapped_anew(keys) -> None:
    path = keys / INSTALLATION_KEY_NAME
    make_installation_key(FILES, keys / NEXT_NAME)
    both = wrapping(keys)
    assert Cells(keys).being_replaced == 0, "the former opens it still"
    with both.held():
        assert rewrap_field_keys(FILES, keys, both) == 1
        assert rewrap_field_keys(FILES, keys, both) == 0
        take_over(FILES, path)
    assert Cells(keys).being_replaced == 0
    put_installation_key(FILES, path, bytes(32))
    with pytest.raises(KeysDamaged, match="does not open field key"):
        Cells(keys)


def test_without_its_key_a_cell_says_which_it_lacks(engine, tmp_path, keys) -> None:
    (keys / FIELD_KEYS_NAME).unlink()
    add_field_key(FILES, keys, wrapping(keys), AT)
    other = open_database(tmp_path / "projections.db", Access.READ, Cells(keys))
    with pytest.raises(CellDamaged, match=r"was sealed with field key [0-9a-f]{8}, which is not"):
        words(other)
    other.dispose()


def test_every_protected_column_is_bound_to_columns_of_its_own_table() -> None:
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Protected):
                assert all(name in table.c for name in column.type.by), f"{table.name}.{column}"
                numbered = [key.name for key in table.primary_key if key.autoincrement is True]
                assert column.type.by or not numbered, f"{table.name}.{column}: numbered rows"
