"""How often alerts were right is counted within scope, restricted cases nowhere else."""

from tagwatch.core.outcome import AlertState, Disposition
from tagwatch.query.precision import precisions
from tagwatch.store import schema
from tests.web import sample


def test_how_a_restricted_case_was_closed_is_counted_for_its_officer_alone(at, config) -> None:
    closed = {"state": AlertState.CLOSED, "disposition": Disposition.TRUE_BREACH}
    rows = [
        (schema.alert, sample.alert_row(sample.alert(wearer, f"al_{number}", **closed)))
        for number, wearer in enumerate(("w_hidden", "w_own", "w_other"))
    ]
    sample.put(config, *rows)
    counted = {
        name: sum(one.closed for one in precisions(at(name)).by_rule)
        for name in ("officer", "colleague", "operator", "outsider")
    }
    assert counted == {"officer": 2, "colleague": 1, "operator": 2, "outsider": 1}
