"""The words for rule settings: what each number decides, and its value as a person says it."""

from typing import Final

from tagwatch.core.units import SECOND
from tagwatch.web.render import age

SECTION_WORDS: Final = {
    "zone": "Exclusion zones",
    "curfew": "Curfews",
    "encounter": "No contact",
    "tamper": "Strap and case",
    "battery": "Battery",
    "comms": "Silence and outages",
    "alert": "Alerts and their clocks",
    "card": "Circumstances",
    "enquiry": "Enquiries",
    "request": "Data requests",
    "access": "Break-glass and sealed trails",
    "review": "Reviews",
}
_UNITS: Final = {"_s": " (seconds)", "_m": " (metres)", "_pct": " (per cent)"}
_WORDS: Final = {
    "zone.thresholds.protect": "Probability that warns",
    "zone.thresholds.accuse": "Probability that accuses",
    "zone.life_thresholds.protect": "Probability that warns, zone of a named person",
    "zone.life_thresholds.accuse": "Probability that accuses, zone of a named person",
    "zone.fold_s": "Fixes this close together count once",
    "zone.independent_s": "Fixes this far apart are two witnesses",
    "zone.confirm_fixes": "Witnesses that confirm",
    "zone.leave_after_s": "Clearly outside for this long ends a stay",
    "zone.same_stay_s": "A return within this time is the same stay",
    "zone.near_m": "He is followed within this of a zone",
    "zone.steady_m": "A witness lies at least this deep",
    "zone.floor": "No zone's own warning below",
    "curfew.thresholds.protect": "Probability of absence that warns",
    "curfew.thresholds.accuse": "Probability of absence that accuses",
    "curfew.present": "Probability of presence that counts as at home",
    "curfew.borne_out_s": "A second fix outside must come this much later",
    "curfew.seen": "Probability of presence that counts as seen",
    "curfew.confirm_s": "Outside for this long confirms an absence",
    "curfew.steady_m": "A fix that confirms lies at least this far off",
    "curfew.remind_before_s": "The wearer is reminded this long before",
    "curfew.unseen_after_s": "Without a usable fix for this long: cannot say",
    "encounter.thresholds.protect": "Probability of being near that warns",
    "encounter.thresholds.accuse": "Probability of being near that accuses",
    "encounter.life_thresholds.protect": "Probability that warns, a named person protected",
    "encounter.life_thresholds.accuse": "Probability that accuses, a named person protected",
    "encounter.steady_m": "A witness holds also this much farther apart",
    "encounter.spread_mps": "Metres a second that a fix loses with age, on foot",
    "encounter.rest_mps": "The same where the tag said at rest",
    "encounter.age_most_s": "A fix says nothing of two when older than",
    "encounter.independent_s": "Fixes of both this far apart are two witnesses",
    "encounter.confirm_fixes": "Witnesses that confirm an encounter",
    "encounter.leave_after_s": "Certainly apart for this long ends an encounter",
    "encounter.lapse_s": "Not shown near for this long ends it too",
    "encounter.same_stay_s": "Near again within this time is the same encounter",
    "tamper.repeat_s": "Reports within this time are one episode",
    "battery.low_pct": "Low at",
    "battery.critical_pct": "Critical at",
    "battery.rearm_pct": "Charged again at",
    "battery.empty_within_s": "Low too when it will be empty within",
    "battery.learn_after_s": "Use is learned over stretches of at least",
    "battery.learn_share": "Weight of the newest stretch in the usual use",
    "comms.learn_share": "Weight of the newest gap in the usual one",
    "comms.learn_quantile": "Gaps that are no longer than the usual longest one",
    "comms.learn_most": "Learned gaps count up to this many expected intervals",
    "comms.silent_factor": "Silent after this many expected intervals",
    "comms.silent_least_s": "But never sooner than",
    "comms.no_location_s": "Heard from, yet without a location for",
    "comms.unmonitored_after_s": "Ordered but not monitored for this long is an alarm",
    "comms.mass_tags": "An outage: so many tags silent at once",
    "comms.mass_share": "And at least this share of all tags",
    "comms.mass_window_s": "At once means within",
    "comms.blind_after_s": "The centre was blind after",
    "comms.near_m": "Ring about wearers last seen this near",
    "comms.clock_step_s": "The clock stepped by more than",
    "alert.late_after_s": "Found late: older on arrival than",
    "alert.acknowledge_life_s": "Answer within, life at risk",
    "alert.acknowledge_urgent_s": "Answer within, urgent",
    "alert.acknowledge_routine_s": "Answer within, routine",
    "alert.acknowledge_again_most_s": "Longest time between reminders",
    "alert.claim_s": "Seconds a wearer stays in one person's hand",
    "alert.refused_at_once_most": "Refused deliveries that pass on at once",
    "alert.retry_first_s": "First retry after",
    "alert.retry_most_s": "Retries at most apart",
    "alert.attempts_most": "Attempts before giving up",
    "alert.answer_link_s": "A link in a message is good for",
    "alert.excused_look_s": "A silence excused without an end is looked at again after",
    "alert.publish_within_s": "A drawn secret zone must be published within",
    "alert.clock_ahead_s": "A fix this far ahead has a wrong clock",
    "card.stay_s": "At rest for this long is a stay",
    "card.edge_s": "On the border for this long is along the edge",
    "card.detour_share": "Straight through: longer than the line by at most",
    "card.weeks": "Weeks looked back for the same hour",
    "card.near_m": "Near a place, and other people's places near it, within",
    "card.base_days": "Days the base rate looks back",
    "card.base_count_least": "No base rate from fewer findings than",
    "card.base_wearers_least": "No base rate from fewer other people than",
    "card.together_s": "Tags that err within this time err together",
    "enquiry.immediate_s": "An immediate question is to be answered within",
    "enquiry.urgent_s": "An urgent question is to be answered within",
    "access.glass_s": "A record opened by break-glass stays open for",
    "access.unsealed_s": "A stretch of a sealed trail stays open for",
    "enquiry.routine_s": "Any other question is to be answered within",
    "request.life_s": "A data request, a life being at risk, is to be answered within",
    "request.urgent_s": "An urgent data request is to be answered within",
    "request.routine_s": "Any other data request is to be answered within",
    "request.sample_of_each": "Of each agency's data requests of a month are reviewed",
    "request.sample_days": "Days to review a sampled data request",
    "review.order_days": "Days until an order is first reviewed",
    "review.restriction_days": "Days until a restricted case is first reviewed",
    "review.hold_days": "Days until a legal hold is first reviewed",
    "alert.backfill_after_s": "Older frames wait behind live ones after",
}
_SHARES: Final = frozenset(
    {
        "protect",
        "accuse",
        "floor",
        "present",
        "seen",
        "mass_share",
        "learn_share",
        "learn_quantile",
        "detour_share",
    },
)


def section_of(section: str) -> str:
    """Return the heading of a section."""
    return SECTION_WORDS.get(section, section.capitalize())


def setting_of(section: str, name: str) -> str:
    """Return what a setting decides; one without words yet is named as in the code."""
    if found := _WORDS.get(f"{section}.{name}"):
        return found
    for ending in _UNITS:
        if name.endswith(ending):
            name = name.removesuffix(ending)
    return name.replace("_", " ").replace(".", ": ").capitalize()


def unit_of(name: str) -> str:
    """Return the unit of a setting in brackets, empty if it has none."""
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")


def value_of(name: str, value: float) -> str:
    """Return the value as a person says it: `4 min`, `99 %`, `1000 m`."""
    if name.endswith("_s"):
        return age(int(value * SECOND))
    if name.endswith("_pct"):
        return f"{value:g} %"
    if name.endswith("_m"):
        return f"{value:g} m"
    if name.rpartition(".")[2] in _SHARES:
        return f"{100 * value:g} %"
    return f"{value:g}"
