"""The Merkle root (RFC 6962) of lines that go by, holding a hash for each power of two."""

from hashlib import sha256


class Tree:
    """Takes leaves one by one and says their root at any time."""

    def __init__(self) -> None:
        self.leaves = 0
        self._peaks: list[bytes] = []
        """Roots of the whole trees so far, largest first."""

    def add(self, line: bytes) -> None:
        """Take the next line, without its end."""
        node = sha256(b"\0" + line).digest()
        self.leaves += 1
        whole = self.leaves
        while whole % 2 == 0:
            node = sha256(b"\1" + self._peaks.pop() + node).digest()
            whole //= 2
        self._peaks.append(node)

    def root(self) -> str:
        """Return the root in hexadecimal; of no leaves the hash of nothing."""
        if not self._peaks:
            return sha256().hexdigest()
        *rest, node = self._peaks
        for peak in reversed(rest):
            node = sha256(b"\1" + peak + node).digest()
        return node.hex()
