"""People who stand to `w_own` in each of the ways the permission matrix knows."""

import re
from typing import Any

import msgspec
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import create_account, demonstration_link, now
from tagwatch.access.permission import STANDINGS, Standing
from tagwatch.access.purpose import ALLOWED
from tagwatch.access.role import MATRIX, Role
from tagwatch.config import Config
from tagwatch.core.event import Event
from tagwatch.core.glass import Glass
from tagwatch.core.ids import AccountId, GlassId, WearerId
from tagwatch.core.leave import Leave
from tagwatch.core.order import LegalBasis, Programme
from tagwatch.core.person import Restriction
from tagwatch.core.recorded_glass import GlassBroken
from tagwatch.core.recorded_leave import LeaveRecorded
from tagwatch.core.recorded_register import OrderRecorded, WearerRecorded
from tagwatch.core.units import HOUR, Instant
from tagwatch.store.accounts import Accounts
from tests.web import sample
from tests.web.conftest import HOST

LONDON = {"agency": "probation-london"}
ACCOUNTS: dict[str, dict[str, Any]] = {
    "practitioner: covered": {"agency": "probation-kent"},
    "practitioner: team": LONDON | {"team": "west"},
    "practitioner: agency": LONDON,
    "practitioner: opened": {"agency": "probation-kent"},
    "practitioner: none": {"agency": "probation-kent"},
    "practitioner: other programme": LONDON | {"programmes": (Programme.KNIFE_CRIME,)},
    "operator: monitored": {"agency": "monitoring"},
    "police: borough": {"agency": "police", "boroughs": ("Camden",)},
    "police: legal basis": {"agency": "police"},
    "police: opened": {"agency": "police"},
    "police: none": {"agency": "police", "boroughs": ("Bexley",)},
    "liaison: none": {"agency": "liaison"},
    "partner: none": {"agency": "NHS"},
}
"""Those whom the sample installation has not; a restricted case's people are the same ones."""
SAME = {
    "practitioner: own": "officer",
    "practitioner: own restricted": "officer",
    "practitioner: covered restricted": "practitioner: covered",
    "practitioner: colleague's restricted": "practitioner: agency",
    "operator: restricted": "operator: monitored",
    "operator: opened restricted": "operator",
    "police: restricted": "police: borough",
    "liaison: speaks with a protected person": "liaison",
    "liaison: restricted": "liaison",
    "partner: shared": "partner",
    "evaluator: any": "evaluator",
    "administrator: registered": "administrator",
    "administrator: restricted": "administrator",
}


def key(standing: Standing) -> str:
    return f"{standing.role}: {standing.how}"


def account(standing: Standing) -> AccountId:
    name = SAME.get(key(standing), key(standing))
    return AccountId("ac_" + re.sub(r"\W+", "_", name))


def restricted(standing: Standing) -> bool:
    return "restricted" in standing.how


def enrol(config: Config) -> None:
    """Make the accounts; the officer of `w_own` is of the team west."""
    for name, reach in ACCOUNTS.items():
        plain = re.sub(r"\W+", "_", name)
        create_account(
            config,
            sign_in_name=plain,
            full_name=f"Demo {plain.title()}",
            role=Role(name.split(":")[0]),
            password=None,
            account_id=AccountId(f"ac_{plain}"),
            **reach,
        )
    accounts = Accounts(config.accounts_file)
    accounts.alter(AccountId("ac_officer"), {"team": "west"})
    accounts.close()


def events(at: Instant) -> list[Event]:
    """A leave that is covered, openings by break-glass."""
    officer = AccountId("ac_officer")
    opened = [standing for standing in STANDINGS if standing.opened]
    return [
        LeaveRecorded(
            leave=Leave(
                leave_id="lv_now",
                officer=officer,
                deputy=AccountId("ac_practitioner_covered"),
                starts_at=at,
                ends_at=Instant(at + HOUR),
                recorded_at=at,
            )
        ),
        *(
            GlassBroken(
                glass=Glass(
                    glass_id=GlassId(f"gb_{number}"),
                    wearer_id=WearerId("w_own"),
                    by=account(standing),
                    role=standing.role.value,
                    agency="another",
                    at=at,
                    until=Instant(at + HOUR),
                    reason="He was seen at her door a minute ago",
                    officer=officer,
                )
            )
            for number, standing in enumerate(opened, 10)
        ),
    ]


def restriction() -> Event:
    """`w_own` becomes a restricted case."""
    him = msgspec.structs.replace(sample.wearer("w_own"), restriction=Restriction.RESTRICTED)
    return WearerRecorded(wearer=him, by=sample.BY)


def bail() -> Event:
    """He has an order on which police act."""
    order = msgspec.structs.replace(sample.order("w_own"), legal_basis=LegalBasis.BAIL)
    return OrderRecorded(order=order, by=sample.BY)


class Person:
    """Somebody who is signed in and has said why he looks."""

    def __init__(self, app: Litestar, client: TestClient[Litestar], config: Config, who: Standing):
        self._client = client
        client.cookies.clear()
        link = demonstration_link(config, account(who), HOST)
        assert client.get(link.removeprefix(HOST), follow_redirects=False).status_code == 303
        found = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/purpose").text)
        assert found
        self._token = found[1]
        self._purpose = purpose = ALLOWED[who.role][0]
        said = {"_csrf_token": self._token, "purpose": purpose.value, "next": "/about"}
        client.post("/purpose", data=said, follow_redirects=False)
        more = {"wearer": "w_own", "words": "For the test"}
        client.post("/purpose", data=said | more, follow_redirects=False)
        verbs = tuple(MATRIX[who.role])
        self._bearer = app.state.foundation.sign_in.issue_token(
            account(who), "test", verbs, Instant(now() + HOUR)
        )

    def asks(self, method: str, path: str) -> Any:
        if path.startswith("/api/"):
            headers = {
                "authorization": f"Bearer {self._bearer}",
                "x-purpose": self._purpose.value,
                "x-task": "For the test",
            }
            return self._client.request(method, path, headers=headers, follow_redirects=False)
        if method == "GET":
            return self._client.get(path, follow_redirects=False)
        data = {"_csrf_token": self._token}
        return self._client.post(
            path, data=data, headers={"x-csrftoken": self._token}, follow_redirects=False
        )
