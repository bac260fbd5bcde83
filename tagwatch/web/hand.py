"""Acts on an alert that keep others out of each other's way: claim, let go, put aside, call."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.ids import AccountId, AlertId
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.desk.alert import WordsMissing
from tagwatch.desk.call import record_call
from tagwatch.desk.claim import claim, let_go, wait
from tagwatch.desk.clerk import Conflict, NotRecorded
from tagwatch.web.alert import NO_FIELD, after_act, alert_reader, problem_page
from tagwatch.web.foundation import Asked, foundation
from tagwatch.web.route import Form, act, field
from tagwatch.web.whole import whole


@act("/alerts/{alert_id:str}/claim", Verb.ACT_ON_ALERT)
def claim_alert(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Have the alert's wearer in hand, or take him over from somebody."""
    words, over = field(data, "words", 500), field(data, "over", 80)
    clerk = foundation(request).clerk
    holder = AccountId(over) if over else None
    try:
        done = claim(clerk, alert_reader(request), AlertId(alert_id), holder, words)
    except WordsMissing as error:
        return problem_page(request, alert_id, str(error), "#over", {})
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, {"over_words": words})
    return after_act(alert_id, done, "claim")


@act("/alerts/{alert_id:str}/let-go", Verb.ACT_ON_ALERT)
def let_go_alert(request: Asked, alert_id: FromPath[str]) -> Response[Any]:
    """Let go of the alert's wearer."""
    try:
        done = let_go(foundation(request).clerk, alert_reader(request), AlertId(alert_id))
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, {})
    return after_act(alert_id, done, "let_go")


@act("/alerts/{alert_id:str}/wait", Verb.ACT_ON_ALERT)
def wait_alert(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Put the alert aside for some minutes."""
    words, minutes = field(data, "words", 500), field(data, "minutes", 6)
    kept = {"wait_words": words, "wait_minutes": minutes}
    given = whole(minutes)
    clerk = foundation(request).clerk
    try:
        done = wait(clerk, alert_reader(request), AlertId(alert_id), given, words)
    except WordsMissing as error:
        return problem_page(request, alert_id, str(error), "#wait-words", kept)
    except ValueError as error:
        return problem_page(request, alert_id, str(error), "#minutes", kept)
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, kept)
    return after_act(alert_id, done, "wait")


@act("/alerts/{alert_id:str}/call", Verb.ACT_ON_ALERT)
def call_alert(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Write down a call."""
    party, outcome = field(data, "party", 40), field(data, "outcome", 40)
    said, view = field(data, "said", 4000), field(data, "view", 4000)
    kept = {
        "call_party": party,
        "call_outcome": outcome,
        "call_said": said,
        "call_view": view,
    }
    if party not in list(Party):
        return problem_page(request, alert_id, "Choose who was rung", "#party", kept)
    if outcome not in list(CallOutcome):
        return problem_page(request, alert_id, "Choose how the call ended", "#outcome", kept)
    clerk = foundation(request).clerk
    asked = alert_reader(request)
    try:
        done = record_call(
            clerk, asked, AlertId(alert_id), Party(party), CallOutcome(outcome), said, view
        )
    except WordsMissing as error:
        return problem_page(request, alert_id, str(error), "#said", kept)
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, kept)
    return after_act(alert_id, done, "call")


ROUTES = (claim_alert, let_go_alert, wait_alert, call_alert)
