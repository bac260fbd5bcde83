"""A request of the monthly sample is reviewed by somebody who had no part in it."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.data_request import WORDS_MOST, RequestError
from tagwatch.core.dip_sample import SampleFinding
from tagwatch.core.ids import RequestId
from tagwatch.core.recorded_request import SampleReviewed
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store.data_requests import request_of
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.request_samples import sampled


def review(
    clerk: Clerk,
    reader: Reader,
    which: tuple[str, RequestId],
    finding: SampleFinding,
    words: str,
) -> Done:
    """Record what a reviewer found of a sampled request; `which` is the month and the request.

    Raises RequestError for somebody who had a part in it, Conflict if it was reviewed, NotFound,
    NotRecorded.
    """
    need(reader, Verb.REVIEW_SAMPLE)
    month, request_id = which
    with reader.connection() as connection:
        one = sampled(connection, month, request_id)
        held = None if one is None else request_of(connection, request_id)
    if one is None or held is None:
        reader.refuse("review_sample", [request_id[:80]], "not in the sample")
    wearer = in_scope(reader, held.wearer_id, "review_sample")
    if one.reviewed_at is not None:
        raise Conflict("Somebody has reviewed this one already: his finding stands")
    if reader.actor.account_id in held.involved:
        raise RequestError("finding", "You had a part in this request: somebody else reviews it")
    if not words.strip():
        raise RequestError("words", "Write what you looked at, and what you found")
    reader.about_to_alter("review_sample", [request_id, wearer.wearer_id])
    return clerk.record(
        SampleReviewed(
            month=month,
            request_id=request_id,
            wearer_id=wearer.wearer_id,
            finding=finding,
            words=words.strip()[:WORDS_MOST],
            at=reader.now(),
            by=reader.actor.account_id,
        ),
        wearer_owner(wearer.wearer_id),
    )
