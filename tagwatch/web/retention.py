"""Retention: for how long what is kept, who would be forgotten today, and the proof of each
erasure as page and paper."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb, may
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.retention import TABLE, RetentionPeriods, kept_words
from tagwatch.desk.clerk import Done
from tagwatch.desk.retention import publish_periods
from tagwatch.query.retention import forgetting_view, proof_to_hand_out, retention_view
from tagwatch.web.erasure_paper import erasure_paper, key_words
from tagwatch.web.form import TOP, Problems, after, attempt, said
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole

_LABELS = {
    "order_months": "Months after the end of a wearer’s last order",
    "fixes_months": "Months after receipt of a fix",
    "bundle_months": "Months after an evidence bundle was last given out",
    "quarantine_months": "Months after receipt of a message that no decoder could read",
    "crime_file_months": "Months after receipt of a file of crimes",
    "backup_days": "Days after a backup was made",
}


@page("/retention", Verb.LIFT_HOLD)
def retention(request: Asked) -> Response[Any]:
    """Show for how long what is kept, and who would be forgotten today; by other periods too."""
    return _page(request, "", 200)


@act("/retention", Verb.PUBLISH_SETTINGS)
def publish(request: Asked, data: Form) -> Response[Any]:
    """Publish periods."""
    problems = Problems()
    wanted, seen = _periods(data), field(data, "version", 9)
    if isinstance(wanted, str):
        return _page(request, wanted, 422)
    version = whole(seen, -1, 9)
    why = field(data, "why", 2001)
    done: Done | None = attempt(
        problems,
        lambda: publish_periods(foundation(request).clerk, _reader(request), wanted, version, why),
    )
    if done is None:
        return _page(request, problems.by_field[TOP], 422, wanted)
    return after("/retention", done)


@page("/retention/{forgetting_id:str}", Verb.LIFT_HOLD)
def erasure(request: Asked, forgetting_id: FromPath[str]) -> Response[Any]:
    """Show the proof that somebody was forgotten."""
    found = forgetting_view(_reader(request), forgetting_id)
    keys = () if found.proof is None else found.proof.keys
    context = {"found": found, "keys": [(key, key_words(key)) for key in keys]}
    return show(request, "erasure.html", context)


@page("/retention/{forgetting_id:str}/certificate", Verb.LIFT_HOLD, HANDS_OUT)
def certificate(request: Asked, forgetting_id: FromPath[str]) -> Response[Any]:
    """Give the proof as a paper."""
    found = proof_to_hand_out(_reader(request), forgetting_id)
    name = f"erasure-{found.begun.forgetting_id}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(erasure_paper(found), media_type="application/pdf", headers=headers)


def _periods(given: Any) -> RetentionPeriods | str:
    """Return the periods of a form, or what is wrong with them."""
    values: dict[str, int] = {}
    for name, label in _LABELS.items():
        text = str(given.get(name, ""))[:6].strip()
        if not (text.isascii() and text.isdigit()):
            return f"{label}: enter a whole number, 0 for no limit."
        values[name] = int(text)
    return RetentionPeriods(**values)


def _page(
    request: Asked, problem: str, status: int, wanted: RetentionPeriods | None = None
) -> Response[Any]:
    asking, trial = _reader(request), wanted
    if trial is None and "order_months" in request.query_params:
        read = _periods(request.query_params)
        problem, trial = (read, None) if isinstance(read, str) else (problem, read)
    months = max(foundation(request).config.archive.retention_months, 0)
    found = retention_view(asking, RetentionPeriods(fixes_months=months), trial)
    names = foundation(request).sign_in.names({each.by for each in found.history})
    context = {
        "found": found,
        "rows": [(row, kept_words(row, found.periods)) for row in TABLE],
        "inputs": [(name, label, getattr(found.periods, name)) for name, label in _LABELS.items()],
        "version": found.history[0].version if found.history else 0,
        "names": dict(names),
        "may_publish": may(asking.actor.role, Verb.PUBLISH_SETTINGS),
        "problem": problem,
        "said": said(request),
    }
    return show(request, "retention.html", context, status)


def _reader(request: Asked) -> Reader:
    return reader(request, Purpose.UPKEEP)


ROUTES = (retention, publish, erasure, certificate)
