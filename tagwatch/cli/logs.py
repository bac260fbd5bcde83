"""Logs of a process: JSON lines, without personal data.

Everything from INFO on goes to `<data>/log/<process>.jsonl` (four files of 16 MiB at most), and
warnings also to standard error. Values that were bound into SQL statements are cut out.
"""

import logging
import logging.handlers
import re
import sys
from pathlib import Path
from typing import Any, Final

import structlog

_MOST_BYTES: Final = 16 << 20
_KEPT: Final = 3
_PARAMETERS: Final = re.compile(r"\[parameters: .*?\](?=\n|$)", re.DOTALL)


def configure(folder: Path, process: str) -> None:
    """Send the logs of this process to `folder`, made if absent, and its warnings to stderr."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{process}.jsonl"
    file = logging.handlers.RotatingFileHandler(
        path, maxBytes=_MOST_BYTES, backupCount=_KEPT, encoding="utf-8"
    )
    path.chmod(0o600)
    _configure(process, [file, _screen()])


def on_screen() -> None:
    """Send the warnings of a command to stderr, and the rest nowhere."""
    _configure("command", [_screen()])


def _screen() -> logging.Handler:
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.WARNING)
    return screen


def _configure(process: str, handlers: list[logging.Handler]) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_before(process)],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_parameters,
            structlog.processors.JSONRenderer(),
        ],
    )
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    for noisy in ("httpx", "alembic"):  # httpx would log the addresses it asks
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_before(process),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _before(process: str) -> list[Any]:
    def named(_logger: Any, _method: str, event: Any) -> Any:
        event.setdefault("process", process)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        named,
    ]


def _without_parameters(_logger: Any, _method: str, event: Any) -> Any:
    for key in ("exception", "event"):
        if isinstance(event.get(key), str):
            event[key] = _PARAMETERS.sub("[parameters cut]", event[key])
    return event
