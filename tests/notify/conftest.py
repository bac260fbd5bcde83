"""The real mail server, started for a test."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from tests.notify.world import Postbox, unused_port


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    """Yield what arrives, and the port."""
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=unused_port())
    server.start()
    try:
        yield box, server.server.sockets[0].getsockname()[1]
    finally:
        server.stop()
