"""What the versions of an episode do to its alert."""

import msgspec
import pytest

from tagwatch.core.alert import (
    AlertEvent,
    AlertKind,
)
from tagwatch.core.episode import Episode
from tagwatch.core.ids import (
    AlertId,
    EpisodeId,
)
from tagwatch.core.outcome import (
    AlertState,
    Finding,
    Phase,
    RuleKind,
    Severity,
    Stage,
)
from tagwatch.core.raising import from_episode, kind_of_episode
from tagwatch.core.rules.watch import UNSEEN
from tests.core.alert_world import HER, at, context, episode, in_state, raised


@pytest.mark.parametrize(
    ("rule", "finding", "protects", "kind", "severity", "stage"),
    [
        (RuleKind.ZONE, Finding.POSSIBLE, HER, "zone_entry", "life", "possible"),
        (RuleKind.ZONE, Finding.CONFIRMED, HER, "zone_entry", "life", "confirmed"),
        (RuleKind.ZONE, Finding.CONFIRMED, (), "zone_entry", "urgent", "confirmed"),
        (RuleKind.APPROACH, Finding.POSSIBLE, HER, "zone_approach", "urgent", "possible"),
        (RuleKind.CURFEW, Finding.CONFIRMED, (), "curfew_absence", "urgent", "confirmed"),
        (RuleKind.CURFEW, Finding.UNDETERMINED, (), "curfew_unseen", "routine", "fact"),
    ],
)
def test_new_alert(rule, finding, protects, kind, severity, stage) -> None:
    detail = UNSEEN if kind == "curfew_unseen" else ""
    stay = episode(finding, rule=rule, detail=detail)
    (change,) = from_episode((), stay, context(protects=protects))
    assert (change.event, change.letter, change.stage) == (AlertEvent.RAISED, "a", stage)
    assert (change.alert.kind, change.alert.severity) == (kind, severity)
    assert change.alert.state is AlertState.RAISED
    assert change.alert.acknowledge_by > at(0)
    assert change.alert.sentence


@pytest.mark.parametrize(
    "nothing",
    [
        episode(Finding.WITHDRAWN),
        episode(merged_into=EpisodeId("ep_0")),
    ],
)
def test_nothing_to_tell(nothing: Episode) -> None:
    assert from_episode((), nothing, context()) == ()


def test_the_tags_own_episodes_come_as_facts() -> None:
    with pytest.raises(ValueError, match="from_service_fact"):
        from_episode((), episode(rule=RuleKind.TAMPER), context())
    assert kind_of_episode(episode(rule=RuleKind.BATTERY)) is None


def test_sentences_say_how_sure_and_no_place() -> None:
    alert = raised()
    assert alert.sentence == (
        "The wearer is possibly inside an exclusion zone that protects a person "
        "(43.2 % sure, from 1 fix)."
    )
    (certain,) = from_episode((), episode(probability=1.0), context())
    assert "(more than 99.9 % sure, from 1 fix)" in certain.alert.sentence
    (sure,) = from_episode((), episode(Finding.CONFIRMED, Phase.ENDED, witnesses=3), context())
    assert sure.alert.sentence.startswith("Confirmed: the wearer was inside an exclusion zone")
    assert "3 independent fixes" in sure.alert.sentence
    (now,) = from_episode((), episode(Finding.CONFIRMED), context(protects=()))
    assert now.alert.sentence.startswith("Confirmed: the wearer is inside an exclusion zone (")


def test_before_he_was_told_it_protects_and_accuses_not() -> None:
    (change,) = from_episode((), episode(Finding.CONFIRMED, before_told=True), context())
    assert change.alert.finding is Finding.POSSIBLE
    assert change.stage is Stage.POSSIBLE
    assert change.alert.severity is Severity.LIFE
    assert "it is no breach" in change.alert.sentence


@pytest.mark.parametrize(("age_s", "late_by_s"), [(899, None), (900, None), (901, 901)])
def test_late_boundary(age_s: int, late_by_s: int | None) -> None:
    (change,) = from_episode((), episode(), context(0, fixed=-age_s / 60))
    assert change.alert.late_by_s == late_by_s
    assert ("found late" in change.words) is (late_by_s is not None)
    assert ("15 min late" in change.alert.sentence) is (late_by_s is not None)


