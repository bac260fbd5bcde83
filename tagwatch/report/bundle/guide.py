"""The guide of a bundle: a page that any browser opens, without a network and without a program."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from tagwatch.core.units import iso
from tagwatch.report.bundle.exhibits import KEY
from tagwatch.report.bundle.map import map_svg
from tagwatch.report.bundle.story import FoundLine, Story

_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#0b0c0c}"
    "h1{font-size:1.8rem}h2{font-size:1.3rem;margin-top:2rem}table{border-collapse:collapse}"
    "div{overflow-x:auto}td,th{border-bottom:1px solid #b1b4b6;padding:.3rem .6rem .3rem 0;"
    "text-align:left;vertical-align:top}svg{max-width:100%;height:auto}code{word-break:break-all}"
)
_FILES: Final = (
    ("index.html", "this guide"),
    ("exhibits/exhibits.pdf", "maps with and without tracks, key, findings, gaps, fixes"),
    ("exhibits/map.svg, exhibits/map-with-tracks.svg", "the two maps by themselves"),
    ("method.pdf", "how the findings were made, and how often the method errs"),
    ("statement.docx, statement.pdf", "a draft of a section 9 statement that states no belief"),
    ("disclosure.pdf", "what there is, and what may undermine the case"),
    ("fixes.csv, gaps.csv", "every fix of the window, and every time without one"),
    ("findings.json, orders.json, settings.json, tags.json", "what the verifier derives and from"),
    ("decisions.json, audit.json", "who decided what, in his words; who looked and who was given"),
    ("journal/", "the raw frames and register entries, their proofs, and the keys that open them"),
    ("manifest.json, manifest.sig, openings.json", "what was signed, the signature, the openings"),
)
_CHECK: Final = (
    (
        "Install the package tagwatch-verifier (Python 3.11 or later; no network is needed once "
        "it is there), and run <code>tagwatch verify-bundle FILE</code> on the zip as you "
        "received it. It says <b>same</b>, <b>different</b> and where, or <b>refused</b> and "
        "which place was changed."
    ),
    (
        "Compare the key it prints with the one the installation published, and the head with the "
        "one that was mailed to outside addresses at the time. Without that, a signature only "
        "says that the bundle is whole."
    ),
)


def guide(story: Story) -> str:
    """Return the page."""
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Evidence bundle, wearer {escape(story.wearer_id)}</title>",
            f"<style>{_STYLE}</style></head><body><main>",
            (
                f"<h1>Evidence bundle</h1><p>Wearer {escape(story.wearer_id)}, {story.span}. "
                f"Drawn up on {iso(story.made_at)}.</p>"
            ),
            *_closed(story),
            "<h2>What was found</h2>",
            *_found(story),
            "<h2>Map, without tracks</h2>",
            map_svg(story) or "<p>There is nothing to draw.</p>",
            _table(("Sign", "Meaning"), KEY),
            "<h2>What may undermine the case</h2>",
            _list(story.undermining or ("Nothing of the kinds looked for is on record.",)),
            "<h2>How to check it</h2>",
            *(f"<p>{words}</p>" for words in _CHECK),
            "<h2>Files</h2>",
            _table(("File", "What it is"), _FILES),
            "</main></body></html>",
        ]
    )


def files() -> tuple[tuple[str, str], ...]:
    """Return the files of a bundle and what each is."""
    return _FILES


def _closed(story: Story) -> Iterator[str]:
    if story.has_closed:
        yield (
            "<p>Files under <code>closed/</code> tell of a place that he was not told of. They go "
            "to the expert alone; the manifest, the same in both, shows that nothing else "
            "differs. What stands in the other files follows without that place.</p>"
        )


def _found(story: Story) -> Iterator[str]:
    if not story.found:
        yield "<p>Nothing about any place.</p>"
        return
    rows = [(_short(one), one.probability, one.begins, one.ends) for one in story.found]
    yield _table(("Finding", "Probability", "Began", "Ended"), rows)


def _short(one: FoundLine) -> str:
    return f"{one.what}: {one.how_sure}. {one.place}. He was told: {one.told}"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    cells = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    lines = [f"<tr>{cells}</tr>"]
    for row in rows:
        lines.append(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>")
    whole = "".join(lines)
    named = f'tabindex="0" role="region" aria-label="{escape(heads[0])}"'
    return f"<div {named}><table>{whole}</table></div>"


def _list(lines: tuple[str, ...]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
