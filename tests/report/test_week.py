"""The weekly overview: a whole week compared, what it may never show, and a week of 169 hours."""

from pathlib import Path

import msgspec
import pytest
from pypdfium2 import PdfDocument

from tagwatch.core.ids import ConditionId
from tagwatch.report.paper import Lines, Picture, Rows, Section, Table, Words, typeset
from tagwatch.report.week.brief import row_of
from tagwatch.report.week.overview import Overview
from tagwatch.report.week.paper import MOST_CHANGED, paper, sections
from tagwatch.report.week.picture import picture
from tagwatch.report.week.rights import row_without, without
from tests.report.week_scene import clocks_go_back, ordinary
from tests.web.test_document import text_of

GOLDEN = Path(__file__).with_name("week.golden.txt")
SECRET = frozenset({ConditionId("c_secret")})


def told(made: tuple[Section, ...]) -> str:
    """All that sections say, a line each; of pictures their words."""
    lines: list[str] = []
    for section in made:
        lines.append(f"# {section.heading}")
        for part in section.parts:
            match part:
                case Words():
                    lines.append(part.text)
                case Lines():
                    lines += [f"- {line}" for line in part.lines]
                case Rows():
                    lines += [f"{key}: {value}" for key, value in part.rows]
                case Table():
                    lines.append(" | ".join(part.heads))
                    lines += [" | ".join(row) for row in part.rows]
                case Picture():
                    lines.append(f"[picture] {part.says}")
    return "\n".join(lines) + "\n"


def test_the_whole_week_is_said_as_it_was() -> None:
    assert told(sections(ordinary().overview())) == GOLDEN.read_text(encoding="utf-8")


def test_an_overview_is_kept_and_read_back() -> None:
    made = ordinary().overview()
    assert msgspec.json.decode(msgspec.json.encode(made), type=Overview) == made


def test_what_is_kept_out_and_not_said_adds_up() -> None:
    made = ordinary().overview()
    (curfew,) = made.curfews
    all_s = curfew.kept_s + curfew.out_s + curfew.cannot_say_s
    assert all_s == 7 * 8 * 3600, "Monday's and Sunday's halves are one night"
    assert curfew.out_s == round(7.75 * 3600), "latest beginning to earliest end, one night"
    # The second night away nobody confirmed: it is neither kept nor out. Nor is the gap.
    assert curfew.cannot_say_s == round((8 + 0.25 + 4.5) * 3600)
    assert [night.answer for night in made.nights] == [
        "home", "home", "home", "elsewhere", "elsewhere", "cannot_say", "home",
    ]  # fmt: skip
    (told_zone,) = [zone for zone in made.zones if zone.condition_id == "c_told"]
    assert told_zone.nearest_m is not None
    assert told_zone.nearest_m.least < told_zone.nearest_m.most
    assert sum(day.unobserved_s for day in made.days) == round(6.5 * 3600)


def test_what_was_not_seen_is_never_praised() -> None:
    made = ordinary().overview()
    assert not any("curfew" in each.sentence.lower() for each in made.praise)
    assert not any("nights at home" in each.sentence for each in made.praise)


def secrets(scene) -> tuple[str, ...]:
    """What would tell of the secret place: its name, its distance, the times at it."""
    own = scene.overview()
    (zone,) = [each for each in own.zones if each.condition_id == "c_secret"]
    assert zone.nearest_m is not None
    return ("Rose Cottage", "c_secret", "18:06", "18:09", "18:12", "18:24", "ring around")


def test_a_secret_place_is_nowhere_for_who_may_not_know_it() -> None:
    scene = ordinary()
    whole, shown = scene.overview(), without(scene.overview(), SECRET)
    assert shown.withheld == 1
    for said in (told(sections(shown)), text_of(typeset(paper(shown)))):
        assert "1 place that your account may not know" in " ".join(said.split())
        for hidden in secrets(scene):
            assert hidden.lower() not in said.lower(), hidden
    for hidden in ("Rose Cottage", "18:24"):
        assert hidden in told(sections(whole))
    assert b"c_secret" not in msgspec.json.encode(shown)
    drawn, all_drawn = picture(shown), picture(whole)
    assert drawn is not None
    assert all_drawn is not None
    assert all_drawn.svg.count("#8f1d14") == drawn.svg.count("#8f1d14") + 1
    # Not even where the frame lies may follow from it: he was nowhere near that corner.
    bare = msgspec.structs.replace(
        whole, drawn=tuple(d for d in whole.drawn if d.condition_id != "c_secret")
    )
    again = picture(bare)
    assert again is not None
    assert again.svg == drawn.svg


def test_a_row_of_the_digest_keeps_the_secret_too() -> None:
    row = row_of(ordinary().overview(), "2026-11-16", "0" * 64)
    assert any(said.about == "c_secret" for said in row.changed)
    shown = row_without(row, SECRET)
    assert b"c_secret" not in msgspec.json.encode(shown)
    assert b"Rose" not in msgspec.json.encode(shown)
    assert len(shown.alerts) == len(row.alerts) - 1


def test_the_week_in_which_the_clocks_go_back_has_an_hour_more() -> None:
    made = clocks_go_back().overview()
    assert made.end - made.start == 169 * 3_600_000_000
    assert sum(d.observed_s + d.unobserved_s + d.off_s for d in made.days) == 169 * 3600
    assert max(d.observed_s + d.unobserved_s for d in made.days) == 25 * 3600
    (curfew,) = made.curfews
    assert curfew.kept_s + curfew.out_s + curfew.cannot_say_s == (7 * 8 + 1) * 3600
    assert len(made.nights) == 7
    assert (made.nights[-1].end - made.nights[-1].start) == 7 * 3_600_000_000


def test_the_paper_is_tagged_and_the_same_twice() -> None:
    made = ordinary().overview()
    content = typeset(paper(made))
    assert content == typeset(paper(made))
    assert b"pdfuaid" in content
    assert b"pdfaid" in content


@pytest.mark.parametrize("name", ["<b>&\"'", "Ünïcode Ω Hazel"])
def test_a_label_is_text_and_never_markup(name: str) -> None:
    made = msgspec.structs.replace(ordinary().overview(), name=name)
    drawn = picture(made)
    assert drawn is not None
    assert "<b>" not in drawn.svg
    assert typeset(paper(made)).startswith(b"%PDF")


def test_what_changed_the_map_and_the_figures_fill_the_first_page_of_paper_and_no_more() -> None:
    made = ordinary().overview()
    # More than an ordinary week has: nine changes, six zones, three conditions to be in a place.
    crowded = msgspec.structs.replace(
        made,
        changed=(made.changed * 3)[:9],
        zones=(made.zones * 3)[:6],
        curfews=made.curfews * 3,
        new_places=made.new_places * 5,
    )
    for each in (made, crowded):
        document = PdfDocument(typeset(paper(each)))
        first, second = (document[n].get_textpage().get_text_range() for n in (0, 1))
        document.close()
        assert "What changed" in first
        assert "The week in figures" in first
        assert "Worth praise" in first, "the last of the figures"
        assert "Nights at home, and what could not be seen" not in first
        begins = "What changed besides" if each is crowded else "Nights at home, and what"
        assert second.splitlines()[1].startswith(begins), second[:200]
        assert first.count("happened in") == min(len(each.changed), MOST_CHANGED)
