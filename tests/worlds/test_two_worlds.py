"""Two installations that differ in one person whom the asker may not see answer alike: the same
bytes, whatever is filtered, sorted and paged, and the same refusals."""

import os
import random
import re
import shutil
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access import enrolment
from tagwatch.access.enrolment import create_account, now
from tagwatch.access.purpose import ALLOWED
from tagwatch.access.role import MATRIX, Role
from tagwatch.access.sign_in import LONGEST
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.outcome import AlertState
from tagwatch.core.person import Restriction
from tagwatch.core.units import HOUR, Instant
from tagwatch.engine import clock
from tagwatch.engine.centre import InProcessCentre
from tagwatch.web.app import open_foundation, stand_on
from tests.browser.test_every_page import CONDITIONS, RECORDS, records
from tests.web import sample
from tests.web.conftest import HOST, built, from_address, pages
from tests.web.test_routes import IDS, filled, routes
from tests.worlds import ghost

__all__ = ["built", "pages"]

UNSEEN_BY = {
    Restriction.RESTRICTED: (
        *("officer", "operator", "police", "liaison", "partner", "evaluator", "administrator"),
    ),
    Restriction.ORDINARY: ("officer", "police", "liaison", "partner"),
}
"""Who may not see him. A restricted case is nobody's but its officer's (its open alert is told to
operators without who it is: here it is closed); an ordinary one of another agency and borough is
seen by whoever sees everybody."""
COUNTED = {
    "/programme": "figures of the programme count everybody; small ones are not shown",
    "/api/v1/programme": "the same",
}
"""What counts people whom the asker may not see, and why."""
MATCHED = {
    "/crimes/{batch_key:str}/matches": "how many matched is told to whoever may see the crime",
    "/api/v1/crimes/{batch_key:str}/matches": "the same",
    "/crime/{crime_id:str}/matches": "the same",
    "/api/v1/crime/{crime_id:str}/matches": "the same",
    "/api/v1/matches/{match_id:str}": "the same",
}
"""The same of a case that is not restricted; a restricted one is counted nowhere."""
ELSEWHERE = {
    "/stream": "asked in tests/web/test_stream.py",
    "/your-sign-in/code-app": "a new secret each time",
    "/wearers/{wearer_id:str}/week.pdf": "a compressed file; /wearers/…/week has its words",
    "/shared/{share_id:str}": "journaled before it is answered: tests/web/test_share.py",
    "/shared/{share_id:str}/pack.pdf": "the same",
    "/audit/lines/{stream:str}/{number:int}": "each installation's chain has its own digests",
}
OWN = (
    re.compile(r'name="record_id" value="\w+"'),
    re.compile(r"Answered in [0-9.]+ s"),
    # The disk is the machine's, and others write to it meanwhile.
    re.compile(r'[0-9.]+ GB(?= free of)|(?<="disk_free_bytes":)\d+'),
    # How much the installation has recorded in all: it tells of nobody (docs/access.md).
    re.compile(r'(?<="journal_seq":)\d+|(?<="last_event":)\d+|data-after="\d+"'),
    re.compile(r"(?<=up to record )\d+|(?<=record )\d+"),
)
"""What is another at each asking, or counts records of the whole installation."""
SENT = {
    **dict.fromkeys(("words", "reason", "why", "note", "title", "outcome"), "because"),
    **dict.fromkeys(("version", "seen", "seen_version", "number"), 1),
    "disposition": "technical",
    "month": "2026-10",
    "decision": "approve",
    "alerts": [],
}
"""Fields that many acts take: what is sent gets as far as it can."""
KNOWN_IDS = {**IDS, **RECORDS}
GHOSTS_IDS = {kind: ghost.renamed(name) for kind, name in KNOWN_IDS.items()}
NOBODYS_IDS = {
    kind: name.replace("ghost", "nobody") if "ghost" in name else name
    for kind, name in GHOSTS_IDS.items()
}
PARTS = 8
AGAIN = range(1, PARTS if float(os.environ.get("SOAK_SECONDS", "300")) >= 300 else 2)
"""Parts that `make soak` asks besides; a short one asks the next alone."""


class Answer(NamedTuple):
    """All that an asker gets."""

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str


class Asker(NamedTuple):
    """Somebody who is signed in to both worlds."""

    cookie: str
    token: str
    purpose: str


