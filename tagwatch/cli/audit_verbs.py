"""Which of the audit's six verbs each command writes, and what is done without anybody asking.

`audit_table` prints it with what every page and endpoint writes.
"""

from typing import Final

from tagwatch.access.written import (
    COLLECTS,
    COMBINES,
    ENTERS,
    ERASES,
    HANDS_OUT,
    LOOKS,
    Writes,
    nothing,
)

_FILES: Final = nothing("works on files that are given: no installation is opened")
_COUNTS: Final = nothing("counts and digests: nobody is named")

COMMANDS: Final[dict[str, Writes]] = {
    "init": nothing("makes an installation: nobody is on record yet"),
    "serve": nothing("runs the processes: each writes what it does"),
    "demo": nothing("fictional wearers in an installation of its own"),
    "import": COLLECTS.unless("the file is checked only, or says what the register says"),
    "export trail": HANDS_OUT,
    "programme export": HANDS_OUT,
    "programme check": _FILES,
    "programme import": COLLECTS,
    "programme schema": nothing("the format of the files"),
    "replay": _FILES,
    "quality": _FILES,
    "assess": _FILES,
    "calibrate": _FILES,
    "rehearse": LOOKS,
    "crimes check": _FILES,
    "match": _FILES,
    "user add": ENTERS,
    "user alter": ENTERS,
    "user list": LOOKS,
    "user disable": ENTERS,
    "user enable": ENTERS,
    "user reset": ENTERS,
    "user link": ENTERS,
    "user unlink": ENTERS,
    "token issue": ENTERS,
    "token tag": ENTERS,
    "token list": LOOKS,
    "token revoke": ENTERS,
    "backup": HANDS_OUT,
    "restore": COLLECTS,
    "outbox list": LOOKS,
    "outbox send": ENTERS.unless("nothing is held back"),
    "outbox drop": ENTERS.unless("nothing is held back"),
    "verify": HANDS_OUT.unless("no proof is asked for: the chain is checked, nobody is named"),
    "bundle make": HANDS_OUT,
    "bundle give": HANDS_OUT,
    "bundle list": LOOKS,
    "bundle key": nothing("the public key"),
    "bundle rotate-key": ENTERS,
    "verify-bundle": _FILES,
    "erase": ERASES.unless("the proof of an erasure is shown: then it is a look"),
    "keys list": LOOKS,
    "keys rotate": ENTERS,
    "keys export": HANDS_OUT,
    "keys drill": LOOKS,
    "hold set": ENTERS,
    "hold end": ENTERS,
    "hold list": LOOKS,
    "archive status": _COUNTS,
    "archive verify": _COUNTS,
    "archive rebuild": ENTERS,
    "status": _COUNTS,
    "process": nothing("runs one of the processes: it writes what it does"),
}

ALONE: Final[dict[str, Writes]] = {
    "keys destroyed by the retention": ERASES,
    "somebody forgotten when his periods are over": ERASES,
    "a day of zones-only monitoring ended": ERASES,
    "old lines of the audit destroyed": ERASES,
    "what tags sent: a line for each wearer and day": COLLECTS,
    "messages by any channel: a line for each wearer and receiver and day": (HANDS_OUT),
    "crimes matched as they come, and when somebody asks anew": COMBINES,
    "police's files of crimes taken in from the folder": COLLECTS,
    "files released to a request destroyed when access to them is over": ERASES,
    "the looks to ask about found and told to whoever may review them": LOOKS,
    "an evidence bundle made": nothing("whoever asked for it wrote the disclosure"),
    "the week's overviews and digest made": nothing("they leave when somebody opens them"),
    "the heads of journal and audit mailed": nothing("digests: nobody is named"),
}
"""What the installation does by itself, and what that puts on the audit."""
