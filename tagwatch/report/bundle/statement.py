"""A draft of a statement under section 9 of the Criminal Justice Act 1967, as Word and as paper.

It says what the record holds. What the witness knows, has checked and believes is left empty: he
writes it himself, or the statement is not his.
"""

from typing import Final

from tagwatch.core.units import iso
from tagwatch.report.bundle.docx import Paragraph, docx
from tagwatch.report.bundle.story import Story
from tagwatch.report.paper import Paper, Section, Words

BLANK: Final = "[                                                            ]"
_HEAD: Final = (
    "Criminal Procedure Rules, r. 16.2; Criminal Justice Act 1967, s. 9; "
    "Magistrates' Courts Act 1980, s. 5B"
)
_DECLARES: Final = (
    "This statement (consisting of [    ] page(s) each signed by me) is true to the best of my "
    "knowledge and belief and I make it knowing that, if it is tendered in evidence, I shall be "
    "liable to prosecution if I have wilfully stated in it anything which I know to be false, or "
    "do not believe to be true."
)
_DRAFT: Final = (
    "DRAFT, not a statement. The declaration stands for the witness to make, not made. Strike out "
    "and rewrite whatever is not your own knowledge; nothing here says what you believe."
)


def parts_of(story: Story) -> list[tuple[str, list[str]]]:
    """Return headings and paragraphs, in order."""
    return [
        ("Before you sign", [_DRAFT]),
        (
            "Witness",
            [
                f"Statement of: {BLANK}",
                f"Age if under 18: [      ]   Occupation: {BLANK}",
                _DECLARES,
                f"Signature: {BLANK}   Date: [                ]",
            ],
        ),
        (
            "Who I am and how I know",
            [
                f"My post, training and access to the system: {BLANK}",
                f"What I did myself (opened, exported, compared), and when: {BLANK}",
            ],
        ),
        ("What the record holds", _record(story)),
        (
            "What I have checked",
            [
                f"The verifier's answer when I ran it, and on which computer: {BLANK}",
                f"The digest of the bundle I produce: {BLANK}",
                f"Was the equipment working properly, and how do I know: {BLANK}",
            ],
        ),
        (
            "What I believe, and why",
            [f"Left empty on purpose; write it in your own words or leave it out: {BLANK}"],
        ),
        ("Signature", [f"Signed: {BLANK}", f"Signature witnessed by: {BLANK}"]),
    ]


def statement_docx(story: Story) -> bytes:
    """Return the draft as a Word document."""
    paragraphs = [Paragraph("Witness statement", "heading"), Paragraph(_HEAD)]
    for heading, texts in parts_of(story):
        paragraphs.append(Paragraph(heading, "heading"))
        paragraphs += [Paragraph(text) for text in texts]
    return docx(paragraphs)


def statement_paper(story: Story) -> Paper:
    """Return the draft as a paper."""
    sections = [Section(heading="Under", parts=(Words(text=_HEAD),))]
    sections += [
        Section(heading=heading, parts=tuple(Words(text=text) for text in texts))
        for heading, texts in parts_of(story)
    ]
    return Paper(
        title="Witness statement",
        mark="DRAFT: says what the record holds and what nobody believes yet",
        reference=story.reference,
        as_of=story.made_at,
        sections=tuple(sections),
    )


def _record(story: Story) -> list[str]:
    decide = sum(dot.decides for dot in story.dots)
    texts = [
        (
            f"The record is of wearer {story.wearer_id}, {story.span}. It was drawn up on "
            f"{iso(story.made_at)}."
        ),
        (
            f"It holds {len(story.dots)} fixes; {decide} of them can decide. In {len(story.gaps)} "
            "times of more than ten minutes it holds no usable fix."
        ),
    ]
    texts += [
        f"The system recorded: {one.what}, {one.how_sure.lower()}, probability "
        f"{one.probability}; began {one.begins}; ended {one.ends}. Place: {one.place}."
        for one in story.found
    ]
    if not story.found:
        texts.append("The system recorded no finding about a place in it.")
    texts.append("I produce the bundle as exhibit [        ].")
    return texts
