"""What the API can do with evidence bundles: the register, making one, handing one out."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.ids import WearerId
from tagwatch.desk.bundle import ReceivedBy, ReceiverMissing
from tagwatch.desk.clerk import Done
from tagwatch.query.bundle_facts import BundleRefused
from tagwatch.query.bundle_register import BundleFile, BundleRegister, bundle_register
from tagwatch.query.bundle_standing import UntoldBundles, untold_bundles
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.bundle import given, made, told, window_of


class Making(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whole days in UTC, both included, as 2026-11-18; `replaces` names an earlier bundle."""

    first: str
    last: str
    reason: str
    replaces: str = ""


class Giving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who receives it, and how; `form` is `redacted`, or `expert` for one with closed files;
    `contact_id` names a contact to whom a message can go if the bundle no longer stands."""

    to: str
    how: str
    form: str = "redacted"
    contact_id: str = ""


class Telling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has a bundle that no longer stands, as the register names him; `way` is `message` to send
    it to the contact recorded of him, else `how` says how a person told him."""

    to: str
    how: str = ""
    way: str = "person"


def _make(call: Call) -> Done:
    body: Making = call.body
    try:
        window = window_of(body.first, body.last)
        whose = call.path["wearer_id"]
        return made(call.reader, call, whose, window, body.reason, body.replaces)
    except BundleRefused as error:
        raise Wrong(str(error)) from error


def _give(call: Call) -> BundleFile:
    body: Giving = call.body
    try:
        which = call.path["wearer_id"], call.path["bundle_id"]
        receiver = ReceivedBy(body.to, body.how, body.contact_id)
        return given(call.reader, call, which, body.form, receiver)
    except ReceiverMissing as error:
        raise Wrong(str(error)) from error


def _tell(call: Call) -> Done:
    body: Telling = call.body
    try:
        which = call.path["wearer_id"], call.path["bundle_id"]
        return told(call.reader, call, which, body.to, body.how, body.way)
    except ReceiverMissing as error:
        raise Wrong(str(error)) from error


def _untold(call: Call) -> UntoldBundles:
    return untold_bundles(call.reader)


def _register(call: Call) -> BundleRegister:
    return bundle_register(call.reader, call.config, WearerId(call.path["wearer_id"]))


BUNDLES: Final[tuple[Endpoint, ...]] = (
    read(
        "list_bundles",
        "/wearers/{wearer_id:str}/bundles",
        Verb.SEE_BUNDLES,
        "A wearer's evidence bundles: who received them, and which are superseded",
        _register,
        BundleRegister,
    ),
    do(
        "make_bundle",
        "/wearers/{wearer_id:str}/bundles",
        Verb.MAKE_BUNDLE,
        "Make a bundle of whole days, or ask for a long one; on the audit as a disclosure",
        _make,
        Making,
        purpose=Purpose.SUPERVISION,
        writes=HANDS_OUT,
    ),
    Endpoint(
        name="give_bundle",
        method="POST",
        path="/wearers/{wearer_id:str}/bundles/{bundle_id:str}/give",
        verb=Verb.MAKE_BUNDLE,
        says="Enter who receives a bundle, and get its file",
        does=_give,
        gives=BundleFile,
        takes=Giving,
        purpose=Purpose.SUPERVISION,
        writes=HANDS_OUT,
    ),
    read(
        "untold_bundles",
        "/untold-bundles",
        Verb.SEE_BUNDLES,
        "Who within scope must be told that an evidence bundle no longer stands",
        _untold,
        UntoldBundles,
    ),
    do(
        "tell_bundle_receiver",
        "/wearers/{wearer_id:str}/bundles/{bundle_id:str}/told",
        Verb.MAKE_BUNDLE,
        "Record that a receiver was told that a bundle no longer stands, or send him a message",
        _tell,
        Telling,
        purpose=Purpose.SUPERVISION,
    ),
)
