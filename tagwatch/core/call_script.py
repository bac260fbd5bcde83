"""Whom to ring about an alert, in which order, and what to ask. Our own wording, by kind of alert.

The protected person's side comes first where she may have to move; the wearer first where a word
may set it right. About a secret zone he is never rung: he would learn where it lies.
"""

from typing import Final

from tagwatch.core.alert import AlertKind
from tagwatch.core.call_step import CallScript, CallStep
from tagwatch.core.order import Demand, ZoneKnowledge
from tagwatch.core.owed_script import OWED
from tagwatch.core.recorded_act import Party

_SHE: Final = CallStep(
    party=Party.PROTECTED_SIDE,
    asks=(
        "Is she safe, and where is she now?",
        "Has she seen or heard from him?",
        "Does she want the police? Does her safety plan say where to go?",
        "Say what is known and how sure it is; say when you will ring again.",
    ),
)
_SHE_OF_THE_TAG: Final = CallStep(
    party=Party.PROTECTED_SIDE,
    asks=(
        "Say that his tag cannot be relied on at present, and since when.",
        "Is she safe? Has she seen or heard from him?",
        "Say when you will ring again.",
    ),
)
_POLICE: Final = CallStep(
    party=Party.POLICE,
    asks=(
        "Give the alert's code, possible or confirmed, and the age of the last fix.",
        "Give the order's number and what it forbids.",
        "Ask for the incident's reference and write it down.",
    ),
)
_PRACTITIONER: Final = CallStep(
    party=Party.PRACTITIONER,
    asks=(
        "Is there a permission, an appointment or a change that is not recorded?",
        "What does the officer want done tonight?",
    ),
)
_NO_HINT: Final = "Say nothing of where she is, of other people's words, or of what the map shows."


def _he(*asks: str) -> CallStep:
    return CallStep(party=Party.WEARER, asks=asks)


_WHERE: Final = (
    "Where are you, and since when?",
    "What took you there? Who can confirm it?",
    "Remind him of the condition in its own words, and write down his answer in his.",
)
_TAG: Final = (
    "Is the tag on your leg, and is anything wrong with it?",
    "Where are you, and since when?",
    "When will you be at home, so that somebody can look at it?",
)
_HEARD: Final = "Whether the tag has been heard from since."
_ENTRY: Final = CallScript(
    look="Whether he has left, and whether later fixes still say that he was in the zone.",
    steps=(_SHE, _POLICE, _he(*_WHERE), _PRACTITIONER),
    beware=(_NO_HINT,),
)
_TAMPER: Final = CallScript(
    look="Whether fixes still come and move, and whether the report was repeated.",
    steps=(_SHE_OF_THE_TAG, _he(*_TAG), _POLICE, _PRACTITIONER),
    beware=("A strap's report can be a fault: ask before you accuse.", _NO_HINT),
)
_CURFEW: Final = CallScript(
    look="Whether he is at home by now, and how far from the address the last fixes lie.",
    steps=(
        _he(
            "Are you at home? If not: where, and when will you be back?",
            "What kept you? Who can confirm it, or is there a paper?",
        ),
        _PRACTITIONER,
    ),
)
_ENCOUNTER: Final = CallScript(
    look="Whether they are apart by now, and how old the two fixes are.",
    steps=(
        _SHE,
        _he(
            "Who is with you? Leave now, and say which way you are going.",
            "How did you come to meet? Who can confirm it?",
        ),
        _PRACTITIONER,
    ),
    beware=(
        "Never tell either of them where the other is, lives, or was seen.",
        "Both may have come there by chance: ask before you accuse.",
    ),
)
_BATTERY: Final = CallScript(
    look="Whether it charges by now.",
    steps=(
        _he(
            "Your tag needs charging: can you do that now?",
            "Is the charger with you, and does it work?",
            "How long will you be where you are?",
        ),
        _PRACTITIONER,
    ),
    beware=("Could not is not would not: write down what keeps him from charging.",),
)
_SILENT: Final = CallScript(
    look=f"{_HEARD} See the causes on this page: each with what speaks for and against it.",
    steps=(
        _he(
            "Where are you, and since when?",
            "Can you go outside, or charge the tag, for ten minutes?",
        ),
        _SHE_OF_THE_TAG,
        _PRACTITIONER,
    ),
    beware=("Silence is no breach, and no proof that he did anything to the tag.",),
)
_UNSEEN: Final = CallScript(
    look="Whether he has been seen since; the last fixes before.",
    steps=(_he("We cannot see whether you are at home. Are you? Is the tag charged?"),),
    beware=("It is not known that he was out: do not say so.",),
)
_APPROACH: Final = CallScript(
    look="Whether he is going away from the zone by now.",
    steps=(
        _he(
            "You are close to a place you must not enter. Which way are you going?",
            "Remind him of the condition in its own words.",
        ),
        _SHE,
        _PRACTITIONER,
    ),
    beware=(_NO_HINT,),
)
_ALARM: Final = CallScript(
    look="Where the last fix lies and how old it is.",
    steps=(_he("You pressed the button. Are you in danger? What do you need?"), _POLICE),
)
_OUTAGE: Final = CallScript(
    look="Whether it is over, and which wearers have been heard from since.",
    steps=(_SHE_OF_THE_TAG, _PRACTITIONER),
    beware=("Go by the list on this page, nearest to a protected place first.",),
)
_PART: Final = CallScript(
    look="The page Health: which part, since when.",
    steps=(CallStep(party=Party.OTHER, asks=("Ring whoever keeps the installation.",)),),
)

