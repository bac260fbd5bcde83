"""All that a breach pack of a case is made from, as it may be handed to anybody: court and defence.

Cards are the view for the defence; a place the wearer was not told of is nowhere in it, and of an
alert about one there is no time either.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert import Alert, AlertEvent, has_circumstance
from tagwatch.core.case import Case, Held
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.disclosure import for_defence
from tagwatch.core.episode import Episode
from tagwatch.core.ids import AlertId, CaseId, WearerId
from tagwatch.core.order import (
    ConditionVersion,
    ExclusionZone,
    NoContact,
    Order,
    ZoneKnowledge,
)
from tagwatch.core.outcome import RuleKind
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.account_case import AccountOnCase, accounts_on
from tagwatch.query.alert import AlertView
from tagwatch.query.alert import alert as ask_alert
from tagwatch.query.case import Moment, account_moments, case_view
from tagwatch.query.reader import Reader
from tagwatch.query.trail import TrailFix
from tagwatch.query.wearer import orders_of, persons_of
from tagwatch.store import schema

_PLACED: Final = frozenset({RuleKind.ZONE, RuleKind.APPROACH})


class PackCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it was frozen with a decision, or the newest: what of it may be handed out."""

    version: int
    sha256: str
    """Of the card as it is stored, whole."""
    is_as_frozen: bool
    """Whether that digest is the one the decision names; True where none names it."""
    card: Circumstance


class PackAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of the case."""

    alert: Alert
    is_secret: bool
    episode: Episode | None
    condition: ConditionVersion | None
    shape: dict[str, object] | None
    cards: tuple[PackCard, ...]
    """Frozen ones, oldest first; without a decision the newest."""
    fixes: tuple[TrailFix, ...]
    """Those the finding rests on, oldest first; of a secret zone none."""
    accounts: tuple[tuple[Instant, str], ...]
    """The wearer's own words."""
    views: tuple[tuple[Instant, str], ...]
    """The officers' words."""


class PackFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a breach pack is made from."""

    case: Case
    wearer: Wearer
    orders: tuple[Order, ...]
    """Those whose conditions the case is about; without any, all."""
    conditions: tuple[ConditionVersion, ...]
    """Every version of every condition he was told of, under these orders."""
    alerts: tuple[PackAlert, ...]
    timeline: tuple[Moment, ...]
    names: tuple[str, ...]
    """Of protected persons, and of wearers he must not meet: to be put out of every text."""
    labels: tuple[str, ...]
    """Of places he was not told of: likewise."""
    accounts: tuple[AccountOnCase, ...] = ()
    """Checks of accounts that stand on the case, and those taken back."""

    @property
    def has_secret(self) -> bool:
        """Whether an alert of it is about a place he was not told of."""
        return any(each.is_secret for each in self.alerts)


def breach_pack(reader: Reader, case_id: CaseId) -> PackFacts:
    """Return the facts of a case within scope. Raises NotFound; puts it on the audit as disclosed.

    The same state of the installation gives the same facts, whoever asks and whenever.
    """
    view = case_view(reader, case_id)
    wearer = view.wearer
    held = [each for decision in view.case.decisions for each in decision.held]
    with reader.connection() as connection:
        alerts = tuple(
            _alert(ask_alert(reader, each.alert_id), held, connection) for each in view.alerts
        )
        versions = _versions(connection, wearer.wearer_id)
        accounts = accounts_on(connection, case_id)
        about = {each.condition.order_id for each in alerts if each.condition is not None}
        every = orders_of(connection, wearer.wearer_id)
        orders = tuple(each for each in every if each.order_id in about) or every
        named = {each.order_id for each in orders}
        facts = PackFacts(
            case=view.case,
            wearer=wearer,
            orders=orders,
            conditions=tuple(
                each for each in versions if each.order_id in named and not _is_secret(each)
            ),
            alerts=alerts,
            timeline=_timeline(view.timeline, accounts),
            names=_names(connection, wearer.wearer_id, versions),
            labels=tuple(sorted({each.terms.label for each in versions if _is_secret(each)})),
            accounts=accounts,
        )
    checks = [one.check_id for one in accounts]
    reader.disclosing("breach_pack", [case_id, wearer.wearer_id, *view.case.alerts, *checks])
    return facts


def _timeline(seen: Sequence[Moment], accounts: tuple[AccountOnCase, ...]) -> tuple[Moment, ...]:
    """Return the same moments for whoever makes the pack: also for one who may not read checks."""
    others = [one for one in seen if one.check_id is None]
    return tuple(sorted((*others, *account_moments(accounts)), key=lambda one: one.at))


def _alert(view: AlertView, held: Sequence[Held], connection: Connection) -> PackAlert:
    condition = None if view.condition is None else view.condition.version
    rule = view.alert.rule
    unknown = condition is None and rule in _PLACED
    is_secret = unknown or (condition is not None and _is_secret(condition))
    frozen = [each for each in held if each.alert_id == view.alert.alert_id]
    # The card of an encounter tells of another wearer: it is not handed out.
    placed = has_circumstance(view.alert)
    cards = _cards(connection, view.alert.alert_id, frozen) if placed else ()
    is_secret |= any(one.card.knowledge is ZoneKnowledge.SECRET for one in cards)
    used = frozenset(() if view.episode is None else view.episode.fixes)
    return PackAlert(
        alert=view.alert,
        is_secret=is_secret,
        episode=None if is_secret else view.episode,
        condition=condition,
        shape=None if is_secret or view.condition is None else view.condition.shape,
        cards=cards,
        fixes=() if is_secret else tuple(f for f in view.fixes if f.fix_id in used),
        accounts=tuple((each.at, each.words) for each in view.said(AlertEvent.ACCOUNT)),
        views=tuple((each.at, each.words) for each in view.said(AlertEvent.NOTED)),
    )


def _cards(
    connection: Connection, alert_id: AlertId, frozen: Sequence[Held]
) -> tuple[PackCard, ...]:
    row = schema.circumstance.c
    found = {
        each.version: each.body
        for each in connection.execute(
            select(row.version, row.body).where(row.alert_id == alert_id).order_by(row.version)
        )
    }
    wanted = {each.card_version: each.card_sha256 for each in frozen if each.card_version}
    if not wanted and found:
        newest = max(found)
        wanted = {newest: sha256(found[newest].encode()).hexdigest()}
    cards: list[PackCard] = []
    for version in sorted(each for each in wanted if each in found):
        body = found[version]
        digest = sha256(body.encode()).hexdigest()
        cards.append(
            PackCard(
                version=version,
                sha256=digest,
                is_as_frozen=digest == wanted[version],
                card=for_defence(msgspec.json.decode(body, type=Circumstance)),
            )
        )
    return tuple(cards)


def _versions(connection: Connection, wearer_id: WearerId) -> list[ConditionVersion]:
    row = schema.condition.c
    bodies = connection.scalars(
        select(row.body).where(row.wearer_id == wearer_id).order_by(row.condition_id, row.version)
    )
    return [msgspec.json.decode(body, type=ConditionVersion) for body in bodies]


def _is_secret(condition: ConditionVersion) -> bool:
    terms = condition.terms
    return isinstance(terms, ExclusionZone) and terms.knowledge is ZoneKnowledge.SECRET


def names_of(connection: Connection, wearer_id: WearerId) -> tuple[str, ...]:
    """Return the names that are put out of every text that is handed out: of protected persons,
    and of wearers whom he must not meet."""
    return _names(connection, wearer_id, _versions(connection, wearer_id))


def _names(
    connection: Connection, wearer_id: WearerId, versions: Sequence[ConditionVersion]
) -> tuple[str, ...]:
    """Return the names of protected persons, and of wearers whom he must not meet."""
    names = {one.name for one in persons_of(connection, wearer_id)}
    others = [each.terms.other for each in versions if isinstance(each.terms, NoContact)]
    row = schema.wearer.c
    for body in connection.scalars(select(row.body).where(row.wearer_id.in_(others))):
        names.add(msgspec.json.decode(body, type=Wearer).name)
    return tuple(sorted(names))
