"""Risk management plans and notes as the line knows them, and as the tables keep them."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import AppearanceRecorded, PhotoRecorded, RiskNoted
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes


class PlanBook:
    """The current plan of each wearer: version and review date in memory, the rest looked up."""

    def __init__(self, connection: Connection) -> None:
        """Load what deadlines need through `connection`, and read the rest through it."""
        self._connection = connection
        row = schema.risk_plan.c
        self._reviews = {
            WearerId(each.wearer_id): (each.version, Instant(each.review_at))
            for each in connection.execute(select(row.wearer_id, row.version, row.review_at))
        }
        self._changed: dict[WearerId, RiskPlan] = {}

    def wearers(self) -> list[WearerId]:
        """Return who has a plan."""
        return list(self._reviews)

    def version(self, wearer: WearerId) -> int:
        """Return the version of the current plan, 0 if there is none."""
        return self._reviews.get(wearer, (0, Instant(0)))[0]

    def review_at(self, wearer: WearerId) -> Instant | None:
        """Return by when the current plan must be reviewed, None if there is none."""
        found = self._reviews.get(wearer)
        return None if found is None else found[1]

    def plan(self, wearer: WearerId) -> RiskPlan | None:
        """Return the current plan."""
        if wearer in self._changed:
            return self._changed[wearer]
        row = schema.risk_plan.c
        body = self._connection.scalar(select(row.body).where(row.wearer_id == wearer))
        return None if body is None else msgspec.json.decode(body, type=RiskPlan)

    def put(
        self, plan: RiskPlan, seq: int, at: Instant, by: str, words: str, writes: Writes
    ) -> None:
        """Make `plan` the current version."""
        self._reviews[plan.wearer_id] = (plan.version, plan.review_at)
        self._changed[plan.wearer_id] = plan
        body = msgspec.json.encode(plan).decode()
        key = {"wearer_id": plan.wearer_id, "version": plan.version}
        writes.put(schema.risk_plan, key | {"review_at": plan.review_at, "body": body})
        made = {"seq": seq, "at": at, "by": by, "words": words, "body": body}
        writes.put(schema.risk_plan_version, key | made)

    def forget(self) -> None:
        """Let go of what is in the tables now."""
        self._changed.clear()


def put_note(writes: Writes, noted: RiskNoted, seq: int) -> None:
    """Write an officer's note."""
    row = {"seq": seq, "wearer_id": noted.wearer_id, "at": noted.at}
    writes.put(schema.risk_note, row | {"by": noted.by, "words": noted.words})


def put_appearance(writes: Writes, recorded: AppearanceRecorded, seq: int) -> None:
    """Write what a wearer looks like, in place of what was written before."""
    row = {"wearer_id": recorded.wearer_id, "seq": seq, "at": recorded.at, "by": recorded.by}
    row |= {"description": recorded.description}
    writes.put(schema.appearance, row)


def description(connection: Connection, wearer_id: WearerId) -> str:
    """Return what is written of how a wearer looks, '' if nobody wrote it down."""
    row = schema.appearance.c
    found = connection.scalar(select(row.description).where(row.wearer_id == wearer_id))
    return str(found or "")


def put_photo(writes: Writes, recorded: PhotoRecorded, seq: int) -> None:
    """Write which photo of a wearer is shown from now on, and where its bytes are."""
    row = {"wearer_id": recorded.wearer_id, "photo_id": recorded.photo_id, "seq": seq}
    row |= {"size_bytes": len(recorded.content), "taken_on": recorded.taken_on}
    writes.put(schema.photo, row | {"at": recorded.at, "by": recorded.by})
