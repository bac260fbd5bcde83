"""The officer who answers for a case shares the least of it with a partner agency, for a time."""

import secrets

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.refusal import Refused, not_his_case
from tagwatch.access.role import Role, Verb
from tagwatch.core import case_share
from tagwatch.core.case_share import CaseShare, ShareBasis, ShareError, ShareField
from tagwatch.core.ids import AccountId, CaseId, ShareId, WearerId, derived_id
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_share import CaseShared, FetchForm, ShareFetched
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, NotRecorded, need
from tagwatch.desk.glass import answers_for
from tagwatch.desk.wearer import in_scope
from tagwatch.store.accounts import Account, Accounts
from tagwatch.store.shares import share_maker, share_of


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is shared with whom, why, and until when."""

    agency: str
    purpose: str
    basis: ShareBasis
    fields: tuple[ShareField, ...]
    until: Instant
    alert_days: int = 28
    account_id: AccountId | None = None
    case_id: CaseId | None = None
    words: str = ""
    """Why it is varied."""


def partners(accounts: Accounts) -> list[Account]:
    """Return the accounts of partner agencies that are in use."""
    return [
        each
        for each in accounts.all()
        if each.active and each.agency and each.role == Role.PARTNER.value
    ]


def share_case(
    clerk: Clerk, reader: Reader, accounts: Accounts, wearer_id: WearerId, terms: Terms
) -> Done:
    """Share a case. Raises ShareError, Refused if another answers for it, NotFound, NotRecorded."""
    wearer = _own(reader, wearer_id, "share_case")
    at = reader.now()
    share_id = ShareId(derived_id("sh", secrets.token_hex(16)))
    made = _made(reader, wearer, terms, (share_id, 1, at))
    _known(accounts, made)
    case_share.check(made)
    return _record(clerk, reader, made, "share_case")


def vary_share(clerk: Clerk, reader: Reader, share_id: ShareId, seen: int, terms: Terms) -> Done:
    """Change what is shared, or for how long; with whom does not change.

    Raises what `share_case` raises, and Conflict if it was changed meanwhile or is over.
    """
    held, wearer = _held(reader, share_id, seen, "vary_share")
    kept = msgspec.structs.replace(terms, agency=held.agency, account_id=held.account_id)
    made = _made(reader, wearer, kept, (share_id, held.version + 1, held.made_at))
    case_share.check(made)
    return _record(clerk, reader, made, "vary_share")


def end_share(clerk: Clerk, reader: Reader, share_id: ShareId, seen: int, words: str) -> Done:
    """End a share now. Raises what `vary_share` raises."""
    held, _ = _held(reader, share_id, seen, "end_share")
    at = reader.now()
    made = msgspec.structs.replace(
        held,
        version=held.version + 1,
        at=at,
        by=reader.actor.account_id,
        ended_at=at,
        words=words.strip()[: case_share.WORDS_MOST],
    )
    return _record(clerk, reader, made, "end_share")


def fetch(clerk: Clerk, reader: Reader, share: CaseShare, form: FetchForm, sha256: str) -> None:
    """Record that a partner takes what is shared, on the audit as a disclosure and in the journal,
    before any of it leaves. Raises NotRecorded: then nothing may leave."""
    detail = f"{form.value}, version {share.version}, sha256 {sha256}"
    reader.disclosing("shared_case", [share.share_id, share.wearer_id], detail)
    clerk.record(
        ShareFetched(
            share_id=share.share_id,
            wearer_id=share.wearer_id,
            version=share.version,
            at=reader.now(),
            by=reader.actor.account_id,
            form=form,
            sha256=sha256,
        )
    )


def _own(reader: Reader, wearer_id: WearerId, verb: str) -> Wearer:
    need(reader, Verb.SHARE_CASE)
    wearer = in_scope(reader, wearer_id, verb)
    if not answers_for(reader, wearer):
        reader.refused(verb, [wearer_id], "another officer answers for the case")
        raise Refused(not_his_case("shares it"))
    return wearer


def _held(reader: Reader, share_id: ShareId, seen: int, verb: str) -> tuple[CaseShare, Wearer]:
    need(reader, Verb.SHARE_CASE)
    with reader.connection() as connection:
        held = share_of(connection, share_id)
    if held is None:
        reader.refuse(verb, [share_id], "unknown")
    wearer = _own(reader, held.wearer_id, verb)
    if not held.is_open(reader.now()):
        raise Conflict("This share is over. Share the case anew if it is still needed.")
    if held.version != seen:
        raise Conflict("Somebody changed this share after your page was made. Load it again.")
    return held, wearer


def _made(
    reader: Reader, wearer: Wearer, terms: Terms, what: tuple[ShareId, int, Instant]
) -> CaseShare:
    share_id, version, made_at = what
    return CaseShare(
        share_id=share_id,
        version=version,
        wearer_id=wearer.wearer_id,
        agency=terms.agency,
        account_id=terms.account_id,
        purpose=" ".join(terms.purpose.split()),
        basis=terms.basis,
        fields=tuple(field for field in ShareField if field in terms.fields),
        case_id=terms.case_id,
        alert_days=terms.alert_days,
        made_at=made_at,
        until=terms.until,
        at=reader.now(),
        by=reader.actor.account_id,
        words=terms.words.strip()[: case_share.WORDS_MOST],
    )


def _known(accounts: Accounts, made: CaseShare) -> None:
    """Refuse an agency without a partner's account, and an account that is not the agency's."""
    known = [each for each in partners(accounts) if each.agency == made.agency]
    if not known:
        raise ShareError("agency", "Choose an agency that has a partner's account here")
    if made.account_id is not None and made.account_id not in {e.account_id for e in known}:
        raise ShareError("account", "Choose an account of that agency")


def _record(clerk: Clerk, reader: Reader, made: CaseShare, verb: str) -> Done:
    names = [made.share_id, made.wearer_id]
    reader.about_to_alter(verb, names, f"{made.agency}, version {made.version}, {made.basis}")
    done = clerk.record(CaseShared(share=made))
    if done.applied is Applied.APPLIED:
        with reader.connection() as connection:
            if share_maker(connection, made.share_id, made.version) != done.seq:
                raise NotRecorded("Somebody changed this share at the same moment. Load it again")
    return msgspec.structs.replace(done, made_id=made.share_id)
