"""The map of a statement: the place, every fix with its circle, gaps dotted, and nothing else."""

import re

from tagwatch.core.shape import Disc
from tagwatch.core.units import MINUTE, Instant
from tagwatch.core.was_near import Closeness
from tagwatch.report.account_map import gaps_of, statement_map
from tests.core.worlds import HERE, place


def fix(minute: int, east_m: float) -> Closeness:
    spot = place(east_m, 0.0)
    return Closeness(
        fix_id=f"1.{minute}",
        at=Instant(minute * MINUTE),
        lon_deg=spot.lon_deg,
        lat_deg=spot.lat_deg,
        accuracy_m_95=40.0,
        distance_m=east_m,
        p_inside=0.0,
    )


def test_a_gap_is_dotted_and_minutes_beside_each_other_are_not_joined() -> None:
    fixes = [fix(0, 900.0), fix(1, 800.0), fix(12, 700.0)]
    gaps = gaps_of(fixes)
    assert [(a.fix_id, b.fix_id) for a, b in gaps] == [("1.1", "1.12")]
    school = Disc(centre=HERE, radius_m=100.0)
    drawn = statement_map(school, fixes, gaps, 0.0, "Map <1>")
    assert len(re.findall('stroke-dasharray="2 6"', drawn)) == 1
    assert len(re.findall('<circle[^>]*fill-opacity=".06"', drawn)) == 3
    assert "Map &lt;1&gt;" in drawn
    assert 'fill="#b58840"' not in drawn
    assert 'fill="#b58840"' in statement_map(school, fixes, gaps, 300.0, "")
