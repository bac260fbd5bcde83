"""Coverage of a wearer: within scope, on the audit, silent about secret zones."""

import pytest

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.refusal import NotFound
from tagwatch.core.coverage import Seen
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.query.coverage import coverage_of
from tagwatch.store import schema
from tagwatch.store.trail import block_row, unpack
from tests.web import sample

OWN = WearerId("w_own")


def drive(config) -> Instant:
    """A car drives through both of his zones, a fix a minute, none inside; returns its middle."""
    middle = Instant(now() // HOUR * HOUR - 3 * HOUR)
    block = unpack(sample.trail_row()["rows"])[:10].copy()
    for k, row in enumerate(block):
        row["fixed_at"] = middle + round((k - 4.5) * MINUTE)
        row["received_at"] = row["fixed_at"] + 2 * SECOND
        row["lon_deg"] = sample.HOME.lon_deg + (k - 4.5) * 0.016
        row["lat_deg"] = sample.HOME.lat_deg
        row["seq"], row["accuracy_m"] = 900, 8.0
    stored = block_row(900, OWN, ActivationId("act_own"), block)
    sample.put(config, (schema.trail_block, stored))
    return middle


def test_an_hour_has_as_many_seconds_as_it_has(at, config) -> None:
    middle = drive(config)
    found = coverage_of(at("officer"), OWN, Instant(middle - HOUR), Instant(middle + HOUR))
    assert sum(found.seen.seconds(seen) for seen in Seen) == 2 * HOUR // SECOND
    assert 500 <= found.seen.seconds(Seen.OBSERVED) <= 600


def test_what_tells_of_a_secret_zone_is_left_out_and_counted(at, config) -> None:
    middle = drive(config)
    window = Instant(middle - HOUR), Instant(middle + HOUR)
    own = coverage_of(at("officer"), OWN, *window)
    named = {mark.condition_id for mark in own.seen.not_excluded}
    assert named == {"c_told", "c_secret"}
    assert own.withheld == 0
    team = coverage_of(at("colleague"), OWN, *window)
    assert {mark.condition_id for mark in team.seen.not_excluded} == {"c_told"}
    assert set(team.labels) == {"c_told"}
    assert team.withheld == sum(m.condition_id == "c_secret" for m in own.seen.not_excluded)


def test_a_stranger_is_refused_and_both_are_on_the_audit(at, audited) -> None:
    window = Instant(now() - HOUR), now()
    with pytest.raises(NotFound):
        coverage_of(at("outsider"), OWN, *window)
    assert audited()[-1].outcome is Outcome.REFUSED
    coverage_of(at("officer"), OWN, *window)
    assert (audited()[-1].outcome, audited()[-1].ids) == (Outcome.ANSWERED, ("w_own",))
