"""`tagwatch verify-bundle FILE`: the stand-alone verifier's command, with the standard library."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tagwatch import __version__
from tagwatch.store.bundle.manifest import redacted
from tagwatch.store.bundle.succession import PublishedKeys
from tagwatch.store.bundle.zipped import MOST_BYTES
from tagwatch.verifier.verdict import State, check, same_but_closed, sentences

_MOST: Final = MOST_BYTES + (1 << 24)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 only for *same*."""
    parser = argparse.ArgumentParser(prog="tagwatch", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("verify-bundle", help="is it what was signed, and does it follow?")
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--key", default="", metavar="HEX", help="the public key, if you have it")
    one.add_argument("--keys", type=Path, metavar="FILE", help="successions of keys, as published")
    one.add_argument("--head", default="", metavar="SEQ:DIGEST", help="the head, if you have it")
    one.add_argument("--against", type=Path, metavar="EXPERT", help="the expert's bundle")
    one.add_argument("--json", action="store_true", help="one line of JSON")
    two = commands.add_parser("redact-bundle", help="write an expert's bundle without closed files")
    two.add_argument("file", type=Path, metavar="FILE")
    two.add_argument("out", type=Path, metavar="OUT")
    asked = parser.parse_args(words)
    try:
        if asked.command == "redact-bundle":
            return _redact(asked.file, asked.out)
        known = asked.key, asked.head, asked.keys
        return verify(asked.file, *known, asked.against, in_json=asked.json)
    except OSError as error:
        sys.stderr.write(f"tagwatch: {error.filename}: {error.strerror}\n")
        return 1


def verify(
    path: Path,
    key: str = "",
    head: str = "",
    keys: Path | None = None,
    against: Path | None = None,
    *,
    in_json: bool = False,
) -> int:
    """Check the bundle in a file, say what was found, and return the exit code; `keys` is what the
    installation published of its successions."""
    try:
        steps = () if keys is None else _published(keys).successions
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        sys.stderr.write(
            f"tagwatch: {keys}: {error}: give what `tagwatch bundle key --json` wrote\n"
        )
        return 1
    checked = check(_read(path), key, head, steps)
    apart = [] if against is None else same_but_closed(_read(against), _read(path))
    if in_json:
        said = msgspec.to_builtins(checked) | {"apart": apart}
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
    else:
        lines = sentences(checked)
        if against is not None:
            lines += apart or [f"Nothing but the closed files differs from {against}."]
        sys.stdout.write("\n".join(lines) + "\n")
    return 0 if checked.state is State.SAME and not apart else 1


def _redact(path: Path, out: Path) -> int:
    try:
        content = redacted(_read(path))
    except ValueError as error:
        sys.stderr.write(f"tagwatch: {path}: {error}\n")
        return 1
    with out.open("xb") as file:
        file.write(content)
    return 0


def _published(path: Path) -> PublishedKeys:
    return msgspec.json.decode(_read(path), type=PublishedKeys)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST)


if __name__ == "__main__":
    sys.exit(main())
