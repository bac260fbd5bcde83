"""Looks at records that another person should ask about: rules over lines of the audit. Pure.

None of them is a verdict: each says what was seen, why it is odd, and what is usual for that role,
and points at the lines. Whoever wrote the lines is asked, by somebody else.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from tagwatch.core.ids import AccountId, WearerId, derived_id
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, Instant

LINES_SHOWN: Final = 20
"""Lines that a finding points at; how many there are it says in full."""


class Oddity(StrEnum):
    """Why somebody should ask."""

    TIE = "tie"
    SAME_SURNAME = "same_surname"
    NIGHT = "night"
    MASS = "mass"
    NOT_HIS = "not_his"
    REFUSED = "refused"
    BREAK_GLASS = "break_glass"
    HANDED_OUT = "handed_out"
    SAME_WORDS = "same_words"


WHY: Final[dict[Oddity, str]] = {
    Oddity.TIE: "He has declared that he knows this person privately; a colleague should look.",
    Oddity.SAME_SURNAME: "The record has his own surname; most often that is chance.",
    Oddity.NIGHT: "Looks between 22:00 and 06:00 without an alert, by a role that works by day.",
    Oddity.MASS: "Records of many different people within an hour.",
    Oddity.NOT_HIS: "The same record on several days, not of his caseload, without an open alert.",
    Oddity.REFUSED: "Refused many times within an hour, as of somebody who tries doors.",
    Oddity.BREAK_GLASS: "Records opened by break-glass several times within 30 days.",
    Oddity.HANDED_OUT: "Files handed out more often in a day than the role usually does.",
    Oddity.SAME_WORDS: "The same words as the reason for looks at many different people.",
}


class OddSettings(msgspec.Struct, frozen=True, kw_only=True):
    """From how many looks on somebody is asked about."""

    night_looks: int = 3
    mass_people: int = 40
    not_his_days: int = 3
    refusals: int = 8
    openings: int = 3
    handed_out: int = 10
    same_words_people: int = 15


DEFAULT: Final = OddSettings()


class Look(NamedTuple):
    """One line of the audit, with what is known of its wearers."""

    line: int
    at: Instant
    by: AccountId
    role: str
    question: str
    wearers: tuple[WearerId, ...]
    refused: bool
    handed_out: bool
    words: str


class Looker(NamedTuple):
    """Who looks: his surname, and whom he has declared to know."""

    surname: str
    knows: frozenset[WearerId]


class Known(NamedTuple):
    """What is known of a wearer: his surname, and who is responsible for him."""

    surname: str
    keepers: frozenset[AccountId]


class OddLook(msgspec.Struct, frozen=True, kw_only=True):
    """Something of one account that somebody else should ask about."""

    odd_id: str
    oddity: Oddity
    by: AccountId
    role: str
    first_at: Instant
    last_at: Instant
    wearers: tuple[WearerId, ...]
    count: int
    """Looks, people, refusals or files: what the rule counts."""
    usual: str
    """What is usual, in words, from the same lines."""
    lines: tuple[int, ...]


class Audited(NamedTuple):
    """What the rules look at."""

    looks: Sequence[Look]
    lookers: Mapping[AccountId, Looker]
    wearers: Mapping[WearerId, Known]
    alerts: Mapping[WearerId, Sequence[tuple[Instant, Instant]]]
    """When a wearer had an open alert: from, until."""


def odd_looks(seen: Audited, settings: OddSettings = DEFAULT) -> tuple[OddLook, ...]:
    """Return what somebody should ask about, the latest first."""
    rules: tuple[Callable[[Audited, OddSettings], Iterable[OddLook]], ...] = (
        *(_ties, _surnames, _nights, _masses, _not_his),
        *(_refusals, _openings, _handed_out, _same_words),
    )
    found = [one for rule in rules for one in rule(seen, settings)]
    return tuple(sorted(found, key=lambda one: (-one.last_at, one.odd_id)))


# --- the rules ------------------------------------------------------------------------------


def _ties(seen: Audited, _settings: OddSettings) -> Iterable[OddLook]:
    groups: dict[tuple[AccountId, WearerId], list[Look]] = defaultdict(list)
    for look in _answered(seen):
        looker = seen.lookers.get(look.by)
        for wearer in looker.knows.intersection(look.wearers) if looker else ():
            groups[look.by, wearer].append(look)
    for (_, wearer), looks in groups.items():
        usual = "nobody looks at people he knows"
        yield _odd(Oddity.TIE, wearer, looks, (wearer,), len(looks), usual)


def _surnames(seen: Audited, _settings: OddSettings) -> Iterable[OddLook]:
    bearers = Counter(known.surname for known in seen.wearers.values() if known.surname)
    groups: dict[tuple[AccountId, WearerId], list[Look]] = defaultdict(list)
    for look in _answered(seen):
        looker = seen.lookers.get(look.by)
        if looker is None or not looker.surname or len(look.wearers) != 1:
            continue  # a list shows everybody: nobody was looked up in it
        known = seen.wearers.get(look.wearers[0])
        his = known is not None and look.by in known.keepers
        if known is not None and known.surname == looker.surname and not his:
            groups[look.by, look.wearers[0]].append(look)
    for (by, wearer), looks in groups.items():
        many = bearers[seen.lookers[by].surname]
        usual = f"{many} of {len(seen.wearers)} people on the register have this surname"
        yield _odd(Oddity.SAME_SURNAME, wearer, looks, (wearer,), len(looks), usual)


def _nights(seen: Audited, settings: OddSettings) -> Iterable[OddLook]:
    by_day = [look for look in _answered(seen) if look.wearers and look.role != "operator"]
    groups: dict[tuple[AccountId, int], list[Look]] = defaultdict(list)
    for look in by_day:
        if _is_night(look.at) and not any(_alerted(seen, one, look.at) for one in look.wearers):
            groups[look.by, (look.at - 6 * HOUR) // DAY].append(look)
    shares = {role: _night_share(by_day, role) for role in {look.role for look in by_day}}
    for (_, night), looks in groups.items():
        if len(looks) >= settings.night_looks:
            usual = f"{100 * shares[looks[0].role]:.0f} % of the role's looks are at night"
            yield _odd(Oddity.NIGHT, night, looks, _people(looks), len(looks), usual)


def _masses(seen: Audited, settings: OddSettings) -> Iterable[OddLook]:
    groups = _hours([look for look in _answered(seen) if len(look.wearers) == 1])
    people = {key: len(_people(looks)) for key, looks in groups.items()}
    for key, looks in groups.items():
        same_role = [
            people[each] for each, other in groups.items() if other[0].role == looks[0].role
        ]
        if people[key] >= settings.mass_people:
            usual = f"in half of the role's hours at most {_middle(same_role)}"
            yield _odd(Oddity.MASS, key[1], looks, _people(looks), people[key], usual)


def _not_his(seen: Audited, settings: OddSettings) -> Iterable[OddLook]:
    groups: dict[tuple[AccountId, WearerId], list[Look]] = defaultdict(list)
    for look in _answered(seen):
        if len(look.wearers) != 1 or look.role not in ("practitioner", "police", "liaison"):
            continue
        wearer = look.wearers[0]
        known = seen.wearers.get(wearer)
        his = known is None or look.by in known.keepers
        if not his and not _alerted(seen, wearer, look.at):
            groups[look.by, wearer].append(look)
    days = {key: len({look.at // DAY for look in looks}) for key, looks in groups.items()}
    for key, looks in groups.items():
        if days[key] >= settings.not_his_days:
            usual = f"such looks are on {_middle(list(days.values()))} days in half of all cases"
            yield _odd(Oddity.NOT_HIS, key[1], looks, (key[1],), days[key], usual)


def _refusals(seen: Audited, settings: OddSettings) -> Iterable[OddLook]:
    groups = _hours([look for look in seen.looks if look.refused and look.by])
    for (_, hour), looks in groups.items():
        if len(looks) >= settings.refusals:
            usual = f"{_middle([len(each) for each in groups.values()])} in half of such hours"
            yield _odd(Oddity.REFUSED, hour, looks, _people(looks), len(looks), usual)


def _openings(seen: Audited, settings: OddSettings) -> Iterable[OddLook]:
    groups: dict[AccountId, list[Look]] = defaultdict(list)
    for look in _answered(seen):
        if look.question == "break_glass":
            groups[look.by].append(look)
    for looks in groups.values():
        if len(looks) >= settings.openings:
            usual = f"{len(groups)} accounts opened any record so"
            yield _odd(Oddity.BREAK_GLASS, "", looks, _people(looks), len(looks), usual)


def _handed_out(seen: Audited, settings: OddSettings) -> Iterable[OddLook]:
    groups: dict[tuple[AccountId, int], list[Look]] = defaultdict(list)
    for look in _answered(seen):
        if look.handed_out:
            groups[look.by, look.at // DAY].append(look)
    for (_, day), looks in groups.items():
        same_role = [len(each) for each in groups.values() if each[0].role == looks[0].role]
        if len(looks) >= settings.handed_out:
            usual = f"in half of the role's days with any, at most {_middle(same_role)}"
            yield _odd(Oddity.HANDED_OUT, day, looks, _people(looks), len(looks), usual)


def _same_words(seen: Audited, settings: OddSettings) -> Iterable[OddLook]:
    groups: dict[tuple[AccountId, str], list[Look]] = defaultdict(list)
    for look in _answered(seen):
        words = " ".join(look.words.lower().split())
        if words and look.wearers:
            groups[look.by, words].append(look)
    people = {key: len(_people(looks)) for key, looks in groups.items()}
    for key, looks in groups.items():
        if people[key] >= settings.same_words_people:
            usual = f"half of all reasons serve for at most {_middle(list(people.values()))}"
            yield _odd(Oddity.SAME_WORDS, key[1], looks, _people(looks), people[key], usual)


# --- their parts ----------------------------------------------------------------------------


def _answered(seen: Audited) -> Iterable[Look]:
    return (look for look in seen.looks if not look.refused and look.by)


def _hours(looks: Iterable[Look]) -> dict[tuple[AccountId, int], list[Look]]:
    groups: dict[tuple[AccountId, int], list[Look]] = defaultdict(list)
    for look in looks:
        groups[look.by, look.at // HOUR].append(look)
    return groups


def _people(looks: Iterable[Look]) -> tuple[WearerId, ...]:
    return tuple(sorted({wearer for look in looks for wearer in look.wearers}))


def _alerted(seen: Audited, wearer: WearerId, at: Instant) -> bool:
    """Say whether an alert about him was open then, or within a day."""
    return any(begin - DAY <= at <= end + DAY for begin, end in seen.alerts.get(wearer, ()))


def _is_night(at: Instant) -> bool:
    return not 6 <= london(at).hour < 22


def _night_share(looks: Collection[Look], role: str) -> float:
    of_role = [look for look in looks if look.role == role]
    return sum(_is_night(look.at) for look in of_role) / len(of_role)


def _middle(numbers: Sequence[int]) -> int:
    return sorted(numbers)[(len(numbers) - 1) // 2]


def _odd(
    oddity: Oddity,
    about: object,
    looks: Sequence[Look],
    wearers: tuple[WearerId, ...],
    count: int,
    usual: str,
) -> OddLook:
    first = looks[0]
    return OddLook(
        # whatever part of the audit is read, the same matter has the same name
        odd_id=derived_id("od", oddity.value, first.by, about),
        oddity=oddity,
        by=first.by,
        role=first.role,
        first_at=first.at,
        last_at=looks[-1].at,
        wearers=wearers[:LINES_SHOWN],
        count=count,
        usual=usual,
        lines=tuple(look.line for look in looks[-LINES_SHOWN:]),
    )
