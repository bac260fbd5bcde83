"""The command line: parse, wire, call. A command's code is loaded when that command runs."""

import sys
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command as built


class Entry(NamedTuple):
    """A command by its module, and its line in the list of commands."""

    module: str
    says: str
    hidden: bool = False


COMMANDS: Final[dict[str, Entry]] = {
    "init": Entry("init", "Make an installation: folder, keys, first administrator."),
    "serve": Entry("serve", "Run the installation: receiver, line, web and batch."),
    "demo": Entry("demo", "Run a demonstration: a live London of fictional wearers."),
    "import": Entry(
        "import_file",
        "Enter wearers, tags, orders, zones … from a JSON, CSV, GeoJSON or KML file.",
    ),
    "export": Entry("export", "Hand a wearer's trail out as a file, in any of eight formats."),
    "programme": Entry(
        "programme", "Hand a whole programme over, prove one complete, bring one in."
    ),
    "replay": Entry("replay", "Put recorded trails through the line and print the episodes."),
    "quality": Entry(
        "quality",
        "Measure how often decisions are right, on errors that are known, against simpler rules.",
    ),
    "assess": Entry(
        "assess",
        "Say of each fix in a file how likely it lies in a zone, and which stays the rules find.",
    ),
    "calibrate": Entry(
        "calibrate",
        "Compare what is said of fixes with where they truly were: coverage, scores, reliability.",
    ),
    "rehearse": Entry(
        "rehearse",
        "Try a zone, a schedule or settings on past trails, and say what they would have raised.",
    ),
    "crimes": Entry("crimes", "Police's files of crimes: check one, row by row."),
    "match": Entry(
        "match", "Say who was at each crime of a batch: matched, could not be excluded, excluded."
    ),
    "user": Entry("user", "Accounts: add, alter, list, disable, enable, reset, link, unlink."),
    "token": Entry("token", "Secrets of programs and tags: issue, tag, list, revoke."),
    "backup": Entry("backup", "Copy journal, data keys and accounts, running or not."),
    "keys": Entry("keys", "Keys of the installation: list, rotate, export, try a restore."),
    "restore": Entry("restore", "Bring a backup back into an empty folder, proved equal."),
    "outbox": Entry("outbox", "Send or drop what a restore holds back."),
    "verify": Entry("verify", "Prove the journal's chain; name damage; give and check proofs."),
    "bundle": Entry("bundle", "Evidence bundles: make, hand out, list; the key that signs them."),
    "verify-bundle": Entry(
        "verify_bundle",
        "Check an evidence bundle and derive its findings again from the raw frames.",
    ),
    "erase": Entry("erase", "Lawfully erase one owner's data by destroying its keys."),
    "hold": Entry(
        "hold", "Legal holds, under which no age lets go of a wearer's fixes: set, end, list."
    ),
    "archive": Entry(
        "archive", "How the trail archive stands; prove it whole; begin it anew from the journal."
    ),
    "status": Entry("status", "Processes, heads, lags, counts and disk."),
    "process": Entry("process", "One of the processes that serve runs.", hidden=True),
}
"""Every command, in the order of the list. docs/commands.md describes each."""


class Commands(TyperGroup):
    """Loads the one command that runs; lists the others from the table."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the base's signature
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: Any,  # noqa: ARG002  # the base's signature
        cmd_name: str,
    ) -> TyperCommand | None:
        """Return what the list of commands shows of one."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return TyperCommand(
            cmd_name, help=entry.says, hidden=entry.hidden, add_help_option=False, params=[]
        )

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that was asked for, loaded."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and load(str(name)), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what can be expected to fail is told in a sentence, exit code 1."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except Exception as error:
            words = import_module("tagwatch.cli.expected").sentence(error)
            if words is None:
                raise
            sys.stderr.write(f"tagwatch: {words}\n")
            raise typer.Exit(1) from error


def load(name: str) -> Any:
    """Return a command of the table, its module imported."""
    command = built(import_module(f"tagwatch.cli.{COMMANDS[name].module}").app)
    command.name = name
    import_module("tagwatch.cli.logs").on_screen()
    return command


app = typer.Typer(
    name="tagwatch",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(import_module("tagwatch").__version__)
        raise typer.Exit


@app.callback()
def program(
    _version_asked: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """GPS electronic monitoring that says how sure it is.

    Exit codes: 0 done, 1 failed, 2 wrong usage. The data folder is --data, else $TAGWATCH_HOME,
    else ./tagwatch-data.
    """


def main() -> None:
    """Run the command line of this process."""
    app(prog_name="tagwatch")