def test_it_happened_when_it_was_confirmed_or_first_seen() -> None:
    (sure,) = from_episode((), episode(Finding.CONFIRMED, confirmed_at=at(0.5)), context(1))
    assert sure.alert.happened_at == at(0.5)
    assert raised().happened_at == at(0)


def test_very_late_is_told_in_hours() -> None:
    (change,) = from_episode((), episode(), context(0, fixed=-60 * 7))
    assert "Found 7 h late." in change.alert.sentence


def test_deriving_the_same_again_changes_nothing() -> None:
    alert = raised()
    assert from_episode((alert,), episode(version=2), context(1)) == ()


def test_a_better_figure_is_amended_without_telling() -> None:
    (change,) = from_episode((raised(),), episode(probability=0.6), context(1))
    assert (change.event, change.stage) == (AlertEvent.AMENDED, None)
    assert change.alert.probability == 0.6
    (weaker,) = from_episode((change.alert,), episode(probability=0.3, witnesses=2), context(1))
    assert weaker.alert.probability == 0.6


@pytest.mark.parametrize("state", AlertState)
def test_upgrade_is_always_told(state: AlertState) -> None:
    alert = in_state(state, acknowledge_by=None)
    (change,) = from_episode((alert,), episode(Finding.CONFIRMED), context(2))
    assert change.event is AlertEvent.CONFIRMED
    assert change.stage is Stage.CONFIRMED
    assert change.alert.finding is Finding.CONFIRMED
    if state is AlertState.CLOSED:
        assert change.letter == "x"
        assert change.alert.state is AlertState.RAISED
        assert change.alert.acknowledge_by == at(6)
    else:
        assert change.alert.state is state


def test_an_upgrade_by_a_late_fix_says_so() -> None:
    (change,) = from_episode((raised(),), episode(Finding.CONFIRMED), context(30, fixed=1))
    assert change.alert.late_by_s == 29 * 60
    assert "as computed; found late" in change.words


def test_upgraded_and_ended_in_one_is_told_once() -> None:
    changes = from_episode((raised(),), episode(Finding.CONFIRMED, Phase.ENDED), context(2))
    assert [(c.event, c.stage) for c in changes] == [
        (AlertEvent.CONFIRMED, Stage.CONFIRMED),
        (AlertEvent.ENDED, None),
    ]
    assert changes[-1].alert.phase is Phase.ENDED


def test_left() -> None:
    (change,) = from_episode((raised(),), episode(phase=Phase.ENDED), context(5))
    assert (change.event, change.stage) == (AlertEvent.ENDED, Stage.ENDED)
    assert change.alert.state is AlertState.RAISED  # leaving closes nothing


def test_back_within_the_same_stay_is_told_anew_where_a_life_may_hang_on_it() -> None:
    (change,) = from_episode((raised(phase=Phase.ENDED),), episode(), context(5))
    assert (change.event, change.stage) == (AlertEvent.REOPENED, Stage.POSSIBLE)
    assert change.alert.round == 1


def test_back_within_the_same_stay_is_told_once_otherwise() -> None:
    quiet = raised(phase=Phase.ENDED, severity=Severity.URGENT)
    (change,) = from_episode((quiet,), episode(), context(5))
    assert (change.event, change.stage) == (AlertEvent.REPORTED_AGAIN, None)
    closed = msgspec.structs.replace(quiet, state=AlertState.CLOSED)
    (change,) = from_episode((closed,), episode(), context(5))
    assert (change.letter, change.stage) == ("x", Stage.POSSIBLE)


def test_withdrawn_and_found_again() -> None:
    (gone,) = from_episode((raised(),), episode(Finding.WITHDRAWN, Phase.ENDED), context(5))
    assert (gone.event, gone.stage) == (AlertEvent.WITHDRAWN, Stage.WITHDRAWN)
    assert gone.alert.round == 1
    assert gone.alert.sentence.startswith("Withdrawn:")
    (back,) = from_episode((gone.alert,), episode(phase=Phase.ENDED), context(6))
    assert (back.event, back.stage) == (AlertEvent.REOPENED, Stage.POSSIBLE)
    assert back.alert.round == 2
    (unknown,) = from_episode((gone.alert,), episode(Finding.UNDETERMINED, Phase.ENDED), context(6))
    assert (unknown.event, unknown.stage) == (AlertEvent.AMENDED, None)
    assert "neither confirmed nor ruled out" in unknown.alert.sentence


