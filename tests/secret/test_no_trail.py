"""An administrator reads no trail: at no address, in no export, by no rehearsal."""

import re
import struct
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest
from litestar import Litestar
from sqlalchemy import select

from tagwatch.access.role import MATRIX, Role, Verb
from tagwatch.engine.centre import InProcessCentre
from tagwatch.report.trail_file import TrailFormat
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.trail import unpack
from tests.secret.conftest import Enter
from tests.secret.plants import unpacked
from tests.secret.test_walk import addresses, entered
from tests.web import sample
from tests.web.test_rehearsal import PATH, ZONE
from tests.web.test_routes import filled, routes

OF_MOVEMENTS = frozenset(
    {
        *(Verb.SEE_TRAIL, Verb.SEE_LIVE, Verb.SEE_ALERTS, Verb.SEE_ALERT, Verb.SEE_CASES),
        *(Verb.SEE_BUNDLES, Verb.MAKE_BUNDLE, Verb.CHECK_ACCOUNT, Verb.SEE_POLICE_PAGE),
        *(Verb.SEE_REQUESTS, Verb.RELEASE_REQUEST, Verb.SEE_CRIMES, Verb.MATCH_CRIMES),
        *(Verb.SEE_SHARED, Verb.BREAK_GLASS, Verb.SEE_CASELOAD),
    }
)
"""Whoever has one of these can come to read where somebody was."""


NUMBER = re.compile(rb"(?<![\d.])-?\d+\.\d{4,}")


class Places(NamedTuple):
    """Every longitude and latitude of every fix, as texts write them and as binary files do."""

    words: frozenset[str]
    doubles: frozenset[bytes]

    def read_in(self, content: bytes) -> list[str]:
        """What of them stands in an answer, packed or not."""
        carried = re.search(rb'"content":"([A-Za-z0-9+/=]+)"', content)
        within = self.read_in(b64decode(carried[1])) if carried else []
        found = {word for part in unpacked(content) for word in self._written_in(part)}
        if content.startswith(b"PAR1"):
            points = b"".join(pq.read_table(BytesIO(content)).column("geometry").to_pylist())
            found |= {each.hex() for each in self.doubles if each in points}
        return sorted({*within, *found})

    def _written_in(self, part: bytes) -> Iterator[str]:
        for one in NUMBER.finditer(part):
            whole, _, rest = one.group().decode().partition(".")
            for word in (f"{whole}.{rest[:5]}", f"{whole}.{rest[:4]}"):
                if word in self.words:
                    yield word


@pytest.fixture(scope="module")
def places(centre: InProcessCentre) -> Places:
    with reading(centre.projections) as connection:
        blocks = connection.scalars(select(schema.trail_block.c.rows)).all()
    rows = [row for block in blocks for row in unpack(block)]
    assert len(rows) > 80
    known = {sample.HOME.lon_deg, sample.HOME.lat_deg}  # there is a zone of which he was told
    values = {float(row[axis]) for row in rows for axis in ("lon_deg", "lat_deg")}
    words = {word for value in values for word in written(value)}
    words -= {word for value in known for word in written(value)}
    return Places(frozenset(words), frozenset(struct.pack("<d", value) for value in values))


def written(value: float) -> Iterator[str]:
    """A degree with five decimals, rounded and cut; a latitude in degrees and minutes too."""
    yield f"{value:.5f}"
    yield f"{value:.7f}"[:-2]
    if value > 1.0:
        yield f"{int(value):02d}{value % 1 * 60:07.4f}"


EXPORTS = [
    *(f"/wearers/w_own/trail/export?format={each}" for each in TrailFormat),
    *(f"/api/v1/wearers/w_own/trail/export?format={each}" for each in TrailFormat),
    "/api/v1/wearers/w_own/trail",
    "/api/v1/wearers/w_own/movements",
]


def test_the_search_finds_a_trail_in_whatever_hands_one_out(
    app: Litestar, enter: Enter, places: Places
) -> None:
    browser, header = entered(app, enter, "officer")
    for path in EXPORTS:
        answer = browser.get(path, headers=header if path.startswith("/api/") else {})
        assert answer.status_code == 200, path
        assert places.read_in(answer.content), path


def test_an_administrator_is_shown_no_fix_at_any_address(
    app: Litestar, enter: Enter, about: str, places: Places
) -> None:
    browser, header = entered(app, enter, "administrator")
    for path in EXPORTS:
        answer = browser.get(path, headers=header if path.startswith("/api/") else {})
        assert answer.status_code == 403, path
    shown = {}
    for path in addresses(app, "administrator", about):
        headers = header if path.startswith("/api/v1") else {}
        answer = browser.get(path, headers=headers, follow_redirects=False)
        if found := places.read_in(answer.content):
            shown[path] = found[:3]
    assert shown == {}


def test_whatever_leads_to_movements_is_refused_to_an_administrator(
    app: Litestar, enter: Enter
) -> None:
    assert not OF_MOVEMENTS & MATRIX[Role.ADMINISTRATOR]
    browser, _ = entered(app, enter, "administrator")
    leading = [each for each in routes(app) if each[2] in OF_MOVEMENTS and each[0] == "GET"]
    let_in = [
        path
        for _, path, _ in leading
        if browser.get(filled(path), follow_redirects=False).status_code != 403
    ]
    assert let_in == []
    assert len(leading) > 60


def test_a_zone_he_draws_is_not_tried_on_anybodys_trail(app: Litestar, enter: Enter) -> None:
    browser, _ = entered(app, enter, "administrator")
    form = browser.get(PATH).text
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    answer = browser.post(PATH, data={**hidden, **ZONE, "more": "rehearse"})
    assert "cannot look at past trails" in answer.text
