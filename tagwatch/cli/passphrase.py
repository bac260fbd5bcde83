"""A passphrase: typed twice, or from a file or the input, and never on the command line."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from tagwatch.cli.options import Failure
from tagwatch.store.key_export import PASSPHRASE_LEAST

_MOST = 1024

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Its first line is the passphrase."),
]
PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="The first line of the input is it.")
]


def new_passphrase(file: Path | None, *, stdin: bool) -> str:
    """Return a passphrase for something new; asked twice at the terminal. Raises Failure."""
    given = _given(file, stdin=stdin)
    if given is None:
        given = getpass("Passphrase: ")
        if getpass("The same again: ") != given:
            raise Failure("the two are not the same: nothing was written")
    if not PASSPHRASE_LEAST <= len(given) <= _MOST:
        raise Failure(
            f"a passphrase has {PASSPHRASE_LEAST} to {_MOST} characters; six words picked by dice "
            "are a good one"
        )
    return given


def known_passphrase(file: Path | None, *, stdin: bool) -> str:
    """Return the passphrase of something there is. Raises Failure."""
    given = _given(file, stdin=stdin)
    return getpass("Passphrase: ") if given is None else given


def _given(file: Path | None, *, stdin: bool) -> str | None:
    if file is not None and stdin:
        raise Failure("give the passphrase one way: --passphrase-file or --passphrase-stdin")
    if file is not None:
        lines = file.read_text(encoding="utf-8").splitlines()
    elif stdin:
        lines = [sys.stdin.readline().rstrip("\n")]
    elif sys.stdin.isatty():
        return None
    else:
        raise Failure(
            "nobody is there to type a passphrase: give --passphrase-file or --passphrase-stdin"
        )
    if not lines or not lines[0]:
        raise Failure("the first line is empty: it is to be the passphrase")
    return lines[0]
