"""The sheet that lies beside an export of keys: what it is, what it opens, where to keep it."""

from hashlib import sha256

import msgspec

from tagwatch.core.units import iso
from tagwatch.store.key_export import KeyExport


def sheet(whole: bytes, parts: int, why: str) -> str:
    """Return the sheet of the export `whole`, as text to be printed."""
    export = msgspec.json.decode(whole, type=KeyExport)
    digest = sha256(whole).hexdigest()
    lines = [
        "KEYS OF A TAGWATCH INSTALLATION",
        "",
        f"Installation      {export.installation}",
        f"Written out       {iso(export.made_at)}",
        f"Because           {why}",
        f"Installation key  {export.key_id}",
        f"Parts             {parts if parts > 1 else 'one file'}",
        f"SHA-256           {digest[:32]}",
        f"                  {digest[32:]}",
        "",
        "What it opens",
        "  Every backup made since this installation key came into use, until it is rotated:",
        "  journal, audit, archive, accounts with their second factors. With it lies the key that",
        "  signs evidence bundles. It opens no table by itself: field keys are made anew at a",
        "  restore.",
        "",
        "What it needs",
        "  The passphrase, which is on no sheet and in no file of Tagwatch. Who loses it has lost",
        "  this export.",
    ]
    if parts > 1:
        lines += [
            f"  All {parts} parts: {parts - 1} of them say nothing at all. Give each to another",
            "  person, and the passphrase to none of them alone.",
        ]
    lines += [
        "",
        "Where to keep it",
        "  Apart from the machine and from every backup, in a place that does not burn with them:",
        "  a safe, a notary, another site. This sheet beside it; the passphrase elsewhere.",
        "",
        "When it ends",
        "  When the installation key is rotated: write the keys out anew, then make a backup. Keep",
        "  this one as long as a backup of its time is kept, and destroy it with the last of them.",
        "",
        "How it is used",
        "  tagwatch keys drill BACKUP --keys FILE      tries it, every quarter of a year",
        "  tagwatch restore BACKUP --keys FILE         brings the installation back",
    ]
    return "\n".join(lines) + "\n"
