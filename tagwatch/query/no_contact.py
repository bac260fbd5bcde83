"""Conditions as a reader may see them: without whom, and without where, if he may not know it."""

import msgspec
from sqlalchemy import Connection

from tagwatch.access.scope import may_see_zone
from tagwatch.core.disclosure import without_place
from tagwatch.core.encounter_card import EncounterCard, without_distances
from tagwatch.core.ids import WearerId
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.person import Wearer
from tagwatch.query.reader import Reader

HIDDEN_LABEL = "Another person"
HIDDEN = WearerId("")
"""Stands for the other where the reader may not know who it is."""


def other_of(reader: Reader, connection: Connection, version: ConditionVersion) -> Wearer | None:
    """Return the other wearer of a condition of no contact, if he is within scope."""
    terms = version.terms
    if not isinstance(terms, NoContact):
        return None
    return reader.wearers(connection, [terms.other]).get(terms.other)


def as_seen(
    reader: Reader, connection: Connection, wearer: Wearer, version: ConditionVersion
) -> ConditionVersion:
    """Return the version of a condition of `wearer` without who the other is, if he is outside
    scope, and without where a secret zone lies, if that is not for this reader."""
    if not may_see_zone(reader.actor, wearer, version):
        return without_place(version)
    terms = version.terms
    if not isinstance(terms, NoContact) or other_of(reader, connection, version) is not None:
        return version
    hidden = msgspec.structs.replace(terms, other=HIDDEN, label=HIDDEN_LABEL)
    return msgspec.structs.replace(version, terms=hidden)


def card_as_seen(card: EncounterCard, version: ConditionVersion | None) -> EncounterCard:
    """Return the card for whoever sees the condition as `version`: without distances where the
    other is hidden."""
    terms = None if version is None else version.terms
    if isinstance(terms, NoContact) and terms.other != HIDDEN:
        return card
    return without_distances(card)
