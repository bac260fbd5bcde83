"""What a scenario expects against what happened: every difference, in words."""

from collections.abc import Iterator

from tagwatch.core.alert import Alert
from tagwatch.core.episode import Episode
from tagwatch.core.outcome import Finding
from tagwatch.core.units import iso
from tests.golden.run import Outcome
from tests.golden.scenario import AlertOut, EpisodeOut, Scenario


def differences(outcome: Outcome) -> list[str]:
    """Return what is missing, other than expected, or not expected at all."""
    found = [*_episodes(outcome), *_alerts(outcome), *_messages(outcome)]
    return [*found, *_not_excluded(outcome)]


def _allowed(found: Finding, wanted: str | tuple[str, ...]) -> str:
    """Return what was found if it is one of several wanted, else what was wanted, in words."""
    several = (wanted,) if isinstance(wanted, str) else wanted
    return found.value if found.value in several else " or ".join(several)


# --- episodes -------------------------------------------------------------------------------


def _episodes(outcome: Outcome) -> Iterator[str]:
    left = sorted(outcome.episodes, key=lambda e: e.entered_latest)
    for wanted in outcome.scenario.episodes:
        fitting = [e for e in left if not list(_other(e, wanted, outcome.scenario))]
        if fitting:
            left.remove(fitting[0])
            continue
        near = [e for e in left if (e.wearer_id, e.rule) == (wanted.wearer, wanted.rule)]
        wrong = [list(_other(e, wanted, outcome.scenario)) for e in near]
        yield f"no episode as expected: {wanted}; of the same rule: {wrong}"
    for episode in left:
        yield f"an episode that nobody expects: {_told(episode)}"


def _other(episode: Episode, wanted: EpisodeOut, scenario: Scenario) -> Iterator[str]:
    condition = None if wanted.condition is None else f"c_{wanted.wearer}_{wanted.condition}"
    for name, found, expected in (
        ("wearer", episode.wearer_id, wanted.wearer),
        ("rule", episode.rule.value, wanted.rule),
        ("finding", episode.finding.value, _allowed(episode.finding, wanted.finding)),
        ("phase", episode.phase.value, wanted.phase),
        ("before_told", episode.before_told, wanted.before_told),
        ("condition", episode.condition_id, condition or episode.condition_id),
        ("detail", episode.detail, wanted.detail or episode.detail),
        ("version", episode.condition_version, wanted.version or episode.condition_version),
    ):
        if found != expected:
            yield f"{name} {found!r} is not {expected!r}"
    if wanted.entered is not None:
        start, end = (scenario.at(clock) for clock in wanted.entered)
        if not (start <= episode.entered_earliest and episode.entered_latest <= end):
            entered = f"{iso(episode.entered_earliest)} to {iso(episode.entered_latest)}"
            yield f"entered {entered}, not within {wanted.entered}"
    if wanted.left is not None:
        start, end = (scenario.at(clock) for clock in wanted.left)
        first, last = episode.left_earliest, episode.left_latest
        if first is None or last is None or not (start <= first and last <= end):
            ends = [at and iso(at) for at in (first, last)]
            yield f"left {ends}, not within {wanted.left}"


def _told(episode: Episode) -> str:
    return (
        f"{episode.wearer_id} {episode.rule} {episode.condition_id} {episode.finding} "
        f"{episode.phase} {iso(episode.entered_latest)} p={episode.probability} "
        f"{episode.detail} ({episode.reason})"
    )


# --- marks ----------------------------------------------------------------------------------


def _not_excluded(outcome: Outcome) -> Iterator[str]:
    scenario = outcome.scenario
    wanted = {
        (f"c_{each.wearer}_{each.zone}", *(scenario.at(clock) for clock in each.between))
        for each in scenario.not_excluded
    }
    found = {
        (mark.condition_id, mark.start, mark.end)
        for marks in outcome.not_excluded.values()
        for mark in marks
    }
    for condition, start, end in sorted(wanted - found):
        yield f"{condition} is not marked from {iso(start)} to {iso(end)}"
    for condition, start, end in sorted(found - wanted):
        yield f"{condition} is marked from {iso(start)} to {iso(end)}, which nobody expects"


# --- alerts ---------------------------------------------------------------------------------


