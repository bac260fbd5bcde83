"""A crime matched against everybody whose orders allow it: what batch asks of the tables."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from sqlalchemy import Connection, or_, select

from tagwatch import __version__
from tagwatch.core.carried import of_him
from tagwatch.core.crime import CrimeProfile
from tagwatch.core.crime_match import in_window, overlap_match, ranked_key, scene_of
from tagwatch.core.fix import FIX_DTYPE, FixBlock, fix_id, joined
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.match import (
    CrimeMatch,
    MatchList,
    MatchRule,
    MatchSettings,
    Scene,
    Sighted,
    Worn,
)
from tagwatch.core.match_probability import Carrier, probability_match
from tagwatch.core.match_run import (
    ExcludedPerson,
    MatchedFix,
    MatchedPerson,
    MatchedTag,
    MatchRun,
)
from tagwatch.core.order import Order
from tagwatch.core.person import Activation, Restriction, Tag, Wearer
from tagwatch.core.trail import TrailPart, event_order
from tagwatch.core.units import HOUR, Instant
from tagwatch.query.question import known_blocks, settings_known, tags_of
from tagwatch.query.seen_trail import trails_between
from tagwatch.store import schema
from tagwatch.store.archive.everybody import Asked
from tagwatch.store.archive.scenes import radii_95_claimed_m
from tagwatch.store.matches import WaitingCrime

AROUND: Final = HOUR
"""Fixes so long before and after the window bound its silences."""
FIXES_MOST: Final = 500
"""Kept of one person; those that count are kept, however many."""
_STILL_ON: Final = Instant(2**62)


class Tagged(NamedTuple):
    """Somebody with a tag on in a window."""

    wearer: Wearer
    activations: tuple[Activation, ...]
    tags: tuple[Tag, ...]
    """Of each activation."""


class Matched(NamedTuple):
    """A run, and whom it found, the best first."""

    run: MatchRun
    people: tuple[MatchedPerson, ...]


def match_crime(
    connection: Connection,
    waiting: WaitingCrime,
    profile: CrimeProfile,
    settings: MatchSettings,
    run_key: str,
    at: Instant,
) -> Matched:
    """Return what the rule says of a crime. Only wearers with an order of a programme of the
    profile in force in the window are looked at. Raises ArchiveDamage."""
    crime = waiting.crime
    scene = scene_of(crime.place, crime.from_at, crime.to_at, settings)
    tagged, barred = tagged_in(connection, scene, profile)
    asked = Asked(Instant(scene.start - AROUND), Instant(scene.end + AROUND))
    trails = trails_between(connection, tagged, asked)
    rules = settings_known(connection, at)
    people: list[MatchedPerson] = []
    excluded: list[ExcludedPerson] = []
    for name, one in tagged.items():
        block, sighted, worn = _sighted(one, trails.get(name, []), at)
        if settings.rule is MatchRule.PROBABILITY:
            carrier = _carrier(connection, one, trails.get(name, []), at)
            match = probability_match(scene, carrier, sighted, worn, rules, settings)
        else:
            match = overlap_match(scene, sighted, worn, settings)
        if match.found is MatchList.EXCLUDED:
            found = ExcludedPerson(
                wearer_id=name,
                fixes=match.fixes,
                best_radius_m=match.best_radius_m,
                seen=match.seen,
            )
            excluded.append(found)
        else:
            people.append(_person(run_key, one, match, scene, block, sighted))
    people.sort(key=lambda one: ranked_key(one.match), reverse=True)
    matched = sum(one.match.found is MatchList.MATCHED for one in people)
    run = MatchRun(
        run_key=run_key,
        crime_id=waiting.crime_id,
        version=waiting.version,
        profile_id=profile.profile_id,
        profile_version=profile.version,
        trigger=waiting.trigger,
        by=waiting.by,
        settings=settings,
        code_version=__version__,
        as_of=at,
        began_at=at,
        ended_at=at,
        matched=matched,
        not_excluded=len(people) - matched,
        excluded=tuple(excluded),
        barred=barred,
    )
    return Matched(run, tuple(people))


def tagged_in(
    connection: Connection, scene: Scene, profile: CrimeProfile
) -> tuple[dict[WearerId, Tagged], int]:
    """Return whom a tag was on in a window and whose orders allow it, and of how many ordinary
    cases they do not: restricted ones are counted nowhere."""
    column, tag, wearer = schema.activation.c, schema.tag.c, schema.wearer.c
    query = (
        select(column.body, tag.body, wearer.body)
        .join_from(schema.activation, schema.tag, column.tag_id == tag.tag_id)
        .join(schema.wearer, column.wearer_id == wearer.wearer_id)
        .where(
            column.started_at <= scene.end,
            or_(column.ended_at.is_(None), column.ended_at > scene.start),
        )
        .order_by(column.wearer_id, column.started_at)
    )
    found: dict[WearerId, Tagged] = {}
    for activation_body, tag_body, wearer_body in connection.execute(query):
        person = msgspec.json.decode(wearer_body, type=Wearer)
        one = found.get(person.wearer_id, Tagged(person, (), ()))
        activation = msgspec.json.decode(activation_body, type=Activation)
        fitted = msgspec.json.decode(tag_body, type=Tag)
        found[person.wearer_id] = Tagged(
            person, (*one.activations, activation), (*one.tags, fitted)
        )
    allowed = _allowed(connection, scene, profile)
    kept = {name: one for name, one in found.items() if name in allowed}
    barred = (one for name, one in found.items() if name not in kept)
    return kept, sum(one.wearer.restriction is Restriction.ORDINARY for one in barred)


def _allowed(connection: Connection, scene: Scene, profile: CrimeProfile) -> frozenset[WearerId]:
    bodies = connection.execute(select(schema.order.c.body)).scalars()
    orders = (msgspec.json.decode(body, type=Order) for body in bodies)
    return frozenset(
        order.wearer_id
        for order in orders
        if order.programme in profile.programmes
        and order.starts_at <= scene.end
        and (order.ends_at is None or order.ends_at > scene.start)
    )


def _sighted(
    one: Tagged, trail: Sequence[tuple[ActivationId, FixBlock]], at: Instant
) -> tuple[FixBlock, Sighted, tuple[Worn, ...]]:
    """Return his fixes in order of time: those that decide, received by `at`, within the time of
    their own activation."""
    worn = tuple(
        Worn(a.activation_id, a.started_at, _STILL_ON if a.ended_at is None else a.ended_at)
        for a in one.activations
    )
    number = {each.activation: k for k, each in enumerate(worn)}
    blocks: list[FixBlock] = []
    tags: list[int] = []
    for name, block in trail:
        if name not in number:
            continue
        of = worn[number[name]]
        mine = block[event_order(block)]
        times = mine["fixed_at"]
        mine = mine[(times >= of.start) & (times < of.end) & (mine["received_at"] <= at)]
        blocks.append(mine)
        tags += [number[name]] * len(mine)
    whole = joined(blocks) if blocks else np.empty(0, FIX_DTYPE)
    order = np.argsort(whole["fixed_at"], kind="stable")
    whole = whole[order]
    sighted = Sighted(
        np.ascontiguousarray(whole["fixed_at"]),
        np.ascontiguousarray(whole["lon_deg"]),
        np.ascontiguousarray(whole["lat_deg"]),
        radii_95_claimed_m(whole["accuracy_m"], whole["confidence"]),
        np.array(tags, np.int64)[order],
    )
    return whole, sighted, worn


def _carrier(
    connection: Connection, one: Tagged, trail: Sequence[tuple[ActivationId, FixBlock]], at: Instant
) -> Carrier:
    """Return his tags and fixes as the questions about the past take them."""
    tags = tags_of(connection, one.wearer.wearer_id, at)
    blocks = known_blocks(trail, at)
    parts = [TrailPart(name, tags.models.get(name, ""), block) for name, block in blocks]
    return Carrier(of_him(parts, tags.off_body), tags.worn, tags.mode)


def _person(
    run_key: str,
    one: Tagged,
    match: CrimeMatch,
    scene: Scene,
    block: FixBlock,
    sighted: Sighted,
) -> MatchedPerson:
    labels = {each.row: each.label for each in match.counted}
    rows = [k for n, k in enumerate(in_window(scene, sighted)) if n < FIXES_MOST or k in labels]
    wearer = one.wearer
    return MatchedPerson(
        run_key=run_key,
        wearer_id=wearer.wearer_id,
        name=wearer.name,
        date_of_birth=wearer.date_of_birth,
        nomis_id=wearer.nomis_id,
        pnc_ref=wearer.pnc_ref,
        crn=wearer.crn,
        tags=tuple(
            MatchedTag(tag_id=tag.tag_id, serial=tag.serial, model=tag.model) for tag in one.tags
        ),
        match=match,
        fixes=tuple(_fix(block, sighted, row, labels.get(row, "")) for row in rows),
    )


def _fix(block: FixBlock, sighted: Sighted, row: int, label: str) -> MatchedFix:
    told = block[row]
    radius, speed, bearing = (
        float(sighted.radius_m[row]),
        float(told["speed_mps"]),
        float(told["bearing_deg"]),
    )
    return MatchedFix(
        fix_id=fix_id(int(told["seq"]), int(told["index"])),
        fixed_at=Instant(int(told["fixed_at"])),
        lon_deg=float(told["lon_deg"]),
        lat_deg=float(told["lat_deg"]),
        radius_m=_known(radius),
        speed_mps=_known(speed),
        bearing_deg=_known(bearing),
        label=label,
        tag=int(sighted.tag[row]),
    )


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
