"""The police response page's acts: a link made and taken back, its code given, what police report;
and what a wearer looks like."""

from typing import Final

from tagwatch.access.police_link import (
    LONGEST,
    PoliceLink,
    Secrets,
    add_link,
    links_of,
    new_link_id,
    revoke_link,
)
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import AccountId, AlertId, LinkId, WearerId
from tagwatch.core.ledger import (
    AppearanceRecorded,
    PoliceLinkEntered,
    PoliceLinkIssued,
    PoliceLinkRevoked,
    PoliceReported,
)
from tagwatch.core.outcome import AlertState
from tagwatch.core.recorded_police import Sighting
from tagwatch.core.units import HOUR, Instant
from tagwatch.desk.alert import WordsMissing, ids_of, owner_of, to_act_on
from tagwatch.desk.clerk import Clerk, Conflict, Done, NotRecorded, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store.accounts import Accounts
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.plans import description

NAME_MOST: Final = 100
WORDS_MOST: Final = 500
DESCRIPTION_MOST: Final = 1000


def issue_link(
    clerk: Clerk,
    reader: Reader,
    accounts: Accounts,
    alert_id: AlertId,
    officer: str,
    force: str,
    hours: int,
) -> tuple[PoliceLink, Secrets]:
    """Make a link to an open alert for a named officer; its secrets are shown once.

    Raises WordsMissing without officer, force or a time of 1 to 12 hours; Conflict for a closed
    alert; NotFound, NotRecorded.
    """
    need(reader, Verb.ISSUE_POLICE_LINK)
    found = to_act_on(reader, alert_id, "issue_police_link")
    name, of = officer.strip()[:NAME_MOST], force.strip()[:NAME_MOST]
    if not name or not of:
        raise WordsMissing("Write the officer's name or number, and the force")
    if not 1 <= hours <= LONGEST // HOUR:
        raise WordsMissing("Choose from 1 to 12 hours")
    if found.wearer_id is None or found.state is AlertState.CLOSED:
        raise Conflict("A link is for an open alert about a wearer. This one is closed, or of none")
    at = reader.now()
    link = PoliceLink(
        link_id=new_link_id(),
        alert_id=alert_id,
        wearer_id=WearerId(found.wearer_id),
        officer=name,
        force=of,
        made_by=reader.actor.account_id,
        made_at=at,
        expires_at=Instant(at + hours * HOUR),
        failures=0,
        used_at=None,
        revoked_at=None,
    )
    reader.about_to_alter("issue_police_link", [*ids_of(found), link.link_id])
    made = add_link(accounts, link)
    event = PoliceLinkIssued(
        alert_id=alert_id,
        link_id=link.link_id,
        officer=name,
        force=of,
        expires_at=link.expires_at,
        at=at,
        by=link.made_by,
    )
    try:
        clerk.record(event, owner_of(found))
    except NotRecorded:
        revoke_link(accounts, link.link_id, at)
        raise
    return link, made


def take_back_link(
    clerk: Clerk, reader: Reader, accounts: Accounts, alert_id: AlertId, link_id: LinkId
) -> Done:
    """Take a link of this alert back. It stops at once, even if the journal cannot be reached.

    Raises Conflict if it has no such link, NotFound, NotRecorded.
    """
    need(reader, Verb.ISSUE_POLICE_LINK)
    found = to_act_on(reader, alert_id, "take_back_police_link")
    link = next((one for one in links_of(accounts, alert_id) if one.link_id == link_id), None)
    if link is None or link.revoked_at is not None:
        raise Conflict("There is no such link to take back. Load the page again.")
    reader.about_to_alter("take_back_police_link", [*ids_of(found), link_id])
    at = reader.now()
    revoke_link(accounts, link_id, at)
    event = PoliceLinkRevoked(
        alert_id=alert_id,
        link_id=link_id,
        officer=link.officer,
        at=at,
        by=reader.actor.account_id,
    )
    return clerk.record(event, owner_of(found))


def links_about(reader: Reader, accounts: Accounts, alert_id: AlertId) -> tuple[PoliceLink, ...]:
    """Return the links to an alert within scope, newest first, without their secrets. Raises
    NotFound; puts either on the audit."""
    need(reader, Verb.ISSUE_POLICE_LINK)
    found = to_act_on(reader, alert_id, "police_links")
    made = links_of(accounts, alert_id)
    reader.consulted("police_links", [*ids_of(found), *(link.link_id for link in made)])
    return made


def note_entry(clerk: Clerk, link: PoliceLink, at: Instant) -> Done:
    """Record that the right code was given. The caller has put it on the audit. Raises
    NotRecorded."""
    event = PoliceLinkEntered(
        alert_id=link.alert_id, link_id=link.link_id, at=at, by=AccountId(link.link_id)
    )
    return clerk.record(event, wearer_owner(link.wearer_id))


def report(clerk: Clerk, reader: Reader, alert_id: AlertId, sighting: Sighting, words: str) -> Done:
    """Record what police say they found. Raises NotFound, NotRecorded."""
    need(reader, Verb.SEE_POLICE_PAGE)
    found = to_act_on(reader, alert_id, "police_report")
    reader.about_to_alter("police_report", ids_of(found), sighting.value)
    event = PoliceReported(
        alert_id=alert_id,
        sighting=sighting,
        at=reader.now(),
        by=reader.actor.account_id,
        words=words.strip()[:WORDS_MOST],
    )
    return clerk.record(event, owner_of(found))


def record_appearance(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, words: str, seen: str
) -> Done:
    """Record what a wearer looks like, in place of `seen`, the words that the form showed.

    Raises WordsMissing, NotFound, NotRecorded; Conflict if others stand there by now.
    """
    need(reader, Verb.RECORD_APPEARANCE)
    in_scope(reader, wearer_id, "record_appearance")
    text = words.strip()
    if not text or len(text) > DESCRIPTION_MOST:
        raise WordsMissing(f"Describe him in 1 to {DESCRIPTION_MOST} letters")
    with reader.connection() as connection:
        current = description(connection, wearer_id)
    if current.split() != seen.split():  # a form changes the ends of lines
        raise Conflict(
            "Somebody changed this after your page was made. It now says: "
            f"{current}. Load the page again and enter your change anew."
        )
    reader.about_to_alter("record_appearance", [wearer_id])
    event = AppearanceRecorded(
        wearer_id=wearer_id, description=text, at=reader.now(), by=reader.actor.account_id
    )
    return clerk.record(event, wearer_owner(wearer_id))
