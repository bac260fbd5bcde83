"""Health: what works, what lags, what could not be seen; also for machines."""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar.enums import MediaType
from litestar.response import Response

from tagwatch.access.audit import Act, line_of
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED
from tagwatch.access.refusal import Refused, from_elsewhere
from tagwatch.access.role import Verb
from tagwatch.access.written import nothing
from tagwatch.core.units import SECOND
from tagwatch.query.archive_health import MOST_COUNTED, ArchiveHealth, archive_health
from tagwatch.query.health import Health, Part, called
from tagwatch.query.health import health as ask_health
from tagwatch.query.keys import keys_health
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import open_page, page

LATE_S: Final = 30
STARTED: Final = "started "
PROCESS: Final = "process "
PARTS: Final = {
    "line": "Decisions follow the journal",
    "sender": "Messages go out",
    "journal": "Journal is written",
    "disk": "Disk has room",
    "clock": "Clock is steady",
}
METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"


@page("/health", Verb.SEE_HEALTH)
def health(request: Asked) -> Response[Any]:
    """Show the state of the installation."""
    base, actor = foundation(request), who(request).actor
    found = ask_health(base.config, base.projections)
    line = line_of(actor, now(), Act.CONSULTATION, "health")
    audit_of(request).record(msgspec.structs.replace(line, address=address_of(request)))
    names: dict[Any, Any] = {}
    purposes = ALLOWED[actor.role]
    if actor.may(Verb.SEE_WEARER) and purposes:
        names = called(reader(request, purposes[0]), found.blind)
    context = {"found": found, "names": names, "behind_s": behind_s(found), "late_s": LATE_S}
    context |= {"parts": part_rows(found.parts), "most_counted": MOST_COUNTED}
    keys = keys_health(base.config, base.projections)
    context |= {"archive": archive_health(base.projections), "keys": keys, "at": now()}
    return show(request, "health.html", context)


@open_page("/healthz", nothing("whether the parts run: nobody is named"))
def healthz(request: Asked) -> Response[Any]:
    """Say in a word whether the line follows; nothing else is told to strangers."""
    base = foundation(request)
    found = ask_health(base.config, base.projections)
    well = not found.problem and (behind_s(found) or 0) < LATE_S
    return Response(
        "ok\n" if well else "ailing\n", media_type=MediaType.TEXT, status_code=200 if well else 503
    )


@open_page("/metrics", nothing("counts for the monitoring: nobody is named"))
def metrics(request: Asked) -> Response[Any]:
    """Give Prometheus the figures: to this machine, or to a token that may see health."""
    header = request.headers.get("authorization", "")
    actor = None
    if header.startswith("Bearer "):
        secret = header.removeprefix("Bearer ").strip()
        actor = foundation(request).sign_in.by_token(secret, now())
    if not (_is_here(request) or (actor is not None and actor.may(Verb.SEE_HEALTH))):
        raise Refused(
            from_elsewhere(
                "Metrics are for this machine, or for a token that may see health.",
                "Whoever runs the installation issues one, with `tagwatch token issue`.",
            )
        )
    base = foundation(request)
    found = ask_health(base.config, base.projections)
    lines = _lines(found, request.app.state.hub.open_streams, archive_health(base.projections))
    return Response(lines, headers={"content-type": METRICS})


def part_rows(parts: Sequence[Part]) -> list[tuple[str, Part, str]]:
    """Return (name, part, words) of each watched part, what fails first; starts are its words."""
    starts = {p.part.removeprefix(STARTED): p.words for p in parts if p.part.startswith(STARTED)}
    rows: list[tuple[str, Part, str]] = []
    for part in sorted(parts, key=lambda part: (part.state == "healthy", part.part)):
        if part.part.startswith(STARTED):
            continue
        process = part.part.removeprefix(PROCESS)
        words = "" if part.words == "well" else part.words
        if process != part.part:
            started = starts.get(process, "")
            words = "; ".join(said for said in (words, started) if said)
        name = (
            f"{process.capitalize()} process"
            if process != part.part
            else PARTS.get(process, process.capitalize())
        )
        rows.append((name, part, words))
    return rows


def behind_s(found: Health) -> float | None:
    """Return how old the newest applied record is; None before any."""
    return None if found.applied_at is None else max(0.0, (now() - found.applied_at) / SECOND)


def _is_here(request: Asked) -> bool:
    forwarded = any(
        name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip")
    )
    if forwarded or foundation(request).config.web.behind_proxy:
        return False
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


def _lines(found: Health, streams: int, archive: ArchiveHealth) -> str:
    figures: list[tuple[str, str, float]] = [
        ("journal_head", "gauge", float(found.head or 0)),
        ("receiver_up", "gauge", 0.0 if found.head is None else 1.0),
        ("line_behind_seconds", "gauge", behind_s(found) or 0.0),
        ("outbox_pending", "gauge", found.pending),
        ("outbox_held", "gauge", found.held),
        ("outbox_failed", "gauge", found.failed),
        ("alerts_open", "gauge", found.open_alerts),
        ("records_set_aside", "gauge", found.set_aside),
        ("disk_free_bytes", "gauge", found.disk_free_bytes),
        ("web_streams", "gauge", streams),
        ("archive_sealed_before_seconds", "gauge", (archive.sealed_before or 0) / SECOND),
        ("archive_sealed_at_seconds", "gauge", (archive.sealed_at or 0) / SECOND),
        ("archive_files", "gauge", archive.files),
        ("archive_bytes", "gauge", archive.bytes),
        ("archive_fixes", "gauge", archive.fixes),
        ("archive_requests_waiting", "gauge", archive.waiting),
        ("archive_erasures_waiting", "gauge", archive.erasures),
        ("archive_rows_to_delete", "gauge", archive.to_delete),
    ]
    lines: list[str] = []
    for name, kind, value in figures:
        lines += [f"# TYPE tagwatch_{name} {kind}", f"tagwatch_{name} {value:.17g}"]
    for lane, seq in sorted(found.cursors.items()):
        lines.append(f'tagwatch_line_cursor{{lane="{lane}"}} {seq}')
    lines.append("# TYPE tagwatch_line_total counter")
    for name, value in sorted(found.counters.items()):
        safe = name.replace("\\", "").replace('"', "")
        lines.append(f'tagwatch_line_total{{what="{safe}"}} {value}')
    for part in found.parts:
        safe = part.part.replace("\\", "").replace('"', "")
        lines.append(f'tagwatch_part_healthy{{part="{safe}"}} {int(part.state == "healthy")}')
    return "\n".join(lines) + "\n"


ROUTES = (health, healthz, metrics)