class Worlds(NamedTuple):
    """The installation without the ghost, and with him."""

    app: Litestar
    each: tuple[Config, Config]
    askers: dict[str, Asker]
    restriction: Restriction
    forms: list[str]
    """The secret of this browser's forms."""

    def ask(self, world: int, name: str, addresses: list[str], method: str = "GET") -> list[Answer]:
        """Return what one of the two answers to `name`, in turn."""
        stand_on(self.app, open_foundation(self.each[world]))
        asker = self.askers[name]
        with TestClient(from_address(self.app, "127.0.0.1"), base_url=HOST) as client:
            client.get("/sign-in")
            if self.forms:
                client.cookies.set("tagwatch-csrf", self.forms[0], domain="127.0.0.1")
            else:
                self.forms.append(client.cookies["tagwatch-csrf"])
            client.cookies.set("tagwatch-session", asker.cookie, domain="127.0.0.1")
            return [self._answer(client, asker, each, method) for each in addresses]

    def _answer(
        self, client: TestClient[Litestar], asker: Asker, address: str, method: str
    ) -> Answer:
        headers = {"x-purpose": asker.purpose}
        sent = {}
        if address.startswith("/api/"):
            headers["authorization"] = f"Bearer {asker.token}"
            sent = {"json": SENT} if method == "POST" else {}
        elif method == "POST":
            headers["x-csrftoken"] = self.forms[0]
            sent = {"data": {**SENT, "_csrf_token": self.forms[0]}}
        found = client.request(method, address, headers=headers, follow_redirects=False, **sent)
        text = found.content.decode("latin-1")
        for each in (*self.each, *OWN):
            own = re.escape(str(each.data)) if isinstance(each, Config) else each
            text = re.sub(own, "", text)
        kept = [one for one in found.headers.items() if one[0] != "content-length"]
        return Answer(found.status_code, tuple(sorted(kept)), text)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Instant:
    """The time, which stands still: the two worlds are asked at the same moment."""
    stopped = now()

    class Stopped:
        @staticmethod
        def time_ns() -> int:
            return stopped * 1000

    monkeypatch.setattr(enrolment, "time", Stopped)
    monkeypatch.setattr(clock, "time", Stopped)
    return stopped


@pytest.fixture(params=[Restriction.RESTRICTED, Restriction.ORDINARY])
def worlds(request, tmp_path: Path, built: Config, pages: Litestar, at: Instant) -> Worlds:
    """The sample installation with a record of each kind, and the same with the ghost."""
    both = Config(data=tmp_path / "without"), Config(data=tmp_path / "with")
    shutil.copytree(built.data, both[0].data)
    create_account(
        both[0],
        sign_in_name=ghost.KEEPER,
        full_name="Demo Keeper",
        role=Role.PRACTITIONER,
        password=None,
        agency="probation-essex",
        account_id=AccountId(f"ac_{ghost.KEEPER}"),
    )
    with InProcessCentre.open(both[0]) as centre:
        centre.record(*records(at), at=at)
        centre.apply()
    askers = signed_in(both[0], at)
    shutil.copytree(both[0].data, both[1].data)
    with InProcessCentre.open(both[1]) as centre:
        centre.record(*ghost.events(at, request.param), at=at)
        centre.apply()
    state = AlertState.NOTIFIED if request.param is Restriction.ORDINARY else AlertState.CLOSED
    sample.put(both[1], *ghost.rows(state))
    return Worlds(pages, both, askers, request.param, [])


def signed_in(config: Config, at: Instant) -> dict[str, Asker]:
    """Sign everybody in, with the purpose his role looks for first."""
    base = open_foundation(config)
    found: dict[str, Asker] = {}
    for name, (role, *_) in sample.ACCOUNTS.items():
        account = AccountId(f"ac_{name}")
        cookie = base.sign_in.start(account, "full", "passkey", at, LONGEST)
        who = base.sign_in.signed_in(cookie, at)
        assert who is not None
        base.sign_in.state_purpose(who, ALLOWED[role][0], "the weekly round", at)
        token = base.sign_in.issue_token(account, "test", tuple(MATRIX[role]), at + HOUR)
        found[name] = Asker(cookie, token, ALLOWED[role][0].value)
    base.close()
    return found


def addresses(app: Litestar, name: str, ids: dict[str, str], method: str = "GET") -> dict[str, str]:
    """Return every address at which `name` may read (or act), with these ids, and its route."""
    verbs = MATRIX[sample.ACCOUNTS[name][0]]
    found: dict[str, str] = {}
    for kind, path, verb in routes(app):
        if kind == method and verb in verbs and path not in ELSEWHERE:
            begin = next((each for each in CONDITIONS if path.startswith(each)), "")
            more = {"condition_id": ghost.renamed(CONDITIONS[begin])} if begin else {}
            if begin and ids is KNOWN_IDS:
                more = {"condition_id": CONDITIONS[begin]}
            found[filled(path, {**ids, **more})] = path
    return found


