"""How each figure of a circumstances card was computed, in words printed beside it."""

from typing import Final

HOW: Final[dict[str, str]] = {
    "probability": "the highest probability of any one fix of the stay; fixes are never multiplied",
    "witnesses": "fixes far enough apart in time that passing errors differ; those by Wi-Fi, cell "
    "or beacon count as one",
    "by_network": "fixes by Wi-Fi, cell or beacon repeat one entry of a register, right or wrong",
    "accuracy_m_95_best": "smallest 95 % circle of the fixes of the stay, by the error model",
    "accuracy_m_95_median": "the circle that holds the tag with 95 % probability, by the error "
    "model",
    "accuracy_m_95_worst": "largest 95 % circle of the fixes used",
    "entered_earliest": "last fix clear of the area, or the start of what applies or is known",
    "entered_latest": "first fix sure enough to accuse, else the first used",
    "left_earliest": "last fix sure enough to accuse, else the last near one",
    "left_latest": "first fix of those that show him clear of the area",
    "inside_s_least": "0 unless confirmed; between two fixes no longer than he needs to the border "
    "and back from it, at the fastest way of moving not left out, however long the gap",
    "inside_s_most": "from the earliest he can have entered to the latest he can have left",
    "deepest_m": "the fix farthest from the area's border on the wrong side; its circle applies",
    "distance_m_least": "the distance of the nearest fix from the border, give or take its circle",
    "distance_m_most": "nearest fix to the area's border, plus its 95 % radius; 0 on the border",
    "gaps": "more than 5 minutes without a fix that can decide",
    "earlier_30_days": "earlier episodes of this condition that began in the 30 days before",
    "earlier_90_days": "earlier episodes of this condition that began in the 90 days before",
    "would_not_have_fired_if": "the threshold, and the same judgement without the best fix",
    "steady_m": "how deep inside a zone, or how far from where he must be, lies the place that the "
    "fixes show, with 98 % probability; a steady error smaller than that does not undo it",
    "jumps": "fixes to which he cannot have gone and come back from, at the fastest way of moving "
    "that those beside them leave open, circles of 99 % taken off; errors of place",
    "movement": "each interval between fixes weighed by distance, time, error and the tag's motion "
    "flag; at least: 95 % sure, at most: cannot be left out. Errors that last make him look "
    "stiller. A word for the stay from the fixes up to 15 before to 15 after, by our settings",
    "same_hour": "the fixes of half an hour before to half an hour after this time of day, in "
    "messages that span at most 6 hours",
    "base_rate": "findings of this rule about other people whose zone's centre lies within the "
    "radius, that began in the days before; not shown when they are few",
    "alternatives": "each explanation is always asked about; the reader weighs them",
    "exemptions": "absences, permissions and states on record within a day of it; what excuses it "
    "takes its time out of the condition",
    "fixes_sha256": "SHA-256 over the fixes' journal numbers, times, places and circles",
}
"""By field, how it was computed; printed beside the figures."""
