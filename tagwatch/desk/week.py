"""Whether one is told when the week's overviews are ready: everybody chooses for himself."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ledger import WeekNoticeChosen
from tagwatch.desk.clerk import Clerk, Done, need


def choose_week_notice(clerk: Clerk, reader: Reader, *, wanted: bool) -> Done:
    """Record whether the reader is told. Raises NotRecorded."""
    need(reader, Verb.SEE_TRAIL)
    reader.about_to_alter("week_notice", [], "wanted" if wanted else "not wanted")
    account = reader.actor.account_id
    return clerk.record(WeekNoticeChosen(account=account, wanted=wanted, at=reader.now()))
