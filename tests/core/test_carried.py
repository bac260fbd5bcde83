"""When a tag was on him: as far as the register and the tag itself said."""

from tagwatch.core.carried import Carried, Fitted, carried, of_him
from tagwatch.core.fix import TagEvent, TagEventKind
from tagwatch.core.person import Activation, TagMode
from tests.core.worlds import TAG, WEARER, at, fixes, part

K = TagEventKind


def told(*events: tuple[float, TagEventKind], ended_s: float | None = None) -> Carried:
    """One activation from 0 to 1000 s (or `ended_s`), in which the tag said so."""
    activation = Activation(
        activation_id=TAG,
        tag_id="t",
        wearer_id=WEARER,
        started_at=at(0),
        ended_at=None if ended_s is None else at(ended_s),
    )
    said = tuple(
        TagEvent(kind=kind, happened_at=at(s), received_at=at(s), seq=k, index=0)
        for k, (s, kind) in enumerate(events)
    )
    one = Fitted(activation=activation, model="m", mode=TagMode(), events=said)
    return carried([one], at(1000))


def test_a_quiet_tag_is_worn_from_its_fitting_on() -> None:
    assert told().worn == ((at(0), at(1000)),)
    assert told(ended_s=400).worn == ((at(0), at(400)),)
    assert told(ended_s=2000).worn == ((at(0), at(1000)),)
    assert carried([], at(1000)).worn == ()


def test_off_the_body_until_the_tag_says_the_contrary_and_no_other_report_does() -> None:
    closed = told((100, K.STRAP_CUT), (150, K.WORN), (300, K.STRAP_CLOSED))
    assert closed.worn == ((at(0), at(100)), (at(300), at(1000)))
    assert [each.withdrawn for each in closed.off_body] == [True]
    never = told((100, K.NOT_WORN), (150, K.STRAP_CLOSED))
    assert never.worn == ((at(0), at(100)),)
    assert [(each.end, each.withdrawn) for each in never.off_body] == [(at(1000), False)]


def test_switched_off_and_charging_are_apart_from_worn() -> None:
    found = told((100, K.POWER_OFF), (200, K.POWER_ON), (300, K.CHARGE_ON), (400, K.CHARGE_OFF))
    assert found.worn == found.on == ((at(0), at(100)), (at(200), at(1000)))
    assert found.fitted == ((at(0), at(1000)),)
    assert found.charging == ((at(300), at(400)),)


def test_its_fixes_off_his_body_are_left_out_from_the_first_instant_to_before_the_last() -> None:
    found = told((100, K.STRAP_CUT), (300, K.STRAP_CLOSED))
    block = fixes(*((s, 0.0, 0.0, 8.0) for s in (99, 100, 101, 299, 300, 301)))
    (kept,) = of_him([part(block)], found.off_body)
    assert kept.block["fixed_at"].tolist() == [at(99), at(300), at(301)]
    assert of_him([part(block[1:4])], found.off_body) == []
