"""The exhibits of a bundle as a paper: maps with and without tracks, their key, the table of fixes
with radius and its confidence level, findings and gaps."""

from typing import Final

from tagwatch.core.units import MINUTE, iso
from tagwatch.report.bundle.map import map_svg
from tagwatch.report.bundle.story import MOST_ROWS, Dot, FoundLine, Story
from tagwatch.report.paper import Paper, Part, Picture, Rows, Section, Table, Words

KEY: Final = (
    ("Green dot", "a fix that can decide; its number is that of the table"),
    ("Green circle", "where he truly was with a probability of 95 %, by the error model in force"),
    ("Red area", "an exclusion zone, as drawn in the version in force last"),
    ("Blue, dashed", "where he had to be in the hours of the order"),
    ("Black line", "second map only: joins fixes less than ten minutes apart. It is no route"),
    ("Dotted line", "second map only: more than ten minutes apart. Nobody knows how he went"),
    ("Grey and light blue", "boroughs and the Thames"),
)
_HEADS: Final = ("No.", "Measured (UTC)", "Latitude, longitude", "95 % circle", "As sent", "Source")


def exhibits(story: Story) -> Paper:
    """Return the paper."""
    return Paper(
        title="Exhibits",
        mark="Evidence: drawn from the record" + (" · EXPERT ONLY" if story.is_closed else ""),
        reference=story.reference,
        as_of=story.made_at,
        sections=(
            Section(heading="What this is", parts=(_intro(story),)),
            *_maps(story),
            Section(heading="Key", parts=(Rows(rows=KEY),)),
            Section(heading="Findings", parts=_found(story)),
            Section(heading="Gaps", parts=_gaps(story)),
            Section(heading="Fixes", parts=_fixes(story)),
        ),
    )


def _intro(story: Story) -> Words:
    decide = sum(dot.decides for dot in story.dots)
    return Words(
        text=f"{len(story.dots)} fixes of {story.span}, also those outside any zone; {decide} of "
        "them can decide. Each stands in fixes.csv and follows from a raw frame of this bundle."
    )


def _maps(story: Story) -> list[Section]:
    found: list[Section] = []
    for heading, track in (("Exhibit A: without tracks", ""), ("Exhibit B: with tracks", "track")):
        svg = map_svg(story, track)
        says = (
            "Fixes with their 95 % circles, "
            + ("joined; a line is no route." if track else "not joined.")
            + " The table below says the same."
        )
        parts: tuple[Part, ...] = (
            (Picture(svg=svg, says=says, is_wide=True),)
            if svg
            else (Words(text="There is nothing to draw."),)
        )
        found.append(Section(heading=heading, parts=parts))
    return found


def _found(story: Story) -> tuple[Part, ...]:
    if not story.found:
        return (Words(text="Nothing was found about any place."),)
    return tuple(Rows(rows=_line(each)) for each in story.found)


def _line(one: FoundLine) -> tuple[tuple[str, str], ...]:
    return (
        ("What", one.what),
        ("How sure", one.how_sure),
        ("Probability", one.probability),
        ("Began", one.begins),
        ("Ended", one.ends),
        ("Place", one.place),
        ("He was told", one.told),
        ("Versions", one.versions),
        ("Rests on fixes", ", ".join(one.fixes[:12]) + (" …" if len(one.fixes) > 12 else "")),
    )


def _gaps(story: Story) -> tuple[Part, ...]:
    if not story.gaps:
        return (Words(text="No time of more than ten minutes was without a usable fix."),)
    rows = tuple((iso(a), iso(b), f"{(b - a) // MINUTE} min") for a, b in story.gaps[:MOST_ROWS])
    return (
        Words(text="In these times nothing is known of where he was. All stand in gaps.csv."),
        Table(heads=("From (UTC)", "Until (UTC)", "Length"), rows=rows),
    )


def _fixes(story: Story) -> tuple[Part, ...]:
    used = {name for one in story.found for name in one.fixes}
    chosen = [dot for dot in story.dots if dot.fix_id in used]
    others = [dot for dot in story.dots if dot.fix_id not in used]
    room = max(0, MOST_ROWS - len(chosen))
    shown = sorted([*chosen[:MOST_ROWS], *others[:room]], key=lambda dot: dot.number)
    left = len(story.dots) - len(shown)
    words = "Those that findings rest on come first into this table." + (
        f" {left} more stand in fixes.csv." if left else ""
    )
    return (Words(text=words), Table(heads=_HEADS, rows=tuple(map(_row, shown))))


def _row(dot: Dot) -> tuple[str, ...]:
    radius = "unknown" if dot.radius_m_95 is None else f"{dot.radius_m_95:.0f} m"
    sent = "no radius" if dot.sent_m is None else f"{dot.sent_m:g} m at {_level(dot)}"
    return (
        str(dot.number),
        iso(dot.at),
        f"{dot.lat_deg:.6f}, {dot.lon_deg:.6f}",
        radius,
        sent,
        dot.source + (f" ({dot.marks})" if dot.marks else ""),
    )


def _level(dot: Dot) -> str:
    return "an unknown level" if dot.sent_confidence is None else f"{dot.sent_confidence:.0%}"
