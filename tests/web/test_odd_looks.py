"""Looks to ask about: found in the audit, reviewed by another, and whom one knows privately."""

import asyncio
import re

from litestar import Litestar

from tagwatch.access.audit import Act, AuditLine
from tagwatch.access.audit import Outcome as Refusal
from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.ids import AccountId, ContactId
from tagwatch.core.ledger import ContactRecorded
from tagwatch.core.person import Channel, Contact
from tagwatch.core.person import Duty as ContactDuty
from tagwatch.core.units import MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.odd_look_told import tell
from tagwatch.notify.channel.carrier import Delivered, Outcome, TryAgain
from tagwatch.notify.message import Message
from tests.web.conftest import Enter
from tests.web.test_routes import token_of

NUMBER = "X000004"  # w_bail's


def looks(app: Litestar, by: str, wearers: list[str]) -> None:
    """Put looks on the audit, a minute apart."""
    trail = app.state.foundation.audit
    for number, wearer in enumerate(wearers):
        at = Instant(now() - (len(wearers) - 1 - number) * MINUTE)
        trail.record(
            AuditLine(
                at=at,
                by=f"ac_{by}",
                role="practitioner",
                act=Act.CONSULTATION,
                question="wearer",
                ids=(wearer,),
            )
        )


class Letters:
    """A channel that keeps what it carries, or cannot be reached."""

    most_at_once, deadline_s = 1, 1.0

    def __init__(self, *, up: bool) -> None:
        self.up, self.sent = up, list[Message]()

    async def send(self, message: Message) -> Outcome:
        if self.up:
            self.sent.append(message)
        return Delivered("kept") if self.up else TryAgain("it is down")

    async def close(self) -> None: ...


def test_whoever_may_review_is_told_once_of_each_finding_and_of_nobody_by_name(
    app: Litestar, config: Config, centre: InProcessCentre
) -> None:
    for name in ("administrator", "officer"):
        contact = Contact(
            contact_id=ContactId(f"k_{name}"),
            label=f"Demo {name}",
            duty=ContactDuty.TECHNICAL,
            channel=Channel.EMAIL,
            address=f"{name}@tagwatch.invalid",
            account_id=AccountId(f"ac_{name}"),
        )
        centre.record(ContactRecorded(contact=contact, by=AccountId("ac_1")), at=now())
    centre.apply()
    base = app.state.foundation
    looks(app, "outsider", [f"w_{number}" for number in range(3)])
    base.audit.send(*(refused("outsider", number) for number in range(9))).result(60)

    def told(letters: Letters) -> bool:
        channels = {Channel.EMAIL: letters}
        return asyncio.run(tell(config, base.projections, base.audit, channels, now()))

    assert not told(Letters(up=False))  # to be tried again
    letters = Letters(up=True)
    assert told(letters)
    (letter,) = letters.sent
    assert letter.address == "administrator@tagwatch.invalid"
    assert "1 new look" in letter.text
    assert not re.search("Demo|w_|ac_", letter.text + letter.subject + letter.short)
    assert told(letters)
    assert len(letters.sent) == 1  # once
    base.audit.send(*(refused("administrator", number) for number in range(9))).result(60)
    assert not told(letters)  # his own: another person's, and there is none to be told
    assert len(letters.sent) == 1


def refused(by: str, number: int) -> AuditLine:
    return AuditLine(
        at=Instant(now() + number),
        by=f"ac_{by}",
        role="practitioner",
        act=Act.CONSULTATION,
        outcome=Refusal.REFUSED,
        question="wearer",
        ids=("w_own",),
    )


def test_a_look_at_somebody_he_knows_is_asked_about_by_another(
    app: Litestar, enter: Enter, config: Config
) -> None:
    browser = enter("outsider")
    token = {"_csrf_token": token_of(browser)}
    wrong = browser.post("/your-ties", data={**token, "number": "X", "relation": "partner"})
    assert wrong.status_code == 422
    for number in (NUMBER, "X-no-such"):  # answered alike
        said = {**token, "number": number, "relation": "partner"}
        answer = browser.post("/your-ties", data=said, follow_redirects=False)
        assert answer.status_code == 303
    page = browser.get("/your-ties").text
    assert page.count("Is or was my partner</td>") == 2
    assert NUMBER not in page
    assert NUMBER.encode() not in config.accounts_file.read_bytes()
    looks(app, "outsider", ["w_bail", "w_other"])

    browser = enter("administrator")
    listed = browser.get("/audit/odd").text
    assert "Somebody he knows: Demo Outsider" in listed
    assert "w_bail" in listed
    assert "w_other" not in listed
    (odd_id,) = set(re.findall(r"/audit/odd/(od_\w+)", listed))
    token = {"_csrf_token": token_of(browser)}
    assert browser.post(f"/audit/odd/{odd_id}", data={**token, "words": "ok"}).status_code == 422
    words = "Asked her: the case was handed over the same day"
    done = browser.post(
        f"/audit/odd/{odd_id}", data={**token, "words": words}, follow_redirects=False
    )
    assert done.status_code == 303
    after = browser.get("/audit/odd").text
    assert words in after
    assert f"/audit/odd/{odd_id}" not in after, "it needs nothing more"
    looks(app, "outsider", ["w_bail"])
    again = browser.get("/audit/odd").text
    assert f"/audit/odd/{odd_id}" in again, "he looked again"
    assert "Asked before" in again


def test_nobody_reviews_himself_and_few_see_the_list(app: Litestar, enter: Enter) -> None:
    looks(app, "administrator", ["w_team"])
    browser = enter("administrator")
    said = {"_csrf_token": token_of(browser), "number": "w_team", "relation": "relative"}
    assert browser.post("/your-ties", data=said, follow_redirects=False).status_code == 303
    page = browser.get("/audit/odd").text
    assert "Nothing is to be asked about" in page
    said = {"_csrf_token": token_of(browser), "words": "I asked myself and all is well"}
    assert browser.post("/audit/odd/od_none", data=said).status_code == 422
    assert enter("officer").get("/audit/odd").status_code == 403


def test_a_declaration_is_ended_by_its_owner_alone(app: Litestar, enter: Enter) -> None:
    browser = enter("officer")
    token = {"_csrf_token": token_of(browser)}
    browser.post("/your-ties", data={**token, "number": NUMBER, "relation": "other"})
    (tie,) = set(re.findall(r"/your-ties/(ti_\w+)/end", browser.get("/your-ties").text))
    other = enter("colleague")
    theirs = {"_csrf_token": token_of(other)}
    assert other.post(f"/your-ties/{tie}/end", data=theirs).status_code == 404
    browser = enter("officer")
    token = {"_csrf_token": token_of(browser)}
    done = browser.post(f"/your-ties/{tie}/end", data=token, follow_redirects=False)
    assert done.status_code == 303
    assert tie not in browser.get("/your-ties").text
