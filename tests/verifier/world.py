"""A walk past two zones, one of them secret, and bundles of its day."""

from pathlib import Path

import msgspec

from tagwatch.config import Config
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.ledger import Tick
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.recorded_register import ConditionRecorded, OrderRecorded
from tagwatch.core.shape import Disc
from tagwatch.core.units import DAY, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.query.bundle import Asked, Made, make_bundle
from tagwatch.query.bundle_facts import BundleFacts, bundle_facts
from tagwatch.query.bundle_story import readable_files
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tests.walk.tables import lay_tables
from tests.walk.timeline import (
    BY,
    HERS,
    START,
    ZONE,
    at_time,
    contacts,
    fix,
    frame,
    metres_from,
    register,
)

WINDOW = (START, Instant(START + DAY))
HIDDEN = metres_from(HERS, 900.0, 350.0)
HIDDEN_LABEL = "Plover Cottage"
HIDDEN_M = 213.71
FIXES = 40


def walked(folder: Path, *, secret: bool) -> InProcessCentre:
    """Return a centre in which he walked up to both places and away again."""
    config = Config(data=folder)
    lay_tables(config)
    centre = InProcessCentre.open(config)
    centre.record(*contacts(), *register(), at=START)
    if secret:
        terms = msgspec.structs.replace(
            ZONE,
            label=HIDDEN_LABEL,
            knowledge=ZoneKnowledge.SECRET,
            shape=Disc(centre=HIDDEN, radius_m=HIDDEN_M),
        )
        (event,) = (e for e in register("w1", None, (terms,)) if isinstance(e, ConditionRecorded))
        version = msgspec.structs.replace(event.condition, condition_id=ConditionId("c_hidden"))
        centre.record(ConditionRecorded(condition=version, by=BY), at=START)
        (order,) = (e.order for e in register("w1") if isinstance(e, OrderRecorded))
        wording = f"Not to go to {HIDDEN_LABEL.upper()}, nor near Demo Person"
        order = msgspec.structs.replace(order, wording=wording, varied=HIDDEN_LABEL)
        centre.record(OrderRecorded(order=order, by=BY), at=START)
    for minute in range(FIXES):
        at = Instant(at_time("12:00") + minute * MINUTE)
        place = metres_from(HERS, 1350.0 - 70.0 * abs(minute - FIXES // 2), 150.0)
        sent_at = Instant(at + SECOND)
        said = frame([fix(metres_from(place, -350.0, 0.0), at, 9.0)])
        centre.append([draft_of(said, sent_at), draft_of(tick(sent_at), sent_at)])
    centre.append([draft_of(tick(WINDOW[1]), WINDOW[1])])
    centre.apply()
    return centre


def tick(at: Instant) -> Tick:
    """Return a tick of the centre's clock."""
    return Tick(at=at, monotonic_us=at)


def facts_of(centre: InProcessCentre) -> BundleFacts:
    """Return what is on record of the day."""
    with reading(centre.projections) as connection:
        return bundle_facts(connection, WearerId("w1"), WINDOW, WINDOW[1])


def bundle_of(centre: InProcessCentre) -> Made:
    """Return the bundle of the day."""
    facts = facts_of(centre)
    asked = Asked(by="ac_clerk", at=WINDOW[1], reason="a hearing")
    files = readable_files(facts, asked.at)
    return make_bundle(centre.config, facts, asked, centre.writer.head().seq, files)
