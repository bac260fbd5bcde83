"""What the API can do with police's crimes: send a file, see what became of it, one crime."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import COLLECTS
from tagwatch.core.crime import CrimeBatch
from tagwatch.core.crime_profiles import DEFAULT_PROFILE, PROFILES, profile_of
from tagwatch.desk.clerk import Done
from tagwatch.desk.crime import MOST_BYTES, BatchTooLarge, CrimeFile, take_crimes
from tagwatch.query.crimes import (
    BatchList,
    BatchView,
    CrimeView,
    batch_list,
    batch_view,
    crime_view,
)
from tagwatch.web.api_endpoint import Endpoint, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.whole import page_of

_KNOWN: Final = ", ".join(one.profile_id for one in PROFILES)


class CrimesTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A file of crimes that is kept, and how far the line has come with it."""

    batch: CrimeBatch
    done: Done


def _send(call: Call) -> CrimesTaken:
    profile = profile_of(call.query.get("profile", DEFAULT_PROFILE.profile_id))
    if profile is None:
        raise Wrong(f"profile must be one of {_KNOWN}")
    content = call.body
    size = content.seek(0, 2)
    file = CrimeFile(call.query.get("name", "crimes.csv"), content, size)
    try:
        taken = take_crimes(call.clerk, call.reader, file, profile, "api")
    except BatchTooLarge as error:
        raise Wrong(str(error)) from error
    return CrimesTaken(batch=taken.batch, done=taken.done)


def _list(call: Call) -> BatchList:
    return batch_list(call.reader, page_of(call))


def _one(call: Call) -> BatchView:
    return batch_view(call.reader, call.path["batch_key"], page_of(call))


def _crime(call: Call) -> CrimeView:
    return crime_view(call.reader, call.path["crime_id"])


_PAGED: Final = (("page", "Page, from 1"),)
CRIMES: Final[tuple[Endpoint, ...]] = (
    read(
        "list_crime_batches",
        "/crimes",
        Verb.SEE_CRIMES,
        "Files of crimes that came, the newest first",
        _list,
        BatchList,
        asks=_PAGED,
        purpose=Purpose.CRIME_MATCHING,
    ),
    read(
        "get_crime_batch",
        "/crimes/{batch_key:str}",
        Verb.SEE_CRIMES,
        "One file: what it came to, the first of its errors, a page of its crimes",
        _one,
        BatchView,
        asks=_PAGED,
        purpose=Purpose.CRIME_MATCHING,
    ),
    read(
        "get_crime",
        "/crime/{crime_id:str}",
        Verb.SEE_CRIMES,
        "One crime in its versions",
        _crime,
        CrimeView,
        purpose=Purpose.CRIME_MATCHING,
    ),
    Endpoint(
        name="send_crimes",
        method="POST",
        path="/crimes",
        verb=Verb.SEND_CRIMES,
        says="Take in a file of crimes: the body is the CSV, or the e-mail where name ends in .eml",
        does=_send,
        gives=CrimesTaken,
        content="text/csv",
        asks=(("profile", f"One of {_KNOWN}"), ("name", "Name of the file")),
        body_most=MOST_BYTES,
        purpose=Purpose.CRIME_MATCHING,
        writes=COLLECTS,
    ),
)
