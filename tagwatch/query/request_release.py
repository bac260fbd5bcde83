"""What a data request releases: exactly the approved minimum, with what undermines the case."""

from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from tagwatch.access.reader import Reader
from tagwatch.config import Config
from tagwatch.core.data_request import Approval, DataRequest, RequestError, RequestState
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_bundle import BundleMade
from tagwatch.core.request_kinds import ReleaseForm, Wanted
from tagwatch.core.shape import Shape
from tagwatch.core.undermining import Undermining
from tagwatch.core.units import Instant, iso
from tagwatch.query.bundle import Asked
from tagwatch.query.bundle_facts import BundleRefused
from tagwatch.query.bundle_register import made_on
from tagwatch.query.precision import precisions
from tagwatch.query.question import PlaceAsked, QuestionError, Window, tags_of
from tagwatch.query.question_near import NearView, near
from tagwatch.query.request_records import ReleasedRecords, released_records
from tagwatch.query.request_trail import ClippedTrail, clipped
from tagwatch.query.trail_export import TooMuch
from tagwatch.query.undermining import Known, undermining
from tagwatch.report.request_csv import (
    alerts_csv,
    decisions_csv,
    order_csv,
    stretches_csv,
    undermining_csv,
)
from tagwatch.store.bundle.manifest import redacted
from tagwatch.store.journal.errors import JournalError

UNDERMINING: Final = "undermining.csv"


class ReleaseContent(NamedTuple):
    """All that goes out under one approval."""

    wearer: Wearer
    request: DataRequest
    approval: Approval
    at: Instant
    trail: ClippedTrail
    presence: NearView | None
    records: ReleasedRecords
    undermining: tuple[Undermining, ...]
    files: dict[str, bytes]
    """By name; the paper that tells of them is made elsewhere."""
    bundle: BundleMade | None

    @property
    def has_trail(self) -> bool:
        """Whether fixes are released."""
        return Wanted.FIXES in self.approval.minimum.wanted


def release_content(reader: Reader, config: Config, request: DataRequest) -> ReleaseContent:
    """Return what the approval of a request releases. On the audit as a disclosure before it is
    made. Raises RequestError, NotFound."""
    approval = request.approved
    if request.state is not RequestState.APPROVED or approval is None:
        raise RequestError("release", "It is not approved, or was released already")
    minimum, at = approval.minimum, reader.now()
    span = f"[{iso(minimum.start)}, {iso(minimum.end)})"
    wanted = " ".join(minimum.wanted)
    reader.disclosing("make_release", [request.request_id, request.wearer_id], f"{wanted} {span}")
    try:
        presence = _presence(reader, request.wearer_id, approval, at)
        rates = precisions(reader).by_rule
        with reader.connection() as connection:
            wearer = reader.wearer(connection, request.wearer_id, "make_release")
            made = (at, reader.actor.account_id, request.purpose)
            trail = clipped(connection, wearer, minimum, made)
            window = (minimum.start, minimum.end)
            records = released_records(connection, wearer.wearer_id, window, approval.form)
            off = tags_of(connection, wearer.wearer_id, at).off_body
            known = Known(
                window=window,
                trail=trail,
                records=records,
                presence=None if presence is None else presence.found,
                off_body=tuple(o for o in off if o.start < window[1] and window[0] < o.end),
                precisions=rates,
            )
            against = undermining(connection, known)
            files = _files(approval, trail, records, against)
            bundle = None
            if Wanted.BUNDLE in minimum.wanted:
                bundle, content = _bundle(connection, config, request, approval, (at, reader))
                files["evidence.zip"] = content
    except (TooMuch, QuestionError, BundleRefused, JournalError) as error:
        raise RequestError("release", f"It cannot be made so: {error}") from error
    return ReleaseContent(
        wearer, request, approval, at, trail, presence, records, against, files, bundle
    )


def _presence(
    reader: Reader, wearer_id: WearerId, approval: Approval, at: Instant
) -> NearView | None:
    minimum = approval.minimum
    area: Shape | None = minimum.area
    if Wanted.PRESENCE not in minimum.wanted or area is None:
        return None
    name = f" ({minimum.area_label})" if minimum.area_label else ""
    place = PlaceAsked(label=f"in the area{name}", shape=area)
    window = Window(start=minimum.start, end=minimum.end, known_at=at)
    return near(reader, wearer_id, place, window)


def _files(
    approval: Approval,
    trail: ClippedTrail,
    records: ReleasedRecords,
    against: tuple[Undermining, ...],
) -> dict[str, bytes]:
    wanted, clean = approval.minimum.wanted, records.clean
    files: dict[str, bytes] = {}
    if Wanted.FIXES in wanted:
        files["fixes.csv"] = trail.csv()
        files["stretches.csv"] = stretches_csv(trail.spans)
    if Wanted.ALERTS in wanted:
        files["alerts.csv"] = alerts_csv(
            msgspec.structs.replace(one, sentence=clean(one.sentence)) for one in records.alerts
        )
    if Wanted.DECISIONS in wanted:
        files["decisions.csv"] = decisions_csv(
            msgspec.structs.replace(
                one,
                words=clean(one.words),
                weighed=tuple(map(clean, one.weighed)),
                alternatives=tuple(map(clean, one.alternatives)),
                dissent=clean(one.dissent),
            )
            for one in records.decisions
        )
    if Wanted.ORDER in wanted:
        named = [
            msgspec.structs.replace(
                one, terms=msgspec.structs.replace(one.terms, label=clean(one.terms.label))
            )
            for one in records.conditions
        ]
        files["order.csv"] = order_csv(records.orders, named)
    files[UNDERMINING] = undermining_csv(against)
    return files


def _bundle(
    connection: Connection,
    config: Config,
    request: DataRequest,
    approval: Approval,
    made: tuple[Instant, Reader],
) -> tuple[BundleMade, bytes]:
    """Make the bundle of the approved days; what is closed in it goes to a named expert alone."""
    at, reader = made
    asked = Asked(by=reader.actor.account_id, at=at, reason=f"data request {request.request_id}")
    window = (approval.minimum.start, approval.minimum.end)
    event, bundle = made_on(connection, config, request.wearer_id, window, asked)
    closed = bundle.manifest.has_closed and approval.form is not ReleaseForm.EXPERT
    return event, redacted(bundle.file) if closed else bundle.file
