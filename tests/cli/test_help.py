import subprocess
import sys
import time

import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from tagwatch.cli import COMMANDS, app, load
from tests.cli.program import ROOT, really_run, run

DOCUMENT = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def _every_command():
    for name in COMMANDS:
        command = load(name)
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {sub}", found) for sub, found in command.commands.items())
        else:
            yield name, command


EVERY = dict(_every_command())


@pytest.mark.parametrize("name", EVERY)
def test_each_command_says_what_it_does_and_what_each_option_means(name) -> None:
    answer = CliRunner().invoke(app, [*name.split(), "--help"])
    assert answer.exit_code == 0, answer.output
    command = EVERY[name]
    assert command.help
    assert command.help.strip().split("\n")[0].endswith(".")
    silent = [param.name for param in command.params if not getattr(param, "help", None)]
    assert not silent, f"{name}: say what these are for: {silent}"


@pytest.mark.parametrize("name", EVERY)
def test_each_command_is_in_the_document(name) -> None:
    assert f"tagwatch {name}" in DOCUMENT


@pytest.mark.parametrize("name", [name for name, entry in COMMANDS.items() if not entry.hidden])
def test_the_list_says_of_each_command_what_the_command_says(name) -> None:
    assert (load(name).help or "").split("\n")[0] == COMMANDS[name].says


def test_the_list_of_commands_comes_at_once_and_loads_none() -> None:
    began = time.perf_counter()
    listed = really_run("--help")
    took_s = time.perf_counter() - began
    assert listed.returncode == 0
    assert all(name in listed.stdout for name, entry in COMMANDS.items() if not entry.hidden)
    assert "process " not in listed.stdout.split("Commands:")[1]
    code = "import sys, tagwatch.cli; sys.exit(any(m.startswith('numpy') for m in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode
    assert loaded == 0, "numpy was loaded for a list of commands"
    assert took_s < 5, "it takes 0.2 s on an idle machine"


def test_wrong_usage_is_code_2_and_a_failure_code_1(tmp_path) -> None:
    assert run("nosuch").returncode == 2
    assert run("serve", "--nosuch").returncode == 2
    absent = really_run("status", "--data", tmp_path / "none")
    assert absent.returncode == 1
    assert absent.stderr.startswith("tagwatch: ")
    assert "tagwatch init" in absent.stderr
    assert "Traceback" not in absent.stderr


def test_the_version() -> None:
    from tagwatch import __version__

    assert run("--version").stdout.strip() == __version__
