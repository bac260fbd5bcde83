"""`tagwatch serve`: the installation, running."""

import typer

from tagwatch.cli import logs
from tagwatch.cli.options import DATA_DEFAULT, DataFolder, command_app, installed, note
from tagwatch.config import Config, TagsConfig, WebConfig
from tagwatch.engine.embedded import Supervisor

app = command_app()


@app.command()
def serve(data: DataFolder = DATA_DEFAULT) -> None:
    """Run the installation: receiver, line, web and batch.

    Runs until Ctrl+C or SIGTERM, and starts a process again that dies. Ports, TLS, mail … are set
    in tagwatch.toml of the data folder, or as TAGWATCH_WEB_PORT and the like. A busy port is an
    error: a tags' port that moved by itself would silence every tag.
    """
    config = installed(data)
    logs.configure(config.data / "log", "supervisor")
    Supervisor(config).run(ready=lambda: _say_where(config))
    note("Ended.")


def _say_where(config: Config) -> None:
    typer.echo(
        f"Tagwatch runs in {config.data}\n"
        f"  officers  {address(config.web)}\n"
        f"  tags      {address(config.tags)}\n"
        f"  logs      {config.data / 'log'}\n"
        "Stop with Ctrl+C."
    )


def address(listener: WebConfig | TagsConfig) -> str:
    """Return where a listener is reached: its public address if one is set."""
    if listener.public_url:
        return listener.public_url
    host = f"[{listener.bind}]" if ":" in listener.bind else listener.bind
    return f"{'https' if listener.tls_cert else 'http'}://{host}:{listener.port}"
