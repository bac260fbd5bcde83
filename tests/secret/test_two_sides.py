"""Two installations that differ in where the secret place lies alone: on the one side of his way or
on the other, so that the same fixes lie in it, by other distances. Whoever may not know the place
is answered the same of both: neither frame, nor choice of fixes, nor distance, nor order tells."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import msgspec
import pytest

from tagwatch.access.audit import AuditTrail
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED
from tagwatch.access.reader import Reader, open_projections
from tagwatch.access.scope import scope
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.units import HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.notify.message import compose
from tagwatch.query.alert import alert
from tagwatch.query.coverage import coverage_of
from tagwatch.query.disclosure import disclosed
from tagwatch.query.live import live_map, live_rows
from tagwatch.query.movement import movements_of
from tagwatch.query.open_alerts import open_alerts
from tagwatch.query.police import police_page
from tagwatch.query.trail_export import export_trail
from tagwatch.query.trail_view import trail, trail_view
from tagwatch.query.wearer import wearer
from tagwatch.query.week import Asked, week
from tagwatch.report.trail_file import TrailFormat
from tests.access.test_scope import actor
from tests.secret import world
from tests.web.conftest import HOST
from tests.web.world_of_messages import notifications

OWN = WearerId("w_own")
HOW_SURE = re.compile(rb'"probability(_now)?":[0-9.]+|(more than )?[0-9.]+ % sure')
"""What is left (docs/threats.md): how sure the surest fix makes it, which whoever is told of the
alert must know, says how near the border it lies, and not on which side."""
Ask = Callable[[InProcessCentre, Reader, Instant], object]


@pytest.fixture(scope="module")
def at() -> Instant:
    return now()


@pytest.fixture(scope="module")
def sides(
    tmp_path_factory: pytest.TempPathFactory, at: Instant
) -> Iterator[tuple[InProcessCentre, ...]]:
    told = world.register(at)
    made = tuple(
        world.lay_trail(tmp_path_factory.mktemp("side") / "data", world.moved(told, shape), at)
        for shape in (world.HERE, world.ACROSS)
    )
    yield made
    for centre in made:
        centre.close()


def asked(centre: InProcessCentre, name: str, at: Instant, ask: Ask) -> bytes:
    """Return what an account is answered, as the API would write it."""
    engine, audit = open_projections(centre.config), AuditTrail.open(centre.config, "web")
    who = actor(name)
    try:
        reader = Reader(engine, scope(who, ALLOWED[who.role][0]), audit, lambda: at)
        return HOW_SURE.sub(b"sure", msgspec.json.encode(ask(centre, reader, at)))
    finally:
        audit.close()
        engine.dispose()


def _about(centre: InProcessCentre) -> AlertId:
    return world.about_it(centre)[0].alert_id


def _exported(centre: InProcessCentre, reader: Reader, at: Instant) -> object:
    found: list[bytes] = []
    for kind in TrailFormat:
        file = BytesIO()
        export_trail(reader, OWN, Instant(at - 5 * HOUR), at, kind, file, lambda _: "")
        found.append(file.getvalue())
    return found


def _viewed(_centre: InProcessCentre, reader: Reader, at: Instant) -> object:
    found = trail_view(reader, OWN, Instant(at - 5 * HOUR), at)
    return found.drawn.tolist(), found.movements, found.near, found.zones, found.alerts


QUESTIONS: dict[str, Ask] = {
    "the alert": lambda centre, reader, _: alert(reader, _about(centre)),
    "what he may be told": lambda centre, reader, _: disclosed(reader, _about(centre)),
    "the wearer": lambda _c, reader, _: wearer(reader, OWN),
    "open alerts": lambda _c, reader, _: open_alerts(reader),
    "the trail": lambda _c, reader, at: trail(reader, OWN, Instant(at - 5 * HOUR), at),
    "the map of the trail": _viewed,
    "movements": lambda _c, reader, at: movements_of(reader, OWN, Instant(at - 5 * HOUR), at),
    "coverage": lambda _c, reader, at: coverage_of(reader, OWN, Instant(at - 5 * HOUR), at),
    "the live map": lambda _c, reader, _: (live_map(reader), live_rows(reader)),
    "what police see": lambda centre, reader, _: police_page(reader, _about(centre)),
    "the week": lambda centre, reader, _: week(reader, centre.config, OWN, Asked()),
    "every file of the trail": _exported,
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_both_sides_are_answered_alike(
    sides: tuple[InProcessCentre, ...], at: Instant, what: str
) -> None:
    ask = QUESTIONS[what]
    one, other = (asked(centre, "colleague", at, ask) for centre in sides)
    assert one == other


@pytest.mark.parametrize("what", ["the alert", "the wearer", "the map of the trail"])
def test_whoever_may_know_it_is_answered_differently(
    sides: tuple[InProcessCentre, ...], at: Instant, what: str
) -> None:
    one, other = (asked(centre, "officer", at, QUESTIONS[what]) for centre in sides)
    assert one != other


def test_messages_on_every_channel_are_the_same(sides: tuple[InProcessCentre, ...]) -> None:
    said = [
        [HOW_SURE.sub(b"sure", msgspec.json.encode(compose(each, HOST))) for each in sent]
        for sent in (notifications(centre) for centre in sides)
    ]
    assert len(said[0]) > 5
    assert said[0] == said[1]
