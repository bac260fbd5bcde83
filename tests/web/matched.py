"""A matched crime for pages: two runs, one wearer who matched by two fixes, words about it."""

from tagwatch.core.crime import Crime
from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, FixId, TagId, WearerId
from tagwatch.core.match import Counted, CrimeMatch, MatchList, MatchSettings, TagLook, WindowSeen
from tagwatch.core.match_run import (
    ExcludedPerson,
    MatchedFix,
    MatchedPerson,
    MatchedTag,
    MatchRun,
    MatchTrigger,
    MatchVerdict,
    MatchWord,
)
from tagwatch.core.recorded_match import CrimeMatched, MatchQualified, PersonMatched
from tagwatch.core.units import MINUTE, Instant

SEEN = WindowSeen(window_s=4800, seen_s=4200, off_s=0, longest_unseen_s=600)


def person(crime: Crime, run_key: str = "mr_2") -> MatchedPerson:
    """`w_own` with two fixes that count and one that does not."""
    fixes = tuple(
        MatchedFix(
            fix_id=FixId(f"7.{k}"),
            fixed_at=Instant(crime.from_at + k * MINUTE),
            lon_deg=crime.place.lon_deg + k * 0.0003,
            lat_deg=crime.place.lat_deg,
            radius_m=20.0 + k,
            label=label,
        )
        for k, label in enumerate(("A1", "A2", "", ""))
    )
    return MatchedPerson(
        run_key=run_key,
        wearer_id=WearerId("w_own"),
        name="Demo Alder",
        date_of_birth="1990-01-01",
        tags=(MatchedTag(tag_id=TagId("t_own"), serial="TW-0001", model="unknown"),),
        match=CrimeMatch(
            found=MatchList.MATCHED,
            counted=(Counted(0, "A1", 1.0), Counted(1, "A2", 0.9)),
            fixes=4,
            best_radius_m=20.0,
            seen=SEEN,
            tags=(TagLook(activation_id="act_own", fixes=4, best_radius_m=20.0, counting=2),),
        ),
        fixes=fixes,
    )


def run(crime_id: str, run_key: str, at: Instant, matched: int) -> MatchRun:
    """A run of one version of a crime."""
    return MatchRun(
        run_key=run_key,
        crime_id=crime_id,
        version=1,
        profile_id="moj-acquisitive",
        profile_version=1,
        trigger=MatchTrigger.AUTOMATIC,
        settings=MatchSettings(),
        code_version="0",
        as_of=at,
        began_at=at,
        ended_at=at,
        matched=matched,
        not_excluded=0,
        excluded=(
            ExcludedPerson(wearer_id=WearerId("w_team"), fixes=80, best_radius_m=9.0, seen=SEEN),
        ),
        barred=3,
    )


def events(crime_id: str, crime: Crime, at: Instant) -> list[Event]:
    """What the journal holds of it."""
    found = person(crime)
    word = MatchWord(
        verdict=MatchVerdict.EXPLAINED,
        words="He works there",
        by=AccountId("ac_operator"),
        at=at,
    )
    return [
        CrimeMatched(run=run(crime_id, "mr_1", Instant(at - 60 * MINUTE), 0)),
        PersonMatched(person=found),
        CrimeMatched(run=run(crime_id, "mr_2", at, 1)),
        MatchQualified(match_id=found.match_id, wearer_id=found.wearer_id, word=word),
    ]
