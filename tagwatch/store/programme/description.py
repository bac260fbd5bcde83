"""What the folder of a programme says to a stranger: its schema, and how to read it."""

from typing import Any, Final

import msgspec

from tagwatch.core import ledger
from tagwatch.store.accounts import Account
from tagwatch.store.programme.layout import Manifest, RecordLine, WearerCounts

_REF: Final = "#/$defs/{name}"
README_TEXT: Final = """# A whole programme, handed over

manifest.json    what is here: counts, digests of every file, the head of the original journal
records/         every record of the journal in its order, one JSON object a line: schema.json
files/           documents and photographs, named by their SHA-256; a record names its file
fixes/           all fixes as Parquet, a file a month: times in UTC, unknown is null
findings/        what the former installation had decided: its tables, one row a line
wearers.ndjson   of each wearer: records and fixes by month, the Merkle root of his records
accounts.ndjson  who the authors are; nobody can sign in with it
schema.json      JSON Schema of a line of records/ and of manifest.json

Instants are microseconds since 1970-01-01T00:00Z, bytes are base64. Record numbers run from 1
without a gap; what is withheld keeps its number and says why: erased (lawfully, listed in the
manifest), credential (never handed over), scope (of somebody else), damaged.

To prove it complete: `tagwatch programme check FOLDER`, or by hand: SHA-256 of every file against
the manifest; and the Merkle root (RFC 6962, SHA-256) of all lines of records/, without their ends.
"""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a line of records, with the manifest's among its
    definitions: made from the very types that read and write them."""
    events = list(ledger.KINDS.values())
    types = [RecordLine, Manifest, WearerCounts, Account, *events]
    _, definitions = msgspec.json.schema_components(types, ref_template=_REF)
    line = dict(definitions[RecordLine.__name__])
    line["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": event.__name__}}, "required": ["event"]},
            "then": {"properties": {"event": {"$ref": _REF.format(name=event.__name__)}}},
        }
        for event in events
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of records/ in a handed-over programme",
        **line,
        "$defs": definitions,
    }