def sought(listed: list[str], name: str, many: int) -> list[str]:
    """Return lists as somebody asks for them who looks for the ghost: by filters, orders, pages."""
    chance = random.Random(name)
    values = [*ghost.WORDS, "", "0", "1", "2", "99999", "2026-11-16", "stalking", "Z", "all"]
    names = [*("q", "page", "order", "sort", "from", "until", "who", "state", "kind", "programme")]
    names += [*("borough", "agency", "officer", "month", "show", "box", "after", "limit")]
    found: list[str] = []
    for _ in range(many):
        chosen = {chance.choice(names): chance.choice(values) for _ in range(chance.randint(1, 3))}
        found.append(f"{chance.choice(listed)}?{urlencode(chosen)}")
    return found


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in AGAIN)])
def test_whoever_may_not_see_him_is_answered_as_if_he_were_not_there(
    worlds: Worlds, part: int
) -> None:
    wrong: list[str] = []
    for name in UNSEEN_BY[worlds.restriction]:
        known = addresses(worlds.app, name, KNOWN_IDS)
        counted = COUNTED if worlds.restriction is Restriction.RESTRICTED else COUNTED | MATCHED
        asked = [each for each, path in known.items() if path not in counted]
        lists = [each for each in asked if not any(one in each for one in KNOWN_IDS.values())]
        asked = [*asked, *sought(lists, f"{name} {part}", len(asked) // 2)][part::PARTS]
        first, second = (worlds.ask(world, name, asked) for world in (0, 1))
        assert any(one.status == 200 for one in first)
        for address, one, other in zip(asked, first, second, strict=True):
            if one != other:
                wrong.append(f"{name} {address}: {difference(one, other)}")
    assert not wrong, f"{len(wrong)} answers tell that he is there:\n" + "\n".join(wrong)


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in AGAIN)])
def test_whoever_names_him_is_answered_as_if_nobody_were_named(worlds: Worlds, part: int) -> None:
    """By the ids of all that is his, to read and to write."""
    wrong: list[str] = []
    for name in UNSEEN_BY[worlds.restriction]:
        his = [*addresses(worlds.app, name, GHOSTS_IDS).items()]
        nobodys = [*addresses(worlds.app, name, NOBODYS_IDS)]
        pairs = [
            (address, other)
            for (address, path), other in zip(his, nobodys, strict=True)
            if address != other
        ][part::PARTS]
        first = worlds.ask(1, name, [one for one, _ in pairs])
        second = worlds.ask(1, name, [one for _, one in pairs])
        for (address, _), one, other in zip(pairs, first, second, strict=True):
            if (one.status, without_ids(one)) != (other.status, without_ids(other)):
                wrong.append(f"{name} {address}: {difference(one, other)}")
    assert not wrong, f"{len(wrong)} answers tell that he is there:\n" + "\n".join(wrong)


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in AGAIN)])
def test_whoever_acts_on_him_is_answered_as_if_he_acted_on_nobody(
    worlds: Worlds, part: int
) -> None:
    """By the ids of all that is his, as far as each act gets with what many acts take."""
    wrong: list[str] = []
    for name in UNSEEN_BY[worlds.restriction]:
        his = [*addresses(worlds.app, name, GHOSTS_IDS, "POST")]
        nobodys = [*addresses(worlds.app, name, NOBODYS_IDS, "POST")]
        pairs = [both for both in zip(his, nobodys, strict=True) if both[0] != both[1]][part::PARTS]
        first = worlds.ask(1, name, [one for one, _ in pairs], "POST")
        second = worlds.ask(1, name, [one for _, one in pairs], "POST")
        for (address, _), one, other in zip(pairs, first, second, strict=True):
            if (one.status, without_ids(one)) != (other.status, without_ids(other)):
                wrong.append(f"{name} {address}: {difference(one, other)}")
    assert not wrong, f"{len(wrong)} answers tell that he is there:\n" + "\n".join(wrong)


def without_ids(answer: Answer) -> str:
    """The text of an answer without what was asked for."""
    return re.sub(r"\w*(ghost|nobody)\w*", "", answer.text)


def difference(one: Answer, other: Answer) -> str:
    """Where two answers begin to differ."""
    if one.status != other.status:
        return f"{one.status}, {other.status} where he is"
    at = next((n for n, (a, b) in enumerate(zip(one.text, other.text, strict=False)) if a != b), 0)
    part = slice(max(0, at - 80), at + 120)
    return f"{one.text[part]!r}, {other.text[part]!r} where he is"
