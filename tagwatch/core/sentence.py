"""One plain sentence for an alert: no name, no address, no place, no label of a zone.

It stands on pages, in lists and in notifications, so it says only what anybody who may know of
the alert may know: what was found, how sure it is, and whether it goes on.
"""

from math import floor
from typing import Final

from tagwatch.core.alert import Alert, AlertKind, ServiceFact
from tagwatch.core.episode import Episode
from tagwatch.core.outcome import Finding, Phase, RuleKind

_WHAT: Final[dict[AlertKind, str]] = {
    AlertKind.ZONE_ENTRY: "inside an exclusion zone",
    AlertKind.ZONE_APPROACH: "inside the buffer round an exclusion zone",
    AlertKind.CURFEW_ABSENCE: "away from where he must be in these hours",
    AlertKind.ENCOUNTER: "nearer to a person than an order allows",
    AlertKind.CURFEW_UNSEEN: "not seen in hours in which he must be in a place: nobody can say",
}
FACT_WORDS: Final[dict[AlertKind, str]] = {
    AlertKind.STRAP: "The tag reports that its strap was tampered with",
    AlertKind.CASE: "The tag reports that its case was opened",
    AlertKind.NOT_WORN: "The tag reports that it is not worn",
    AlertKind.BATTERY_LOW: "The tag's battery is low",
    AlertKind.BATTERY_CRITICAL: "The tag's battery is nearly empty",
    AlertKind.POWER_OFF: "The tag reports that it was switched off",
    AlertKind.NO_COMMS: "The tag is silent for longer than its mode lets expect",
    AlertKind.NO_LOCATION: "The tag is heard of, but its place is not known",
    AlertKind.JAMMING_SIGNS: "The tag reports signs of jamming, which prove nothing by themselves",
    AlertKind.ALARM: "The wearer pressed the tag's button",
    AlertKind.BLIND: "The installation could not see",
    AlertKind.MASS_SILENCE: "Many tags fell silent at once: probably one outage, not their wearers",
    AlertKind.ROTA_GAP: "Nobody is on shift",
    AlertKind.WATCH: "A part of the installation is failing",
    AlertKind.DRILL: "DRILL, nothing happened",
    AlertKind.ZONE_DRAFT: "A secret zone was drawn and does not protect: nobody has published it",
    AlertKind.PLAN_REVIEW: "The risk management plan was to be reviewed by now",
    AlertKind.NOT_MONITORED: "An order is in force and nothing is monitored",
    AlertKind.TASK_OVERDUE: "A task of a case was to be done by now",
    AlertKind.NOTICE_FAILED: "A message to a protected person's side did not arrive",
    AlertKind.ENQUIRY_OVERDUE: "A question about the wearer was to be answered by now",
    AlertKind.REQUEST_OVERDUE: "A data request about the wearer was to be answered by now",
    AlertKind.REVIEW_DUE: "A review was to be done by now",
}

_MOST_PERCENT: Final = 99.9


def episode_sentence(alert: Alert, episode: Episode) -> str:
    """Return the sentence of an alert about a location episode."""
    what = _WHAT[alert.kind]
    if alert.kind is AlertKind.ZONE_ENTRY and alert.protects:
        what += " that protects a person"
    if alert.finding is Finding.WITHDRAWN:
        return f"Withdrawn: it is no longer held that the wearer was {what}."
    if alert.finding is Finding.UNDETERMINED:
        return f"{_was(alert)} {_unseen(alert, what)}."
    told = " The wearer had not been told of it: protect, it is no breach." * alert.before_told
    late = f" Found {_duration(alert.late_by_s)} late." if alert.late_by_s else ""
    return f"{_head(alert)} {what} ({_sure(alert.probability, episode)}).{told}{late}"


def fact_sentence(fact: ServiceFact) -> str:
    """Return the sentence of an alert about a service fact."""
    words = FACT_WORDS[fact.kind]
    over = (
        " It has ended." if fact.phase is Phase.ENDED and fact.kind is not AlertKind.BLIND else ""
    )
    explained = " Another alert explains it." if fact.explained_by is not None else ""
    detail = f": {fact.detail}" if fact.detail else ""
    excused = f" {fact.excused}" if fact.excused else ""
    return f"{words}{detail}.{explained}{excused}{over}"


def _head(alert: Alert) -> str:
    if alert.finding is Finding.CONFIRMED:
        return (
            "Confirmed: the wearer was"
            if alert.phase is Phase.ENDED
            else "Confirmed: the wearer is"
        )
    return "The wearer was possibly" if alert.phase is Phase.ENDED else "The wearer is possibly"


def _was(alert: Alert) -> str:
    return "The wearer was" if alert.phase is Phase.ENDED else "The wearer is"


def _unseen(alert: Alert, what: str) -> str:
    if alert.kind is AlertKind.CURFEW_UNSEEN:
        return what
    return f"possibly {what}: it was neither confirmed nor ruled out"


def _sure(probability: float, episode: Episode) -> str:
    """Return how sure: rounded down, and never certain, for no error model is."""
    percent = floor(probability * 1000) / 10
    sure = f"{percent:g} %" if percent <= _MOST_PERCENT else f"more than {_MOST_PERCENT} %"
    if episode.rule is RuleKind.ENCOUNTER:
        pairs = "1 fix" if episode.witnesses == 1 else f"{episode.witnesses} independent fixes"
        return f"{sure} sure, from {pairs} of each"
    witnesses = "1 fix" if episode.witnesses == 1 else f"{episode.witnesses} independent fixes"
    return f"{sure} sure, from {witnesses}"


def _duration(seconds: int) -> str:
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