def _alerts(outcome: Outcome) -> Iterator[str]:
    left = sorted(outcome.alerts, key=lambda a: (a.raised_at, a.alert_id))
    for wanted in outcome.scenario.alerts:
        fitting = [a for a in left if not list(_unlike(a, wanted, outcome))]
        for alert in fitting[: wanted.count]:
            left.remove(alert)
        if len(fitting) < wanted.count:
            near = [list(_unlike(a, wanted, outcome)) for a in left if a.kind == wanted.kind]
            yield f"{len(fitting)} alerts as expected: {wanted}; of the same kind: {near[:5]}"
    for alert in left:
        yield (
            f"an alert that nobody expects: {alert.wearer_id} {alert.kind} {alert.finding} "
            f"{alert.phase} raised {iso(alert.raised_at)}: {alert.sentence}"
        )


def _unlike(alert: Alert, wanted: AlertOut, outcome: Outcome) -> Iterator[str]:
    whose = (alert.wearer_id or "-").partition("-")[0] or "-"
    rows = [row for row in outcome.outbox if row["alert_id"] == alert.alert_id]
    duties = tuple(sorted({row["body"]["duty"] for row in rows}))
    stages = tuple(sorted({row["stage"] for row in rows} - {"escalated"}))
    severity = alert.severity.value
    explained = {a.alert_id: a.kind.value for a in outcome.alerts}.get(alert.explained_by or "")
    for name, found, expected in (
        ("kind", alert.kind.value, wanted.kind),
        ("wearer", whose, wanted.wearer),
        ("finding", alert.finding.value, _allowed(alert.finding, wanted.finding)),
        ("duties", duties, tuple(sorted(wanted.duties))),
        ("stages", stages, stages if wanted.stages is None else tuple(sorted(wanted.stages))),
        ("severity", severity, wanted.severity or severity),
        ("late", alert.late_by_s is not None, wanted.late),
        ("before_told", alert.before_told, wanted.before_told),
        ("explained_by", explained, wanted.explained_by),
        ("affected", wanted.affected and len(alert.affected), wanted.affected),
    ):
        if found != expected:
            yield f"{name} {found!r} is not {expected!r}"
    card = outcome.silences.get(alert.alert_id)
    said = {} if card is None else {c.cause.name.lower(): c.weight.value for c in card.causes}
    for cause, weight in wanted.causes.items():
        if said.get(cause) != weight:
            yield f"the cause {cause} is {said.get(cause)!r}, not {weight!r}"
    yield from _untimely(alert, wanted, outcome, rows)


def _untimely(
    alert: Alert, wanted: AlertOut, outcome: Outcome, rows: list[dict[str, int]]
) -> Iterator[str]:
    since, until = (outcome.scenario.at(clock) for clock in wanted.known)
    if not since <= alert.raised_at < until:
        yield f"raised {iso(alert.raised_at)}, not within {wanted.known}"
    told = min((row["created_at"] for row in rows), default=None)
    if told is not None and told != alert.raised_at and wanted.explained_by is None:
        yield f"raised {iso(alert.raised_at)} and told later"
    if wanted.confirmed_by is not None:
        by = outcome.scenario.at(wanted.confirmed_by)
        if not any(r["stage"] == "confirmed" and r["created_at"] < by for r in rows):
            yield f"nobody was told `confirmed` before {wanted.confirmed_by}"


# --- messages -------------------------------------------------------------------------------


def _messages(outcome: Outcome) -> Iterator[str]:
    """What holds of every message, whatever the scenario: no name, no place, no wearer's phone."""
    scenario = outcome.scenario
    phones = {wearer.phone for wearer in scenario.wearers} - {None}
    words = {"Demo", "Camden"} | {zone.name for zone in scenario.zones if len(zone.name) > 4}
    secret = {f"c_{z.wearer}_{z.name}" for z in scenario.zones if z.knowledge == "secret"}
    episodes = {e.episode_id: e for e in outcome.episodes}
    alerts = {alert.alert_id: alert for alert in outcome.alerts}
    for row in outcome.outbox:
        body = row["body"]
        named = [word for word in words if word in body["sentence"]]
        if named:
            yield f"a message names {named}: {body['sentence']}"
        if body["address"] in phones:
            yield f"a message goes to the wearer's own phone: {body['kind']} {body['stage']}"
        if row["stage"] == "notice":  # about no alert: what her side is told of order and tag
            if any(label in body["sentence"] for label in secret):
                yield f"a notice names a secret zone: {body['sentence']}"
            continue
        episode = episodes.get(alerts[row["alert_id"]].episode_id or "")
        if episode and episode.condition_id in secret and body["reason"] == "warn_wearer":
            yield f"the wearer is to be told of a secret zone: {body['kind']} {body['stage']}"
