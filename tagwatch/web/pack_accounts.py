"""The checks of accounts on a case as a breach pack tells of them: without her words and places."""

from collections.abc import Iterator
from typing import Protocol

from tagwatch.query.account_case import AccountOnCase, CheckVersion
from tagwatch.query.breach_pack import PackFacts
from tagwatch.report.paper import Lines, Part, Table, Words
from tagwatch.web.render import moment

_HEADS = ("Version", "Statement", "Answer", "Likelihood ratio", "Fixes in its time")


class Telling(Protocol):
    """The facts of a pack, who is who, and how text is made fit to be handed out."""

    @property
    def facts(self) -> PackFacts:
        """What the pack is made from."""
        ...

    def officers(self, text: str) -> str:
        """Return an officer's words, or why they are not here."""
        ...

    def who(self, account: str | None) -> str:
        """Return the name of who did something."""
        ...


def account_parts(told: Telling) -> Iterator[Part]:
    """Yield what the pack says of each check that was put on the case."""
    yield Words(
        text="An account is what somebody said of where he was. Neither its words nor its places "
        "stand here: they could tell where a protected person was. The report for a court has them."
    )
    for one in told.facts.accounts:
        yield from _one(told, one)


def _one(told: Telling, one: AccountOnCase) -> Iterator[Part]:
    where = f"Check {one.check_id}, on this case since {moment(one.attached_at)}"
    if one.taken_back:
        where += f"; taken off: {told.officers(one.taken_back)}"
    yield Words(text=where)
    rows = [row for version in one.versions for row in _answers(told, version)]
    yield Table(heads=_HEADS, rows=tuple(rows))
    changed = tuple(line for version in one.versions[1:] for line in version.differences)
    if changed:
        yield Lines(lines=changed)
    for said in one.words:
        whose = f"To version {said.version}, {told.who(said.by)}, {moment(said.at)}"
        yield Words(text=told.officers(said.words), whose=whose)


def _answers(told: Telling, version: CheckVersion) -> Iterator[tuple[str, ...]]:
    check = version.check
    name = str(check.version) + ("" if version.superseded_by is None else ", superseded")
    pairs = zip(check.statements, check.judgements, strict=True)
    for number, (said, held) in enumerate(pairs, start=1):
        # Of a place he was not told of a time could tell.
        when = "" if told.facts.has_secret else f", {moment(said.start)} to {moment(said.end)}"
        fixes = "" if held.presence is None else str(held.presence.fixes)
        ratio = f"{held.weight.ratio:g}: {held.weight.words}"
        yield name, f"{number}: {said.claim.value}{when}", held.verdict.value, ratio, fixes
