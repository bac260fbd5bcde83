"""The tags' side of TLS, without a socket: bytes in, bytes out.

Of its own because a loop's TLS counts a connection only after the handshake: thousands that never
begin one would then take the open files of the whole process, the journal's among them.
"""

import ssl
from contextlib import suppress
from typing import Final

_READ_BYTES: Final = 64 << 10


class Tls:
    """TLS of one accepted connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._received = ssl.MemoryBIO()
        self._to_send = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._received, self._to_send, server_side=True)
        self._secured = False

    def receive(self, data: bytes) -> bytes:
        """Take bytes off the wire and return what they say in plain; b'' while none is whole.

        Bytes to be sent in answer are in `outgoing`. Raises ssl.SSLError.
        """
        self._received.write(data)
        plain = b""
        try:
            if not self._secured:
                self._object.do_handshake()
                self._secured = True
            while piece := self._object.read(_READ_BYTES):
                plain += piece
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass  # nothing more is whole; or the other side has said that it is done
        return plain

    def outgoing(self) -> bytes:
        """Return what waits to go onto the wire."""
        return self._to_send.read()

    def send(self, data: bytes) -> bytes:
        """Return `data` as it goes onto the wire. Raises ssl.SSLError before the handshake."""
        self._object.write(data)
        return self._to_send.read()

    def end(self) -> bytes:
        """Return the farewell, after which nothing is sent."""
        with suppress(ssl.SSLError):  # the other side's farewell is not waited for
            self._object.unwrap()
        return self._to_send.read()
