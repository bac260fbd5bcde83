"""From the facts of a bundle to what its readable files tell, open and closed."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from tagwatch.core.episode import Episode
from tagwatch.core.fix import UNDECIDABLE, Mark, Source, fix_id
from tagwatch.core.geometry import to_geojson
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, place_of
from tagwatch.core.outcome import Finding, RuleKind, finding_words
from tagwatch.core.radii import radii_95_m
from tagwatch.core.rules.prepare import WearerOrders
from tagwatch.core.shape import Disc, outline_of
from tagwatch.core.units import MINUTE, Instant, iso
from tagwatch.query.bundle_facts import BundleFacts
from tagwatch.report.bundle.files import story_files
from tagwatch.report.bundle.story import Dot, DrawnPlace, FoundLine, Ring, Story
from tagwatch.verifier.content import history_of
from tagwatch.verifier.rederive import derived
from tagwatch.verifier.table import gaps

_WORDS = {
    RuleKind.ZONE: "In an exclusion zone",
    RuleKind.APPROACH: "Near an exclusion zone",
    RuleKind.CURFEW: "Not where he had to be",
}


def readable_files(facts: BundleFacts, made_at: Instant) -> dict[str, bytes]:
    """Return the files a person reads, by name."""
    found: dict[str, bytes] = {}
    dots = _dots(facts)
    if not facts.has_secret:
        told = facts.derived
    else:
        history = history_of(facts.settings)
        told = derived(facts.parts, facts.told, history, facts.window)
        found |= dict(story_files(_story(facts, dots, facts.judged, facts.derived, made_at)))
    return found | dict(story_files(_story(facts, dots, facts.told, told, made_at)))


def _story(
    facts: BundleFacts,
    dots: tuple[Dot, ...],
    orders: WearerOrders,
    found: Sequence[Episode],
    made_at: Instant,
) -> Story:
    closed = facts.has_secret and orders is facts.judged
    versions = {(str(v.condition_id), v.version): v for v in orders.conditions}
    silent = gaps(facts.parts, facts.window)
    return Story(
        wearer_id=facts.wearer.wearer_id,
        window=facts.window,
        made_at=made_at,
        is_closed=closed,
        has_closed=facts.has_secret,
        dots=dots,
        gaps=tuple(silent),
        places=_places(orders),
        found=tuple(_found(one, versions) for one in found),
        conditions=tuple(_condition(version) for version in orders.conditions),
        orders=tuple(
            (f"{one.reference} version {one.version}", _order_words(one)) for one in facts.orders
        ),
        settings=tuple(
            (
                f"Version {one.settings.version}",
                "built in" if place == 0 else f"from {iso(one.since)}",
            )
            for place, one in enumerate(facts.settings)
        ),
        tags=tuple(
            (
                tag.model,
                f"from {iso(tag.started_at)}{_until(tag.ended_at)}; {_measured(tag.model, facts)}",
            )
            for tag in facts.tags
            if tag.started_at < facts.window[1]
            and (tag.ended_at is None or tag.ended_at > facts.window[0])
        ),
        undermining=tuple(_undermining(facts, dots, silent, found, closed=closed)),
    )


def _order_words(order: object) -> str:
    basis, starts, ends = (getattr(order, name) for name in ("legal_basis", "starts_at", "ends_at"))
    return f"{str(basis).replace('_', ' ')}, from {iso(starts)}{_until(ends)}"


def _until(at: Instant | None) -> str:
    return "" if at is None else f" until {iso(at)}"


def _measured(model: str, facts: BundleFacts) -> str:
    newest = facts.settings[-1].settings.errors
    own = [each.source.name for each in newest.tag_models if each.tag_model == model]
    if own:
        return f"errors measured for this model by source: {', '.join(own)}"
    return "no measurements of this model are on record: the general error model holds"


def _dots(facts: BundleFacts) -> tuple[Dot, ...]:
    found: list[Dot] = []
    rules = history_of(facts.settings).at(Instant(facts.window[1] - 1))
    for part in facts.parts:
        times = part.block["fixed_at"]
        block = part.block[(times >= facts.window[0]) & (times < facts.window[1])]
        radii: list[float] = radii_95_m(block, rules.errors).tolist()
        for row, radius in zip(block, radii, strict=True):
            marks = Mark(int(row["marks"]))
            found.append(
                Dot(
                    number=0,
                    fix_id=fix_id(int(row["seq"]), int(row["index"])),
                    at=Instant(int(row["fixed_at"])),
                    lon_deg=float(row["lon_deg"]),
                    lat_deg=float(row["lat_deg"]),
                    sent_m=_known(row["accuracy_m"]),
                    sent_confidence=_known(row["confidence"]),
                    radius_m_95=_known(radius),
                    source=Source(int(row["source"])).name.lower(),
                    marks=" ".join(str(m.name).lower() for m in Mark if m and m in marks),
                    decides=not marks & UNDECIDABLE,
                )
            )
    found.sort(key=lambda dot: (dot.at, *map(int, dot.fix_id.split("."))))
    return tuple(msgspec.structs.replace(dot, number=n) for n, dot in enumerate(found, start=1))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _places(orders: WearerOrders) -> tuple[DrawnPlace, ...]:
    newest: dict[str, ConditionVersion] = {}
    for version in orders.conditions:
        held = newest.get(version.condition_id)
        if held is None or held.version < version.version:
            newest[version.condition_id] = version
    return tuple(_drawn(version) for version in newest.values())


def _drawn(version: ConditionVersion) -> DrawnPlace:
    terms = version.terms
    assert isinstance(terms, ExclusionZone | Curfew)  # noqa: S101  # others are left out before
    shape = place_of(terms) if isinstance(terms, Curfew) else terms.shape
    outline = outline_of(shape) if isinstance(shape, Disc) else shape
    geometry = to_geojson(outline)
    coordinates = geometry["coordinates"]
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    rings: list[Ring] = [
        tuple((float(lon), float(lat)) for lon, lat in ring) for one in polygons for ring in one
    ]
    return DrawnPlace(
        label=terms.label, is_zone=isinstance(terms, ExclusionZone), rings=tuple(rings)
    )


def _found(one: Episode, versions: dict[tuple[str, int], ConditionVersion]) -> FoundLine:
    version = versions.get((one.condition_id or "", one.condition_version))
    told = None if version is None else version.told_at
    return FoundLine(
        what=_WORDS.get(one.rule, str(one.rule)),
        how_sure=finding_words(one.rule, one.finding, one.phase),
        probability=f"{one.probability:.6f}, {one.witnesses} effective witnesses",
        begins=f"between {iso(one.entered_earliest)} and {iso(one.entered_latest)}",
        ends=_ending(one),
        place="" if version is None else version.terms.label,
        versions=f"condition {one.condition_id} version {one.condition_version}, rule version "
        f"{one.rule_version}, settings version {one.settings_version}",
        fixes=one.fixes,
        told="not on record" if told is None else iso(told),
    )


def _ending(one: Episode) -> str:
    if one.left_latest is None:
        return "not seen"
    earliest = "unknown" if one.left_earliest is None else iso(one.left_earliest)
    return f"between {earliest} and {iso(one.left_latest)}"


def _condition(version: ConditionVersion) -> tuple[str, str]:
    told = "not told" if version.told_at is None else f"told {iso(version.told_at)}"
    words = f"{version.terms.label}; from {iso(version.valid_from)}{_until(version.valid_until)}"
    name = f"{version.condition_id} version {version.version}"
    return name, f"{words}; recorded {iso(version.recorded_at)}; {told}"


def _undermining(
    facts: BundleFacts,
    dots: Sequence[Dot],
    silent: Sequence[tuple[Instant, Instant]],
    found: Sequence[Episode],
    *,
    closed: bool,
) -> Iterator[str]:
    """Yield what speaks against the findings or weakens them, by kinds that are looked for."""
    used = {name for one in found for name in one.fixes}
    idle = sum(1 for dot in dots if dot.fix_id not in used)
    yield f"{idle} of {len(dots)} fixes are in no finding; they show where he was otherwise."
    odd = [dot for dot in dots if not dot.decides]
    if odd:
        kinds = ", ".join(sorted({mark for dot in odd for mark in dot.marks.split()}))
        yield f"{len(odd)} fixes were kept and not used, being marked: {kinds}."
    vague = sum(1 for dot in dots if dot.source in ("wifi", "lbs", "unknown"))
    if vague:
        yield f"{vague} fixes are by network or of unknown source, not by satellite."
    if silent:
        minutes = sum(b - a for a, b in silent) // MINUTE
        yield f"{len(silent)} times without a usable fix, {minutes} minutes together."
    possible = sum(one.finding is Finding.POSSIBLE for one in found)
    if possible:
        yield f"{possible} findings are possible only: a warning, not held to be proved."
    if any(one.before_told for one in found):
        yield "A finding is of a time before he had been told of the condition."
    if facts.about_others:
        yield f"{facts.about_others} findings about an encounter cannot be derived again from here."
    if not facts.has_secret or closed:
        yield from (f"Re-derived when this was made, and different: {one}" for one in facts.differs)
        yield from facts.undermining
