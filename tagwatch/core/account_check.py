"""A check of an account as it is kept: what was said, what the fixes say of it, and by when, with
which settings and which code, so that it can be made again and says what changed."""

from typing import Final

import msgspec

from tagwatch.core.account import Bearing, Judgement
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.statement import Statement
from tagwatch.core.units import Instant

REFERENCE_MOST: Final = 80


class AccountCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a check: the first, or one made again."""

    check_id: str
    wearer_id: WearerId
    version: int
    reference: str
    """Of whoever asks: a crime number, a case."""
    statements: tuple[Statement, ...]
    judgements: tuple[Judgement, ...]
    """One for each statement."""
    known_at: Instant
    """What was received later is left out."""
    made_at: Instant
    made_by: AccountId
    settings_version: int
    code_version: str

    @property
    def tally(self) -> dict[Bearing, int]:
        """How many statements got which answer. Never one answer for the whole account."""
        return {
            verdict: sum(each.verdict is verdict for each in self.judgements) for verdict in Bearing
        }


def differences(before: AccountCheck, after: AccountCheck) -> tuple[str, ...]:
    """Return what a check made again says otherwise, in sentences; empty if nothing."""
    found: list[str] = []
    for number, (old, new) in enumerate(
        zip(before.judgements, after.judgements, strict=True), start=1
    ):
        if old.verdict is not new.verdict:
            found.append(f"Statement {number}: {old.verdict.value} became {new.verdict.value}.")
        if old.weight.ratio != new.weight.ratio:
            found.append(
                f"Statement {number}: the likelihood ratio was {old.weight.ratio:g} and is "
                f"{new.weight.ratio:g}."
            )
        fixes = [0 if each.presence is None else each.presence.fixes for each in (old, new)]
        if fixes[0] != fixes[1]:
            found.append(
                f"Statement {number}: {fixes[0]} fixes were known in its time, now {fixes[1]}."
            )
    for name, one, other in (
        ("Rule settings", before.settings_version, after.settings_version),
        ("Code", before.code_version, after.code_version),
    ):
        if one != other:
            found.append(f"{name} version {one} became {other}.")
    return tuple(found)
