"""What the API can say about retention, and the proof of each erasure."""

from typing import Final

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.retention import RetentionPeriods
from tagwatch.query.retention import Forgetting, RetentionView, forgetting_view, retention_view
from tagwatch.web.api_endpoint import Endpoint, read
from tagwatch.web.api_record import Call


def _view(call: Call) -> RetentionView:
    return retention_view(call.reader, RetentionPeriods())


def _proof(call: Call) -> Forgetting:
    return forgetting_view(call.reader, call.path["name"])


RETENTION: Final[tuple[Endpoint, ...]] = (
    read(
        "get_retention",
        "/retention",
        Verb.LIFT_HOLD,
        "For how long what is kept, and who would be forgotten today",
        _view,
        RetentionView,
        purpose=Purpose.UPKEEP,
    ),
    read(
        "get_erasure_proof",
        "/retention/{name:str}",
        Verb.LIFT_HOLD,
        "The proof that a wearer was forgotten, by its id or his",
        _proof,
        Forgetting,
        purpose=Purpose.UPKEEP,
    ),
)
