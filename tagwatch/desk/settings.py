"""Rule settings: proposed, tried on past trails, and published as a new version."""

import secrets
from typing import Final

import msgspec
from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.holidays import HolidaySettings
from tagwatch.core.ids import SettingsProposalId
from tagwatch.core.ledger import SettingsProposed, SettingsPublished, SettingsWithdrawn
from tagwatch.core.settings import Settings
from tagwatch.core.settings_trial import SettingsProposal, can_be_tried, sections_changed
from tagwatch.core.units import DAY, Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.desk.settings_sample import drawn, others_of
from tagwatch.store import schema
from tagwatch.store.settings_proposals import (
    KeptProposal,
    proposal_of,
    settings_version,
    untried,
)

WORDS_MOST: Final = 1000
MOST_UNTRIED: Final = 5
"""Proposals whose rehearsal is still to be made."""
_HOLIDAYS: Final = "Bank holidays alone: no finding about a place depends on them."


class PastTried(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the past a proposal is tried on: so many days of so many wearers at most."""

    days: int
    wearers: int


def propose_settings(
    clerk: Clerk, reader: Reader, settings: Settings, seen_version: int, past: PastTried
) -> Done:
    """Propose `settings` as the version after `seen_version`; the wearers on whose trails they are
    tried are drawn, and named on the audit, here. `made_id` names the proposal.

    Raises Conflict if a newer version was published meanwhile, or nothing is other than in it.
    """
    need(reader, Verb.PUBLISH_SETTINGS)
    before, now = _newest(reader, seen_version), reader.now()
    proposed = msgspec.structs.replace(settings, version=seen_version + 1)
    if not sections_changed(before, proposed):
        raise Conflict("Nothing is other than in the settings on record. Change something first.")
    with reader.connection() as connection:
        if len(untried(connection)) >= MOST_UNTRIED:
            raise Conflict(
                f"{MOST_UNTRIED} proposals wait for their rehearsal. Wait, or withdraw one of them."
            )
    window = (Instant(now - past.days * DAY), now)
    wearers, of = (), 0
    name = SettingsProposalId(f"sp_{secrets.token_hex(8)}")
    if can_be_tried(before, proposed):
        wearers, of = drawn(reader, window, past.wearers)
        with reader.connection() as connection:
            looked_at = [*wearers, *others_of(connection, wearers)]
        reader.consulted("settings_trial", looked_at, f"trails of [{window[0]}, {window[1]})")
    reader.about_to_alter("propose_settings", [name], f"after version {seen_version}")
    proposal = SettingsProposal(
        proposal_id=name,
        settings=proposed,
        seen_version=seen_version,
        by=reader.actor.account_id,
        at=now,
        start=window[0],
        end=window[1],
        wearers=wearers,
        wearers_all=of,
    )
    done = clerk.record(SettingsProposed(proposal=proposal))
    return msgspec.structs.replace(done, made_id=name)


def publish_proposed(
    clerk: Clerk, reader: Reader, name: SettingsProposalId, effective_from: Instant, words: str
) -> Done:
    """Publish a proposal, in force from `effective_from`. Without the result of a rehearsal it
    takes `words` that say why not.

    Raises NotFound, Conflict also if a newer version was published or it would act on the past.
    """
    kept = _waiting(reader, name, "publish_settings")
    words = words.strip()[:WORDS_MOST]
    if kept.trial is None and not words:
        raise Conflict(
            "It was not tried on past trails. Wait for the rehearsal, or say in your own words why "
            "it is published without one."
        )
    _newest(reader, kept.proposal.seen_version)
    return _published(
        clerk,
        reader,
        SettingsPublished(
            settings=kept.proposal.settings,
            effective_from=effective_from,
            by=reader.actor.account_id,
            proposal_id=name,
            unrehearsed=words if kept.trial is None else "",
        ),
    )


def withdraw_settings(clerk: Clerk, reader: Reader, name: SettingsProposalId, words: str) -> Done:
    """Give a proposal up. Raises NotFound, Conflict."""
    _waiting(reader, name, "withdraw_settings")
    reader.about_to_alter("withdraw_settings", [name])
    by, at = reader.actor.account_id, reader.now()
    words = words.strip()[:WORDS_MOST]
    return clerk.record(SettingsWithdrawn(proposal_id=name, at=at, by=by, words=words))


def publish_holidays(
    clerk: Clerk,
    reader: Reader,
    holidays: HolidaySettings,
    seen_version: int,
    effective_from: Instant,
) -> Done:
    """Publish the newest settings with these bank holidays; no rehearsal, as no finding about a
    place depends on them. Raises Conflict as `publish_proposed` does."""
    need(reader, Verb.PUBLISH_SETTINGS)
    newest = _newest(reader, seen_version)
    changed = msgspec.structs.replace(newest, holidays=holidays, version=seen_version + 1)
    return _published(
        clerk,
        reader,
        SettingsPublished(
            settings=changed,
            effective_from=effective_from,
            by=reader.actor.account_id,
            unrehearsed=_HOLIDAYS,
        ),
    )


def _newest(reader: Reader, seen_version: int) -> Settings:
    """Return the settings published last. Raises Conflict unless they are those that were seen."""
    with reader.connection() as connection:
        newest = connection.scalar(select(func.max(schema.settings.c.version))) or 0
        if newest == seen_version:
            return settings_version(connection, newest)
    raise Conflict(f"Version {newest} was published after your page was made. Read it first.")


def _waiting(reader: Reader, name: SettingsProposalId, verb: str) -> KeptProposal:
    need(reader, Verb.PUBLISH_SETTINGS)
    with reader.connection() as connection:
        kept = proposal_of(connection, name)
    if kept is None:
        reader.refuse(verb, [name], "unknown")
    if not kept.waits:
        done = f"became version {kept.version}" if kept.version else "was withdrawn"
        raise Conflict(f"This proposal {done} already. Propose anew.")
    return kept


def _published(clerk: Clerk, reader: Reader, event: SettingsPublished) -> Done:
    if event.effective_from < reader.now():
        raise Conflict("Settings take effect from now on, never in the past. Correct the time.")
    reader.about_to_alter("publish_settings", [], f"version {event.settings.version}")
    return clerk.record(event)
