"""core decides from what it is given: it reads no clock, no place on disk and draws no number."""

import ast

from tests.architecture.source import (
    CORE,
    PACKAGE,
    dotted,
    line,
    nodes_of,
    python_files,
)

CLOCKS = {
    *("time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.localtime"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now"),
}
CHANCE = {"np.random", "numpy.random", "random.random", "uuid4", "uuid.uuid4", "token_bytes"}
FILES = {"print", "input", "np.load", "np.save", "np.loadtxt", "np.fromfile", "read_text"}
LOCAL_TIME = {"time.localtime", "datetime.today", "date.today", "datetime.utcnow", "time.ctime"}


def _uses(path, names):
    last = {name.rpartition(".")[2] for name in names}
    for node in nodes_of(path):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        if (node.id if isinstance(node, ast.Name) else node.attr) not in last:
            continue
        said = dotted(node)
        if any(said == name or said.endswith(f".{name}") for name in names):
            yield f"{line(path, node.lineno)} {said}"


def test_core_reads_no_clock_and_draws_no_random_number() -> None:
    found = [use for path in python_files(CORE) for use in _uses(path, CLOCKS | CHANCE)]
    assert not found, f"time and chance come in records only: {found}"


def test_core_touches_no_file_and_no_terminal() -> None:
    found = [use for path in python_files(CORE) for use in _uses(path, FILES)]
    found += [
        line(path, node.lineno)
        for path in python_files(CORE)
        for node in nodes_of(path)
        if isinstance(node, ast.Name) and node.id == "open"
    ]
    assert not found, f"core takes and returns values: {found}"


def test_core_keeps_no_state_between_calls() -> None:
    found = [
        line(path, node.lineno)
        for path in python_files(CORE)
        for node in nodes_of(path)
        if isinstance(node, ast.Global | ast.Nonlocal)
    ]
    assert not found, f"state is an argument and a result: {found}"


def test_nothing_reads_the_local_time_zone() -> None:
    found = [use for path in python_files(PACKAGE) for use in _uses(path, LOCAL_TIME)]
    assert not found, f"London is asked for by name, in core/timetable and templates only: {found}"


def test_time_never_comes_without_a_zone() -> None:
    bare = [
        line(path, node.lineno)
        for path in python_files(PACKAGE)
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and dotted(node.func).split(".")[-1] in {"now", "fromtimestamp"}
        and dotted(node.func).split(".")[0] in {"datetime", "dt"}
        and len(node.args) + len(node.keywords) < (1 if dotted(node.func).endswith("now") else 2)
    ]
    assert not bare, f"pass UTC: {bare}"
