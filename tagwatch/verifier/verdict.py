"""What checking a bundle comes to: refused, different or same, with the places named."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from tagwatch.core.units import Instant, iso
from tagwatch.store.bundle.manifest import Manifest, Opened, opened
from tagwatch.store.bundle.succession import Succession, broken, way
from tagwatch.verifier.content import CLOSED, FIXES, GAPS, history_of
from tagwatch.verifier.reading import Evidence, Unreadable, evidence
from tagwatch.verifier.rederive import judged_again, unbound
from tagwatch.verifier.table import fixes_csv, gaps_csv, tables_differ


class State(StrEnum):
    """The answer."""

    SAME = "same"
    """It is what was signed, and the findings follow from the raw frames."""
    DIFFERENT = "different"
    """It is what was signed, and the findings do not follow, or not as they are written."""
    REFUSED = "refused"
    """It is not what was signed, or was signed by another key than the one given."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one bundle."""

    state: State
    kind: str
    """`whole`: nothing is closed; `expert`; `redacted`."""
    wrong: tuple[str, ...]
    """Why it is refused, or where the findings differ: each names its place."""
    bundle_id: str = ""
    wearer_id: str = ""
    window: tuple[int, int] = (0, 0)
    signer: str = ""
    signer_way: tuple[str, ...] = ()
    """How the key that was given leads to the one that signed; empty: they are one, or none was
    given."""
    head: str = ""
    head_published: bool = False
    frames: int = 0
    kept: int = 0
    """Of the frames: those of which only what was kept under a zones-only order can be read."""
    fixes: int = 0
    findings: int = 0
    """Derived again."""
    reported: int = 0
    """By the tag or the centre: nothing to derive."""
    about_others: int = 0
    withheld: tuple[str, ...] = ()
    unbound: tuple[str, ...] = ()
    """What stands on the signature alone, no record of the journal that opens bearing it out."""
    basis: str = ""


def check(
    data: bytes, signer: str = "", head: str = "", steps: Sequence[Succession] = ()
) -> Checked:
    """Check a bundle; `signer` and `head` (SEQ:DIGEST) are what one has from a trusted place.

    A bundle signed by another key stands if `steps` lead to it from the one that is trusted.
    """
    read = opened(data)
    manifest = read.manifest
    wrong = list(read.wrong)
    led = way(steps, signer.lower(), manifest.signer) if manifest is not None and signer else ()
    if manifest is not None and led is None:
        wrong.append(f"signed by the key {manifest.signer}, not by the one given")
        wrong += broken(steps)
    if manifest is not None and head and _head(manifest) != head.lower():
        wrong.append(f"proved to the head {_head(manifest)}, not to the one given")
    if manifest is None or wrong:
        return Checked(state=State.REFUSED, kind=_kind(read), wrong=tuple(wrong))
    try:
        found = evidence(read, (CLOSED, ""))
        different = _different(read, manifest, found)
    except (Unreadable, ValueError) as error:
        return Checked(state=State.REFUSED, kind=_kind(read), wrong=(str(error),))
    state = State.REFUSED if found.wrong else State.DIFFERENT if different else State.SAME
    return Checked(
        state=state,
        kind=_kind(read),
        wrong=tuple(found.wrong or different),
        bundle_id=manifest.bundle_id,
        wearer_id=manifest.wearer_id,
        window=manifest.window,
        signer=manifest.signer,
        signer_way=tuple(_step(step) for step in led or ()),
        head=_head(manifest),
        head_published=manifest.head.published_at is not None,
        frames=found.frames,
        kept=found.kept,
        fixes=found.fixes,
        findings=len(found.findings.derived),
        reported=len(found.findings.reported),
        about_others=found.findings.about_others,
        withheld=read.withheld,
        unbound=tuple(unbound(found)),
        basis=found.findings.basis,
    )


def same_but_closed(expert: bytes, other: bytes) -> list[str]:
    """Return in words how the redacted bundle differs from the expert's besides what is closed;
    empty: in nothing."""
    one, two = opened(expert), opened(other)
    said = [f"first: {each}" for each in one.wrong] + [f"second: {each}" for each in two.wrong]
    if one.members.get("manifest.json") != two.members.get("manifest.json"):
        said.append("manifest.json: the two were not made together")
    for path, text in two.members.items():
        if path != "openings.json" and one.members.get(path) != text:
            said.append(f"{path}: is not the same in both")
    return said


def sentences(checked: Checked) -> list[str]:
    """Return what was found, for a person."""
    if checked.state is State.REFUSED:
        return ["REFUSED: this is not the bundle that was signed, or not a whole one."] + [
            f"  {each}" for each in checked.wrong
        ]
    start, end = (iso(Instant(at)) for at in checked.window)
    lines = [
        (
            f"Bundle {checked.bundle_id} ({checked.kind}) of wearer {checked.wearer_id}, {start} "
            f"to {end}."
        ),
        f"Signed by the key {checked.signer}: compare it with the one the installation published.",
        *checked.signer_way,
        f"Every record is proved to the journal's head {checked.head}"
        + (
            ": compare it with the one mailed at the time."
            if checked.head_published
            else ", which had not gone to outside addresses when it was made."
        ),
        (
            f"{checked.fixes} fixes in {checked.frames} raw frames; {checked.findings} findings "
            f"derived again; {checked.reported} reported by the tag or the centre; "
            f"{checked.about_others} need another person's fixes and are not here."
        ),
    ]
    if checked.kept:
        lines.append(
            f"Of {checked.kept} of these frames the key is destroyed, for he was monitored for "
            "zones only: they are proved to have come, and stand here with what was kept of them."
        )
    if checked.basis == "told":
        lines.append("Findings are those that follow from the conditions he was told of alone.")
    lines += [f"Withheld: {path}" for path in checked.withheld]
    lines += [f"On the signature alone: {each}" for each in checked.unbound]
    if checked.state is State.SAME:
        return [*lines, "SAME: the findings follow from the raw frames, |Δp| ≤ 1e-6."]
    return [*lines, "DIFFERENT:", *(f"  {each}" for each in checked.wrong)]


def _step(step: Succession) -> str:
    return f"Key {step.new} took the place of {step.old} at {iso(Instant(step.at))}: both say so."


def _different(read: Opened, manifest: Manifest, found: Evidence) -> list[str]:
    said = judged_again(found, manifest.window)
    if CLOSED + "findings.json" in read.members:
        said += judged_again(evidence(read), manifest.window)
    settings = history_of(found.settings).at(Instant(manifest.window[1] - 1))
    made = fixes_csv(found.parts, manifest.window, settings)
    said += tables_differ(FIXES, read.members.get(FIXES, b""), made)
    made = gaps_csv(found.parts, manifest.window)
    return said + tables_differ(GAPS, read.members.get(GAPS, b""), made)


def _kind(read: Opened) -> str:
    if read.manifest is None or not read.manifest.has_closed:
        return "whole"
    return "redacted" if read.withheld else "expert"


def _head(manifest: Manifest) -> str:
    return f"{manifest.head.seq}:{manifest.head.digest}"
