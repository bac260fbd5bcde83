"""`tagwatch init`: an installation from nothing."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tagwatch.access.enrolment import create_account, hash_password
from tagwatch.access.role import Role
from tagwatch.cli.options import DATA_DEFAULT, DataFolder, Failure, command_app
from tagwatch.config import FILE_NAME, example, load
from tagwatch.engine import installation
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME

app = command_app()

PasswordStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from the first line of stdin."),
]


@app.command()
def init(
    data: DataFolder = DATA_DEFAULT,
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the keys apart, e.g. on another disk."),
    ] = None,
    name: Annotated[str, typer.Option(help="Sign-in name of the administrator.")] = "admin",
    full_name: Annotated[str, typer.Option(help="Name shown for it.")] = "Administrator",
    password_stdin: PasswordStdin = False,
) -> None:
    """Make an installation: folder, keys, first administrator.

    Writes the data folder, the keys, an example tagwatch.toml and one administrator, whose second
    factor is enrolled at the first sign-in. There is no default password. An installation that
    is there already is never touched.
    """
    config = load(data)
    if installation.exists(config) or (config.data / "journal").exists():
        raise Failure(
            f"{config.data} holds an installation already: serve it, or give another folder"
        )
    password = read_password(password_stdin)
    hash_password(password)  # refuses a weak one before anything is made
    if not name.strip() or not full_name.strip():
        raise Failure("the administrator needs a name: give --name and --full-name")
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_settings(config.data / FILE_NAME, keys)
    config = load(data)
    installation.create(config)
    create_account(
        config,
        sign_in_name=name,
        full_name=full_name,
        role=Role.ADMINISTRATOR,
        password=password,
    )
    key = config.keys_folder / INSTALLATION_KEY_NAME
    typer.echo(
        f"Made an installation in {config.data}.\n"
        f"Its key is {key}: without it nothing can be read. Write it out, apart from backups:\n"
        f"    tagwatch keys export FILE --reason REASON --data {config.data}\n"
        f"Administrator: {name.strip().lower()}. Start with:\n"
        f"    tagwatch serve --data {config.data}"
    )


def read_password(from_stdin: bool) -> str:
    """Return a password, asked for twice at the terminal unless it comes by stdin."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Failure("no terminal to ask for a password: give it with --password-stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _write_settings(path: Path, keys: Path | None) -> None:
    if path.exists():
        if keys is not None:
            raise Failure(f"{path} is there already: set keys in it, and leave out --keys")
        return
    text = example()
    if keys is not None:
        apart = str(keys.expanduser().absolute()).replace("\\", "\\\\").replace('"', '\\"')
        text = f'keys = "{apart}"\n' + text
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