def test_no_longer_confirmed_is_told() -> None:
    sure = raised(finding=Finding.CONFIRMED)
    (change,) = from_episode((sure,), episode(), context(5))
    assert (change.event, change.stage) == (AlertEvent.AMENDED, Stage.WITHDRAWN)
    assert change.alert.finding is Finding.POSSIBLE


def test_unseen_then_absent() -> None:
    unseen_stay = episode(Finding.UNDETERMINED, rule=RuleKind.CURFEW, detail=UNSEEN)
    (unseen,) = from_episode((), unseen_stay, context())
    assert "nobody can say" in unseen.alert.sentence
    absent_stay = episode(Finding.CONFIRMED, rule=RuleKind.CURFEW)
    absent, explained = from_episode((unseen.alert,), absent_stay, context(5))
    assert (absent.event, absent.alert.kind) == (AlertEvent.RAISED, AlertKind.CURFEW_ABSENCE)
    assert explained.alert.explained_by == absent.alert.alert_id
    both = (explained.alert, absent.alert)
    assert from_episode(both, absent_stay, context(6)) == ()
    ended = episode(Finding.UNDETERMINED, Phase.ENDED, rule=RuleKind.CURFEW, detail=UNSEEN)
    (over,) = from_episode((unseen.alert,), ended, context(7))
    assert (over.event, over.alert.sentence[:14]) == (AlertEvent.ENDED, "The wearer was")


def test_absent_then_only_unseen() -> None:
    (absent,) = from_episode((), episode(rule=RuleKind.CURFEW), context())
    stay = episode(Finding.UNDETERMINED, rule=RuleKind.CURFEW, detail=UNSEEN)
    unseen, gone = from_episode((absent.alert,), stay, context(5))
    assert unseen.alert.kind is AlertKind.CURFEW_UNSEEN
    assert (gone.event, gone.stage) == (AlertEvent.WITHDRAWN, Stage.WITHDRAWN)
    assert from_episode((unseen.alert, gone.alert), stay, context(6)) == ()


def test_a_split_stay_is_not_told_a_second_time() -> None:
    told = raised()
    part = episode(episode_id=EpisodeId("ep_2"), split_from=EpisodeId("ep_1"))
    (quiet,) = from_episode((), part, context(5), told)
    assert quiet.stage is None
    assert quiet.alert.explained_by == told.alert_id
    assert quiet.alert.severity is Severity.URGENT
    sure = msgspec.structs.replace(part, finding=Finding.CONFIRMED)
    (loud,) = from_episode((), sure, context(5), told)
    assert (loud.stage, loud.alert.explained_by) == (Stage.CONFIRMED, None)
    (over,) = from_episode(
        (quiet.alert,), msgspec.structs.replace(part, phase=Phase.ENDED), context(6), told
    )
    assert (over.event, over.stage) == (AlertEvent.ENDED, None)


def test_a_merged_stay_follows_the_other_alert() -> None:
    alert, other = raised(), raised(alert_id=AlertId("al_other"))
    merged = episode(merged_into=EpisodeId("ep_0"))
    (change,) = from_episode((alert,), merged, context(5), other)
    assert (change.event, change.stage) == (AlertEvent.EXPLAINED, None)
    assert change.alert.explained_by == other.alert_id
    assert change.alert.severity is Severity.URGENT
    assert change.alert.acknowledge_by is not None  # still answered for
    assert from_episode((change.alert,), merged, context(6), other) == ()
    assert from_episode((alert,), merged, context(6)) == ()


def test_an_absence_that_ended_unconfirmed_is_no_unseen_curfew() -> None:
    (absent,) = from_episode((), episode(rule=RuleKind.CURFEW), context())
    over = episode(Finding.UNDETERMINED, Phase.ENDED, rule=RuleKind.CURFEW, version=2)
    changes = from_episode((absent.alert,), over, context(5))
    assert {change.alert.alert_id for change in changes} == {absent.alert.alert_id}
    assert {change.alert.kind for change in changes} == {AlertKind.CURFEW_ABSENCE}


def test_a_stay_found_over_and_undetermined_is_told_late_as_possible() -> None:
    over = episode(Finding.UNDETERMINED, Phase.ENDED, probability=0.9999)
    (change,) = from_episode((), over, context(4000))
    assert (change.event, change.stage) == (AlertEvent.RAISED, Stage.POSSIBLE)
    assert change.alert.finding is Finding.UNDETERMINED
    assert "neither confirmed nor ruled out" in change.alert.sentence
