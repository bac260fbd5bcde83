"""An overview in a row of the team's digest."""

from typing import Final

from tagwatch.report.week.overview import AlertBrief, DigestRow, Overview, Said

MOST_SAID: Final = 5
"""Sentences of a row: some may be about a place that a reader may not know."""


def row_of(made: Overview, monday: str, sha256: str) -> DigestRow:
    """Return the row of an overview whose file has this digest."""
    return DigestRow(
        wearer_id=made.wearer_id,
        monday=monday,
        sha256=sha256,
        changed=_said(made),
        observed_s=sum(day.observed_s for day in made.days),
        unobserved_s=sum(day.unobserved_s for day in made.days),
        off_s=sum(day.off_s for day in made.days),
        alerts=tuple(
            AlertBrief(
                alert_id=alert.alert_id,
                rule=alert.rule,
                condition_id=alert.condition_id,
                finding=alert.finding,
            )
            for alert in made.alerts
        ),
    )


def _said(made: Overview) -> tuple[Said, ...]:
    open_to_all = [said for said in made.changed if said.about is None]
    chosen = {*made.changed[:MOST_SAID], *open_to_all[:MOST_SAID]}
    return tuple(said for said in made.changed if said in chosen)