SCRIPTS: Final[dict[AlertKind, CallScript]] = {
    AlertKind.ZONE_ENTRY: _ENTRY,
    AlertKind.ZONE_APPROACH: _APPROACH,
    AlertKind.CURFEW_ABSENCE: _CURFEW,
    AlertKind.CURFEW_UNSEEN: _UNSEEN,
    AlertKind.ENCOUNTER: _ENCOUNTER,
    AlertKind.STRAP: _TAMPER,
    AlertKind.CASE: _TAMPER,
    AlertKind.NOT_WORN: _TAMPER,
    AlertKind.BATTERY_LOW: _BATTERY,
    AlertKind.BATTERY_CRITICAL: _BATTERY,
    AlertKind.POWER_OFF: _TAMPER,
    AlertKind.NO_COMMS: _SILENT,
    AlertKind.NO_LOCATION: _SILENT,
    AlertKind.JAMMING_SIGNS: _SILENT,
    AlertKind.ALARM: _ALARM,
    AlertKind.BLIND: _OUTAGE,
    AlertKind.MASS_SILENCE: _OUTAGE,
    AlertKind.WATCH: _PART,
    **OWED,
    AlertKind.DRILL: CallScript(
        look="This is a drill. Do what you would do, and ring nobody outside the centre.",
        steps=(CallStep(party=Party.OTHER, asks=("Ring whoever leads the drill.",)),),
    ),
}
"""One script for each kind of alert. docs/calls.md prints them."""


def _where(look: str, *asks: str) -> CallScript:
    return CallScript(look=look, steps=(_he(*asks), _PRACTITIONER))


_KEPT: Final = "What kept you? Who can confirm it, or is there a paper?"
_NOT_SEEN: Final = CallScript(
    look=_UNSEEN.look,
    steps=(_he("We cannot see whether you are where you must be. Are you? Is the tag charged?"),),
    beware=_UNSEEN.beware,
)
BY_DEMAND: Final[dict[tuple[AlertKind, Demand], CallScript]] = {
    (AlertKind.CURFEW_ABSENCE, Demand.ATTENDANCE): CallScript(
        look="Whether he is there by now, and whether the appointment was moved.",
        steps=(
            _he(
                "You were to be at an appointment. Where are you, and can you still go?",
                _KEPT,
            ),
            CallStep(
                party=Party.OTHER,
                asks=("Ring whoever expected him: did he come, and when did he leave?",),
            ),
            _PRACTITIONER,
        ),
    ),
    (AlertKind.CURFEW_ABSENCE, Demand.INCLUSION_ZONE): _where(
        "Whether he is in the place by now, and how far from its edge the last fixes lie.",
        "At these hours you must be in a certain place. Where are you, and when will you be there?",
        _KEPT,
    ),
    (AlertKind.CURFEW_ABSENCE, Demand.RESTRICTION_ZONE): _where(
        "Whether he is back in the area, which way he is going, and how far from its edge he is.",
        "You must not leave the area of your order. Where are you, and which way are you going?",
        "What took you out of it? Who can confirm it, or is there a paper?",
    ),
    **{
        (AlertKind.CURFEW_UNSEEN, demand): _NOT_SEEN
        for demand in Demand
        if demand is not Demand.CURFEW
    },
}
"""Where the order calls it something else than a curfew, and other things are asked."""

SECRET: Final = (
    "The zone is secret: do not ring the wearer about it, and tell nobody of it who could tell him."
)


def script_of(
    kind: AlertKind,
    knowledge: ZoneKnowledge | None,
    protects: tuple[str, ...],
    demand: Demand = Demand.CURFEW,
) -> CallScript:
    """Return the script for an alert about a condition he knows of or not (None: no condition),
    and what the order calls it, where it says where he must be.

    Where nobody is protected there is no protected side to ring. About a secret zone the wearer
    is left out, and that is said first.
    """
    script = BY_DEMAND.get((kind, demand), SCRIPTS[kind])
    steps, beware = script.steps, script.beware
    if not protects:
        steps = tuple(step for step in steps if step.party is not Party.PROTECTED_SIDE)
    if knowledge is ZoneKnowledge.SECRET:
        steps = tuple(step for step in steps if step.party is not Party.WEARER)
        beware = (SECRET, *beware)
    return CallScript(look=script.look, steps=steps, beware=beware)


def scripts_text() -> str:
    """Return the scripts as Markdown, as docs/calls.md prints them."""
    parts: list[str] = []
    every: dict[str, CallScript] = {}
    for kind, script in SCRIPTS.items():
        every[kind.value] = script
        for (of, demand), other in BY_DEMAND.items():
            if of is kind:
                every[f"{kind}: {demand.replace('_', ' ')}"] = other
    for name, script in every.items():
        parts.append(f"### {name}\n\nLook first: {script.look}\n")
        for number, step in enumerate(script.steps, start=1):
            asks = " ".join(step.asks)
            parts.append(f"{number}. *{step.party.replace('_', ' ')}*: {asks}")
        parts += [f"\n**Beware.** {words}" for words in script.beware]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"
