"""Every column of the accounts database: a digest, sealed, or why it is plain. docs/fields.md is
printed of it."""

from typing import Any, Final

from sqlalchemy import Column, LargeBinary, String, Text

from tagwatch.store.accounts_schema import metadata

_ID: Final = "an id made here at random, of an account, or of a record: it says nothing of anybody"
_STATE: Final = "a word of a fixed list"
_REACH: Final = "what the account reaches: asked on every request"
_WEAK: Final = "a weakness"
_DIGEST: Final = "a digest of a secret that is not kept"
_KEYED: Final = "a digest under the key of the marks: without it nothing can be tried against it"
_SEALED: Final = "sealed with the key of second factors"

KNOWN: Final[dict[str, str]] = {
    "account.sign_in_name": f"{_WEAK}: whoever signs in is found by it",
    "account.full_name": f"{_WEAK}: officers' names stand on every page; lists are sorted by them",
    "account.email": f"{_WEAK}: an officer's address at work",
    "account.password_hash": "argon2id: tried one at a time, and slowly",
    "account.second_factor": _SEALED,
    "account.role": _STATE,
    "account.agency": _REACH,
    "account.boroughs": _REACH,
    "account.duties": _REACH,
    "account.programmes": _REACH,
    "account.team": _REACH,
    "session.session_hash": _DIGEST,
    "session.stage": _STATE,
    "session.how": _STATE,
    "session.purpose": _STATE,
    "session.purpose_words": f"{_WEAK}: an officer's words, for the length of a shift",
    "session.pending": _SEALED,
    "session.address": f"{_WEAK}: from where an officer signed in, for the length of a shift",
    "session.browser": "two words",
    "tie.number_mark": _KEYED,
    "tie.relation": _STATE,
    "tie.declared_by": _ID,
    "preference.name": "a page's setting",
    "preference.value": "a page's setting",
    "api_token.token_hash": _DIGEST,
    "api_token.label": "which program it is for",
    "api_token.verbs": _REACH,
    "sign_in_link.link_hash": _DIGEST,
    "police_link.officer": f"{_WEAK}: a police officer's name, kept for the audit",
    "police_link.force": _STATE,
    "police_link.made_by": _ID,
    "police_link.key_hash": _DIGEST,
    "police_link.code_hash": _DIGEST,
    "police_link.session_hash": _DIGEST,
    "passkey.credential_id": "public: the device shows it to every page that asks",
    "passkey.public_key": "public, as its name says",
    "passkey.name": "what its owner calls the device",
    "service_link.issuer": "the agency's sign-in service",
    "service_link.sub": "the account's id there",
    "service_link.linked_by": _ID,
    "recovery.reason": f"{_WEAK}: why somebody needs a recovery, in an administrator's words",
    "recovery.asked_by": _ID,
    "recovery.decided_by": _ID,
    "recovery.first_hash": _KEYED,
    "recovery.code_hash": _KEYED,
    "task.session_hash": _DIGEST,
    "task.about": _ID,
    "task.purpose": _STATE,
    "task.words": f"{_WEAK}: why an officer looks, in his words, for half an hour",
    "sign_in_try.who": _KEYED,
    "used_challenge.challenge": "random, and used up",
}
"""By table and name. Ids, numbers and instants need no line here."""


def says(column: Column[Any]) -> str:
    """Return what is done with a column; empty: nobody has said."""
    named = KNOWN.get(f"{column.table.name}.{column.name}")
    if named:
        return named
    if column.name.endswith("_id"):
        return _ID
    return "" if isinstance(column.type, String | Text | LargeBinary) else "a number or an instant"


def accounts_table() -> str:
    """Return the columns of text or bytes as a table of docs/fields.md, but for ids."""
    lines = ["| table | column | what |", "|---|---|---|"]
    for table in metadata.sorted_tables:
        for column in table.columns:
            text = isinstance(column.type, String | Text | LargeBinary)
            if text and says(column) != _ID:
                lines.append(f"| {table.name} | {column.name} | {says(column)} |")
    return "\n".join(lines)
