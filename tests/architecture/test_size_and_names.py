"""Files and functions stay small, and are named for what they hold."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.architecture.source import (
    CORE,
    PACKAGE,
    ROOT,
    functions,
    line,
    nodes_of,
    own_files,
    public_functions,
    python_files,
    tree_of,
)

LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 70
FORBIDDEN_MODULES = {
    *("utils", "util", "helpers", "helper", "common", "models", "model", "services", "service"),
    *("managers", "manager", "base", "misc", "shared", "core_utils", "handlers"),
}
FORBIDDEN_WORDS = {"ping", "pings", "offender", "offenders", "subject", "subjects"}
WORDS_ALLOWED_IN = {
    # The Ministry of Justice's own column and field names.
    "tagwatch/ingest/files",
    "tagwatch/report",
    # A message and a certificate have a subject of their own.
    "tagwatch/notify",
}
MIGRATIONS = PACKAGE / "store" / "migrations" / "versions"
"""Lists of statements, printed once and never altered."""
PROJECT_FILES = python_files(PACKAGE) + python_files(ROOT / "tests") + python_files(ROOT / "setup")


def test_no_file_is_longer_than_one_can_read() -> None:
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in PROJECT_FILES}
    long = [f"{line(p, n)} has {n} lines" for p, n in lengths.items() if n > LINES_IN_A_FILE]
    assert not long, f"more than {LINES_IN_A_FILE} lines; split by subject: {long}"


def test_no_function_is_longer_than_one_can_see() -> None:
    long = [
        f"{line(path, node.lineno)} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in PROJECT_FILES
        if MIGRATIONS not in path.parents
        for node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= LINES_IN_A_FUNCTION
    ]
    assert not long, f"more than {LINES_IN_A_FUNCTION} lines: {long}"


def test_no_file_or_folder_is_named_for_nothing() -> None:
    named = [
        path for path in python_files(PACKAGE) if {path.stem, path.parent.name} & FORBIDDEN_MODULES
    ]
    assert not named, f"name these for what they hold: {[str(p.relative_to(ROOT)) for p in named]}"


def test_each_file_says_what_it_is_for() -> None:
    silent = [path for path in python_files(PACKAGE) if not ast.get_docstring(tree_of(path))]
    assert not silent, f"no docstring: {[str(path.relative_to(ROOT)) for path in silent]}"


def _is_boolean(annotation: ast.expr | None) -> bool:
    return annotation is not None and any(
        isinstance(node, ast.Name) and node.id == "bool" for node in ast.walk(annotation)
    )


def test_no_public_function_of_core_takes_a_switch() -> None:
    switches = [
        f"{line(path, node.lineno)} {node.name}({argument.arg})"
        for path in python_files(CORE)
        for node in public_functions(tree_of(path))
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if _is_boolean(argument.annotation)
    ]
    assert not switches, f"use an enum, or two functions: {switches}"


def _names(path: Path):
    for node in nodes_of(path):
        if isinstance(node, ast.Name | ast.arg):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.arg
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name


@cache
def _words(name: str) -> set[str]:
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
    return set(parts)


def test_one_word_for_one_thing() -> None:
    wrong = [
        f"{line(path, number)} {name}"
        for path in python_files(PACKAGE)
        if not any(str(path.relative_to(ROOT)).startswith(place) for place in WORDS_ALLOWED_IN)
        for number, name in _names(path)
        if _words(name) & FORBIDDEN_WORDS
    ]
    assert not wrong, f"say Fix, Wearer, or who it is (GLOSSARY.md): {wrong}"


def test_no_merge_is_left_undone() -> None:
    """Nobody else would notice one in a template or a style sheet: the page still comes."""
    marks = (b"\n" + b"<" * 7 + b" ", b"\n" + b">" * 7 + b" ")
    undone = [path for path in own_files() if any(m in b"\n" + path.read_bytes() for m in marks)]
    assert not undone
