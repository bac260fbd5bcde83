"""Listening ports: free or not, and who is to blame."""

import socket

from tagwatch.engine.installation import InstallationError

_TRIED = 100


def is_free(bind: str, port: int) -> bool:
    """Tell whether a listener could be opened on `port` of address `bind`."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError:
            return False
    return True


def require_free(bind: str, port: int, key: str) -> None:
    """Raise InstallationError naming `port` and the setting `key` if something listens there.

    A tags' port that moved by itself would silence every tag, so under `serve` none does.
    """
    if not is_free(bind, port):
        raise InstallationError(
            f"port {port} on {bind} is in use by another program: stop it, or set {key} in "
            "tagwatch.toml to a free port (tags must be told of theirs)"
        )


def next_free(bind: str, first: int, taken: frozenset[int] = frozenset()) -> int:
    """Return the first free port from `first` on that is not in `taken`; for demo and tests."""
    for port in range(first, first + _TRIED):
        if port not in taken and is_free(bind, port):
            return port
    raise InstallationError(f"no free port on {bind} from {first} to {first + _TRIED - 1}")
