"""The papers of an account check: the report for a court, and the answer for her who said it.

The answer says nothing of his movements: no place, time or distance of his, no routine, no ratio,
since each of these tells where he was or is wont to be (need to know; docs/accounts.md).
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.account import Judgement
from tagwatch.core.likelihood import SCALE
from tagwatch.core.presence import Presence
from tagwatch.core.shape import Shape
from tagwatch.core.statement import Statement
from tagwatch.core.was_near import WasNear
from tagwatch.query.account_check import CheckView, check_view
from tagwatch.report.account_map import gaps_of, statement_map
from tagwatch.report.paper import Lines, Paper, Part, Picture, Rows, Section, Table, Words, typeset
from tagwatch.web import account_words as words
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.question_words import metres
from tagwatch.web.render import moment, per_cent
from tagwatch.web.route import page
from tagwatch.web.whole import whole

MOST_FIXES: Final = 60
_ABOUT: Final = (
    "An answer is about a statement, never about a person. It says what the tag's fixes show of "
    "where the tag was, not who wore it, what he did there or why."
)


def court_paper(view: CheckView) -> Paper:
    """Return the report with all that the answer rests on."""
    check = view.check
    sections = [
        Section(
            heading="What this is",
            parts=(
                Words(text=_ABOUT),
                Rows(
                    rows=(
                        ("About", view.wearer.name),
                        ("Reference", check.reference or "none"),
                        ("Made", f"{moment(check.made_at)}, version {check.version}"),
                        ("Known by", moment(check.known_at)),
                        ("Rule settings", f"version {check.settings_version}"),
                        ("Code", f"version {check.code_version}"),
                    )
                ),
            ),
        )
    ]
    pairs = zip(check.statements, check.judgements, strict=True)
    for number, (statement, judgement) in enumerate(pairs, start=1):
        if number in view.by_secret:
            sections.append(_withheld(number, judgement))
        else:
            sections.append(_statement(number, statement, judgement))
    if view.differences:
        sections.append(
            Section(heading="Since the version before", parts=(Lines(lines=view.differences),))
        )
    if view.words:
        sections.append(
            Section(
                heading="What persons say of it",
                parts=tuple(
                    Words(text=said.words, whose=f"To version {said.version}, {moment(said.at)}")
                    for said in view.words
                    if not view.by_secret
                )
                or (Words(text="Withheld: words could give away a place he was not told of."),),
            )
        )
    sections.append(_method(view))
    return Paper(
        title="Check of an account against the fixes of a tag",
        mark="Account check: official, sensitive",
        reference=f"{check.check_id} version {check.version}",
        as_of=check.made_at,
        sections=tuple(sections),
    )


def _statement(number: int, statement: Statement, judgement: Judgement) -> Section:
    held = judgement.weight
    said = f"“{statement.words}” " if statement.words else ""
    parts: list[Any] = [
        Words(text=f"{said}{words.said_sentence(statement)}", whose="What is said"),
        Rows(
            rows=(
                ("Answer", f"{judgement.verdict.value}. {words.verdict_sentence(judgement)}"),
                ("First proposition", judgement.first),
                ("Second proposition", judgement.second),
                ("Likelihood ratio", f"{held.ratio:g}: {held.words}"),
                ("What was seen", words.seen_sentence(judgement)),
                ("Presence", words.chance_sentence(judgement) or "not asked"),
                ("Nearest approach", words.approach_sentence(judgement) or "does not apply"),
                ("His routine", words.habit_sentence(judgement.habit, statement.claim)),
                (
                    "Before and after",
                    (
                        f"{per_cent(held.prior)} by routine alone, "
                        f"{per_cent(held.posterior)} with these fixes"
                    ),
                ),
            )
        ),
        Lines(lines=tuple(f"Would change it: {line}." for line in judgement.changes)),
    ]
    if judgement.shifted:
        parts.append(
            Table(
                heads=("If it was", "Answer", "Likelihood ratio"),
                rows=tuple((e.what, e.verdict.value, f"{e.ratio:g}") for e in judgement.shifted),
            )
        )
    near = judgement.near
    if near is not None and near.left_open and not near.there:
        parts.append(
            Table(
                heads=("Left open from", "until", "fixes"),
                rows=tuple(
                    (moment(s.start), moment(s.end), "as expected" if s.seen else "none")
                    for s in near.left_open[:20]
                ),
            )
        )
    if near is not None and statement.shape is not None:
        parts += _drawn(number, statement.shape, near, judgement.presence)
    return Section(heading=f"Statement {number}", parts=tuple(parts))


def _drawn(number: int, place: Shape, near: WasNear, found: Presence | None) -> Sequence[Part]:
    """Return the map of a statement, and the table that says the same."""
    likeliest = sorted(near.close, key=lambda f: (-f.p_inside, f.distance_m))[:MOST_FIXES]
    chosen = sorted(likeliest, key=lambda f: f.at)
    whole = len(chosen) == near.fixes
    gaps = gaps_of(chosen) if whole else ()
    approach = None if found is None else found.approach
    nearest_m = 0.0 if approach is None else approach.distance_m
    says = _map_says(number, len(chosen), near.fixes, len(gaps), nearest_m)
    svg = statement_map(place, chosen, gaps, nearest_m, f"Map of statement {number}")
    parts: list[Part] = [Picture(svg=svg, says=says, is_wide=True)]
    if chosen:
        parts.append(
            Table(
                heads=(
                    "No.", "time (London)", "latitude, longitude", "95 % radius",
                    "from the place", "in it", "journal",
                ),
                rows=tuple(
                    (
                        str(n), moment(f.at), f"{f.lat_deg:.5f}, {f.lon_deg:.5f}",
                        f"{f.accuracy_m_95:.0f} m",
                        "inside" if f.distance_m <= 0 else f"{f.distance_m:.0f} m",
                        per_cent(f.p_inside), str(f.fix_id),
                    )
                    for n, f in enumerate(chosen, start=1)
                ),
            )
        )  # fmt: skip
    return parts


def _map_says(number: int, drawn: int, fixes: int, gaps: int, nearest_m: float) -> str:
    key = (
        "Blue, dashed: the place with its vagueness. A green circle holds the tag with 95 % "
        "probability; numbers are those of the table below."
    )
    said = [f"Map of statement {number}. {key}"]
    if not drawn:
        said.append("No fix came in this time.")
    if drawn < fixes:
        said.append(
            f"The {drawn} of {fixes} fixes that say most are drawn; what lies between them is not."
        )
    if gaps:
        said.append("Dotted: no fix for more than ten minutes. Nobody knows how he went.")
    if nearest_m > 0.0:
        near = metres(nearest_m)
        said.append(f"Shaded: within {near} of the place, nearer than which he cannot have come.")
    said.append("No zone and no home is drawn. North is up.")
    return " ".join(said)


def _withheld(number: int, judgement: Judgement) -> Section:
    """Return what may be said of a statement whose place touches one that he was not told of."""
    held = judgement.weight
    return Section(
        heading=f"Statement {number}",
        parts=(
            Words(
                text="Its place touches one of which the wearer was not told. What was said, "
                "place, time, map, fixes and distances are not in this paper: with one of them he "
                "could find it. Ask the responsible officer."
            ),
            Rows(
                rows=(
                    ("Answer", judgement.verdict.value),
                    ("Likelihood ratio", f"{held.ratio:g}: {held.words}"),
                )
            ),
        ),
    )


def _method(view: CheckView) -> Section:
    scale = tuple((f"{least:g} and more", f"{said} for one proposition") for least, said in SCALE)
    return Section(
        heading="How it was computed, and how far to trust it",
        parts=(
            Words(text=view.method.how),
            Table(heads=("Ratio", "Words"), rows=(*scale, ("less than 2", "no support"))),
            Words(
                text="How often such answers were right is measured in the laboratory on seeded "
                "worlds: the figures and the command that makes them are in docs/method.md."
            ),
        ),
    )


def her_paper(view: CheckView) -> Paper:
    """Return the answer for her who said it: nothing of where he was."""
    check = view.check
    sections = [
        Section(
            heading="What this is",
            parts=(
                Words(
                    text="You told us what happened. This says whether the data of a tag fit it, "
                    "statement by statement. A tag does not see who was with whom, and it can be "
                    "silent: cannot say is a common answer, and it is no answer against you."
                ),
                Rows(
                    rows=(("Reference", check.reference or "none"), ("Made", moment(check.made_at)))
                ),
            ),
        )
    ]
    pairs = zip(check.statements, check.judgements, strict=True)
    for number, (statement, judgement) in enumerate(pairs, start=1):
        said = statement.words or words.said_sentence(statement)
        sections.append(
            Section(
                heading=f"Statement {number}",
                parts=(
                    Words(text=said, whose="You said"),
                    Words(text=words.plain_answer(judgement)),
                ),
            )
        )
    sections.append(
        Section(
            heading="What you can do",
            parts=(
                Lines(
                    lines=(
                        (
                            "If you remember the time or the place better, tell your liaison "
                            "officer: the check can be made again."
                        ),
                        "Your own phone may hold where you were: you may give it, and need not.",
                        "If you are in danger now, ring 999.",
                    )
                ),
            ),
        )
    )
    return Paper(
        title="Your account and the data of the tag",
        mark="For the person who gave the account",
        reference=f"{check.check_id} version {check.version}",
        as_of=check.made_at,
        sections=tuple(sections),
    )


@page("/account-checks/{check_id:str}/paper", Verb.CHECK_ACCOUNT, HANDS_OUT)
def account_paper(request: Asked, check_id: FromPath[str]) -> Response[Any]:
    """Hand the report out."""
    view = _view(request, check_id, "report for a court")
    return _pdf(court_paper(view), f"account-check-{check_id}-{view.check.version}.pdf")


@page("/account-checks/{check_id:str}/answer", Verb.CHECK_ACCOUNT, HANDS_OUT)
def account_answer(request: Asked, check_id: FromPath[str]) -> Response[Any]:
    """Hand out the answer for her who said it."""
    view = _view(request, check_id, "answer for the person who gave the account")
    return _pdf(her_paper(view), f"answer-{check_id}-{view.check.version}.pdf")


def _view(request: Asked, check_id: str, what: str) -> CheckView:
    asking = reader(request)
    written = request.query_params.get("version", "0")
    version = whole(written, digits=5)
    view = check_view(asking, check_id, version)
    asking.disclosing("account_check", [view.check.wearer_id, check_id], what)
    return view


def _pdf(paper: Paper, name: str) -> Response[Any]:
    content = typeset(paper)
    return Response(
        content,
        headers={
            "content-type": "application/pdf",
            "content-disposition": f'attachment; filename="{name}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-sha256": sha256(content).hexdigest(),
        },
    )


ROUTES = (account_paper, account_answer)
