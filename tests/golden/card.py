"""The last card of each zone alert of a scenario, as text that a person can read and compare.

`python -m tests.golden.card NAME…` writes the files of `scenarios/cards` anew. What changed in them
is for a person to judge before it is kept: these figures are put before courts.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill

from tagwatch.core.circumstance import Circumstance
from tagwatch.core.disclosure import for_defence
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.units import iso
from tagwatch.web.circumstances import card_lines, more_lines
from tests.golden.run import Outcome, run
from tests.golden.scenario import read

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
CARDS = SCENARIOS / "cards"
WIDTH = 96


def text_of(outcome: Outcome) -> str:
    """Return the cards of a scenario's zone alerts, in the order these were raised."""
    lines = [outcome.scenario.title, "=" * len(outcome.scenario.title)]
    for alert in sorted(outcome.alerts, key=lambda each: (each.raised_at, each.alert_id)):
        card = outcome.cards.get(alert.alert_id)
        if card is None:
            continue
        lines += ["", f"## {alert.kind}, {alert.wearer_id}", ""]
        lines += _card(card)
        if card.knowledge is ZoneKnowledge.SECRET:
            lines += ["", f"## {alert.kind}, {alert.wearer_id}: for the wearer and his defence", ""]
            lines += _card(for_defence(card))
    return "\n".join(lines) + "\n"


def _card(card: Circumstance) -> Iterator[str]:
    yield from _figures(card)
    yield ""
    for line in (*card_lines(card), *more_lines(card)):
        yield _item(line.label, line.value)
    for one in card.alternatives:
        speaks = [f"for: {said}" for said in one.speaks_for]
        speaks += [f"against: {said}" for said in one.speaks_against]
        yield _item(f"Else {one.cause.value}", "; ".join(speaks) or "nothing known")
    for said in card.unknown:
        yield _item("Not known", said)
    for said in card.withheld:
        yield _item("Withheld", said)


def _figures(card: Circumstance) -> Iterator[str]:
    told = ", before he was told" if card.before_told else ""
    yield _item("Finding", f"{card.finding}, {card.phase}{told}")
    yield _item("Probability", f"{card.probability:g}, witnesses {card.witnesses}")
    yield _item("Entered", f"{iso(card.entered_earliest)} to {iso(card.entered_latest)}")
    if card.left_earliest is not None and card.left_latest is not None:
        yield _item("Left", f"{iso(card.left_earliest)} to {iso(card.left_latest)}")
    yield _item("Inside", f"{card.inside_s_least} s to {card.inside_s_most} s")
    yield _item("Depth", f"{card.deepest_m} m at {card.deepest_fix}, steady {card.steady_m:.1f} m")
    yield _item("Route", " ".join(f"{fix.accuracy_m_95:.0f}" for fix in card.route) or "none")
    yield _item("Fixes", " ".join(card.fixes) or "none")
    yield _item("Digest", card.fixes_sha256 or "none")


def _item(label: str, value: str) -> str:
    return fill(f"{label}: {value}", WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def write(name: str) -> None:
    """Write the cards of a scenario anew."""
    with TemporaryDirectory() as folder:
        outcome = run(read(SCENARIOS / f"{name}.toml"), Path(folder))
    CARDS.mkdir(exist_ok=True)
    (CARDS / f"{name}.txt").write_text(text_of(outcome), encoding="utf-8")


if __name__ == "__main__":
    for each in sys.argv[1:] or sorted(path.stem for path in CARDS.glob("*.txt")):
        write(each)
