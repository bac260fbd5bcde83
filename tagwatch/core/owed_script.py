"""Whom to ring about what people owe, and not the wearer: the office's own scripts by kind.

Our own wording, as in `call_script`, which holds all of them.
"""

from typing import Final

from tagwatch.core.alert import AlertKind
from tagwatch.core.call_step import CallScript, CallStep
from tagwatch.core.recorded_act import Party

OWED: Final[dict[AlertKind, CallScript]] = {
    AlertKind.ROTA_GAP: CallScript(
        look="The page On call: which duty, and since when nobody stands for it.",
        steps=(
            CallStep(
                party=Party.OTHER,
                asks=("Ring whoever keeps the rota, and find somebody who takes the duty on now.",),
            ),
        ),
        beware=("Until then everybody of the duty is told.",),
    ),
    AlertKind.ZONE_DRAFT: CallScript(
        look="The wearer's page: whether it was published meanwhile, and who drew it.",
        steps=(
            CallStep(
                party=Party.PRACTITIONER,
                asks=(
                    "A secret zone does not protect yet: can you look at it and publish it now?",
                    "If you drew it yourself: who else may see it and can publish it?",
                ),
            ),
        ),
        beware=("Until then nobody is warned of an entry: say so to whoever relies on it.",),
    ),
    AlertKind.PLAN_REVIEW: CallScript(
        look="The wearer's risk plan: whether it was reviewed meanwhile.",
        steps=(
            CallStep(
                party=Party.PRACTITIONER, asks=("When will the plan be reviewed, and by whom?",)
            ),
        ),
    ),
    AlertKind.NOT_MONITORED: CallScript(
        look="The list Ordered but not monitored: whether a tag was fitted or heard of meanwhile.",
        steps=(
            CallStep(
                party=Party.PROTECTED_SIDE,
                asks=(
                    "Say that no tag reports at present, and since when: nothing can warn her.",
                    "Is she safe? Has she seen or heard from him?",
                ),
            ),
            CallStep(
                party=Party.WEARER,
                asks=("Where are you, and when can a tag be fitted or looked at?",),
            ),
            CallStep(
                party=Party.PRACTITIONER,
                asks=(
                    "Is he released, and does the order stand?",
                    "What does the officer want done until a tag reports?",
                ),
            ),
        ),
        beware=("That nobody has fitted a tag is no breach of his.",),
    ),
    AlertKind.TASK_OVERDUE: CallScript(
        look="The wearer's case: which task, and whether it was done meanwhile.",
        steps=(
            CallStep(
                party=Party.PRACTITIONER,
                asks=("Was it done? Then it must be recorded. If not: by when, and by whom?",),
            ),
        ),
        beware=("Hearings and recalls have clocks of their own: ask whether one runs.",),
    ),
    AlertKind.NOTICE_FAILED: CallScript(
        look="The page What her side was told: whether she was told meanwhile, and how.",
        steps=(
            CallStep(
                party=Party.PROTECTED_SIDE,
                asks=(
                    "Ring whoever speaks with her; her own phone only if it is safe now.",
                    "Tell her what the message said, and since when.",
                    "Is she safe? Does this channel still suit her, or which does?",
                ),
            ),
            CallStep(
                party=Party.PRACTITIONER,
                asks=("If nobody reaches her: who can, and who tells her today?",),
            ),
        ),
        beware=(
            "Record on that page how she was told: until then the alert stays open.",
            "A channel that fails may be in his hands: do not try it again and again.",
        ),
    ),
    AlertKind.ENQUIRY_OVERDUE: CallScript(
        look="Enquiries: what was asked, for what, who has taken it on, and how late it is.",
        steps=(
            CallStep(
                party=Party.PRACTITIONER,
                asks=("Who answers it, and when? If it was answered already, record it.",),
            ),
            CallStep(
                party=Party.OTHER,
                asks=("Tell whoever asked when the answer comes, and nothing about the wearer.",),
            ),
        ),
        beware=("Say nothing about a wearer to anybody whose identity was not made sure of.",),
    ),
    AlertKind.REQUEST_OVERDUE: CallScript(
        look="Data requests: who asked, for what, whether he was made sure of, who must approve.",
        steps=(
            CallStep(
                party=Party.PRACTITIONER,
                asks=("Who makes sure of them, who approves, and when? Is a life at risk?",),
            ),
            CallStep(
                party=Party.OTHER,
                asks=("Tell whoever asked when the answer comes, and nothing about the wearer.",),
            ),
        ),
        beware=("Release nothing by telephone: only what is approved and recorded is released.",),
    ),
    AlertKind.REVIEW_DUE: CallScript(
        look="Reviews: what is to be reviewed, since when it stands, and whether it was meanwhile.",
        steps=(
            CallStep(
                party=Party.PRACTITIONER,
                asks=("Who reviews it, and when? If it is over, then its end must be recorded.",),
            ),
        ),
        beware=("Of a restricted case speak with its officer or his deputy, and nobody else.",),
    ),
}
"""Nothing here is asked of the wearer but to have a tag fitted."""
