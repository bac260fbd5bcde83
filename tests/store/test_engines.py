"""Engines share what was compiled, and nothing else."""

from pathlib import Path

from sqlalchemy import event, text

from tagwatch.store.engines import OneDialect, open_engine


def test_two_files_answer_one_statement_each_with_its_own_rows(tmp_path: Path) -> None:
    answers = []
    for name in ("one", "other"):
        engine = open_engine(f"/{tmp_path / name}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE fruit (name TEXT)"))
            connection.execute(text("INSERT INTO fruit VALUES (:name)"), {"name": name})
            answers.append(connection.execute(text("SELECT name FROM fruit")).scalars().all())
        engine.dispose()
    assert answers == [["one"], ["other"]]


def test_a_statement_is_compiled_once_for_all_engines(tmp_path: Path) -> None:
    asked = text("SELECT 'compiled once'")
    compiled = []
    for name in ("one", "other"):
        engine = open_engine(f"/{tmp_path / name}")

        @event.listens_for(engine, "before_cursor_execute")
        def note(_connection, _cursor, _statement, _parameters, context, _many) -> None:
            compiled.append(context.compiled)

        with engine.connect() as connection:
            assert connection.execute(asked).scalar() == "compiled once"
        engine.dispose()
    assert compiled[0] is compiled[1]


def test_one_dialect_is_like_itself_alone() -> None:
    assert OneDialect() == OneDialect()
    assert OneDialect() != object()
