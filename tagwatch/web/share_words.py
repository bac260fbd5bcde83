"""The words for shares of cases."""

from enum import StrEnum
from typing import Final

from tagwatch.core.case_share import ShareBasis, ShareField
from tagwatch.core.recorded_share import FetchForm

SHARE_WORDS: Final[tuple[tuple[StrEnum, str], ...]] = (
    (ShareField.WHO, "Who he is: name, date of birth, numbers, programme, officer"),
    (ShareField.ORDER, "Orders and conditions he was told of, in words, without any place"),
    (ShareField.PLAN, "Summary of the risk management plan: warnings, what to do, measures"),
    (ShareField.ALERTS, "Alerts of the last days, as counts by kind"),
    (ShareField.DECISIONS, "Decisions: what was decided and when"),
    (ShareField.WEEKS, "The last four weeks in sentences, without places"),
    (ShareBasis.MAPPA, "MAPPA: Criminal Justice Act 2003, section 325"),
    (ShareBasis.CRIME_AND_DISORDER, "Crime and Disorder Act 1998, section 115"),
    (ShareBasis.LAW_ENFORCEMENT, "Law enforcement: Data Protection Act 2018, part 3"),
    (ShareBasis.SAFEGUARDING, "Safeguarding: Data Protection Act 2018, schedule 1, paragraph 18"),
    (ShareBasis.VITAL_INTERESTS, "Vital interests: a life is at risk"),
    (ShareBasis.SUPERVISION, "Supervision: Offender Management Act 2007, section 14"),
    (FetchForm.PAGE, "On the page"),
    (FetchForm.PDF, "As PDF"),
    (FetchForm.API, "By a program"),
)
