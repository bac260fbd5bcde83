"""XML read as a stream. A document type is refused: with it an XML file can name other files or
grow without bound."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.parsers import expat

from tagwatch.ingest.files.block import FileError, Row

CHUNK: Final = 64 << 10
MAX_DEPTH: Final = 50
MAX_TEXT: Final = 1000


class _RefusedXml(Exception):
    """XML that no file of a trail needs."""


class Elements:
    """What a format does with the elements of its file; `open` and `close` are its own."""

    def __init__(self) -> None:
        self.root = ""
        self.parser = expat.ParserCreate()
        self.text = ""
        """Of the element being read, at most MAX_TEXT characters of it and a chunk."""
        self.ready: list[Row] = []
        """Fixes finished since they were last taken."""
        self._depth = 0

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self.parser.CurrentLineNumber

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element, named without its namespace."""

    def close(self, name: str) -> None:
        """Leave it; `text` is what stood in it."""

    def doctype(self, *_declaration: object) -> None:
        """Refuse a document type."""
        raise _RefusedXml("the file declares a document type, which may name other files")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _RefusedXml(f"elements are nested more than {MAX_DEPTH} deep")
        local = name.rpartition(":")[2]
        self.root = self.root or local
        self.text = ""
        self.open(local, attributes)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        self._depth -= 1
        self.close(name.rpartition(":")[2])
        self.text = ""

    def take(self, data: str) -> None:
        """Take text of an element."""
        if len(self.text) < MAX_TEXT:
            self.text += data[:MAX_TEXT]


def read_elements(path: Path, elements: Elements, root: str) -> Iterator[Row]:
    """Give the fixes that `elements` finds. Raises FileError for what is not `root`, or no XML."""
    parser = elements.parser
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = elements.doctype
    parser.StartElementHandler = elements.start
    parser.EndElementHandler = elements.end
    parser.CharacterDataHandler = elements.take
    named = root.upper()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk, False)
                yield from _taken(elements)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        yield from _taken(elements)
        raise FileError(f"{path} is not whole XML: {error}; export it again") from error
    except _RefusedXml as error:
        raise FileError(f"{path}: {error}; export it as plain {named}") from error
    yield from _taken(elements)
    if elements.root != root:
        raise FileError(f"{path} is XML but no {named} (it begins with <{elements.root}>)")


def _taken(elements: Elements) -> list[Row]:
    ready, elements.ready = elements.ready, []
    return ready
