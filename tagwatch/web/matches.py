"""Matches of police's crimes: a batch, the three lists of a crime, one match with its map."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES, ENTERS_AROUND, HANDS_OUT
from tagwatch.core.crime_match import scene_of
from tagwatch.core.match import MatchList, MatchRule
from tagwatch.core.match_run import MatchVerdict
from tagwatch.core.units import SECOND, Instant, iso
from tagwatch.desk.clerk import NotRecorded
from tagwatch.desk.match import MatchWordsError, ask_matching, qualify
from tagwatch.query import matches as ask
from tagwatch.query.matches import MatchView
from tagwatch.report.match_csv import REASONS
from tagwatch.web.crimes import crime_reader
from tagwatch.web.foundation import Asked, foundation, who
from tagwatch.web.layout import show
from tagwatch.web.render import static_address
from tagwatch.web.route import Form, act, field, page

LISTS: Final = {
    MatchList.MATCHED: "matched",
    MatchList.NOT_EXCLUDED: "could not be excluded",
    MatchList.EXCLUDED: "excluded",
}
RULES: Final = {
    MatchRule.OVERLAP_50: "overlap-50: half of a fix’s circle in the vicinity, as the Ministry’s",
    MatchRule.PROBABILITY: "probability: how likely he was there at some time, from all fixes",
}
VERDICTS: Final = {
    MatchVerdict.WORTH_ASKING: "Worth asking about",
    MatchVerdict.EXPLAINED: "Explained: he had a reason to be there",
    MatchVerdict.TECHNICAL: "Technical: these fixes are not to be believed",
    MatchVerdict.NOT_HIM: "Not him, by something else that is known",
    MatchVerdict.CANNOT_SAY: "Cannot say",
}
_SAFE: Final = {"content-security-policy": "default-src 'none'; sandbox"}


@page("/crimes/{batch_key:str}/matches", Verb.SEE_CRIMES, COMBINES)
def batch_matches(request: Asked, batch_key: FromPath[str]) -> Response[Any]:
    """Show how far the crimes of a batch are matched, and to what it came."""
    return _batch(request, batch_key, "")


@act("/crimes/{batch_key:str}/matches", Verb.MATCH_CRIMES, ENTERS_AROUND)
def match_batch(request: Asked, batch_key: FromPath[str], data: Form) -> Response[Any]:
    """Have all crimes of a batch, or one of them, matched anew."""
    asks = crime_reader(request)
    chosen, rule = field(data, "crime_id", 80), field(data, "rule", 40)
    if rule not in list(MatchRule):
        return _batch(request, batch_key, "Choose a rule")
    found = ask.batch_matches(asks, batch_key)
    ids = [one.crime_id for one in found.crimes if chosen in ("", one.crime_id)]
    if not ids:
        return _batch(request, batch_key, "This batch has no such crime")
    try:
        ask_matching(foundation(request).clerk, asks, ids, MatchRule(rule))
    except NotRecorded as error:
        return _batch(request, batch_key, str(error))
    return Redirect(f"/crimes/{batch_key}/matches", status_code=303)


@page("/crimes/{batch_key:str}/matches.csv", Verb.SEE_CRIMES, HANDS_OUT)
def batch_matches_csv(request: Asked, batch_key: FromPath[str]) -> Response[Any]:
    """Hand out the matches of a batch as the Ministry's CSV."""
    lines = ask.matches_csv(crime_reader(request), batch_key)
    name = f'attachment; filename="matches-{batch_key}.csv"'
    headers = {"content-type": "text/csv; charset=utf-8", "content-disposition": name, **_SAFE}
    return Response("".join(lines).encode(), headers=headers)


@page("/crime/{crime_id:str}/matches", Verb.SEE_CRIMES, COMBINES)
def crime_matches(request: Asked, crime_id: FromPath[str]) -> Response[Any]:
    """Show the three lists of a crime."""
    run_key = request.query_params.get("run", "")[:80]
    found = ask.crime_matches(crime_reader(request), crime_id, run_key)
    context = {"found": found, "reasons": REASONS, "lists": LISTS, "verdicts": VERDICTS}
    return show(request, "crime_matches.html", context)


@page("/matches/{match_id:str}", Verb.SEE_CRIMES, COMBINES)
def match(request: Asked, match_id: FromPath[str]) -> Response[Any]:
    """Show one person at one crime: map, fixes, what was said of it."""
    found = ask.match_view(crime_reader(request), match_id)
    return _match(request, found, {}, "")


@act("/matches/{match_id:str}", Verb.MATCH_CRIMES, ENTERS_AROUND)
def qualify_match(request: Asked, match_id: FromPath[str], data: Form) -> Response[Any]:
    """Record what somebody says of a match."""
    asks = crime_reader(request)
    found = ask.match_view(asks, match_id)
    values = {"verdict": field(data, "verdict", 40), "words": field(data, "words", 8_000)}
    if values["verdict"] not in list(MatchVerdict):
        return _match(request, found, values, "Choose what you say of this match")
    try:
        verdict = MatchVerdict(values["verdict"])
        qualify(foundation(request).clerk, asks, found.person, verdict, values["words"])
    except (MatchWordsError, NotRecorded) as error:
        return _match(request, found, values, str(error))
    return Redirect(f"/matches/{match_id}", status_code=303)


def _batch(request: Asked, batch_key: str, problem: str) -> Response[Any]:
    context = {
        "found": ask.batch_matches(crime_reader(request), batch_key),
        "may_match": who(request).actor.may(Verb.MATCH_CRIMES),
        "rules": RULES,
        "problem": problem,
    }
    return show(request, "batch_matches.html", context, 422 if problem else 200)


def _match(request: Asked, found: MatchView, values: dict[str, str], problem: str) -> Response[Any]:
    crime = found.crime
    scene = scene_of(crime.place, crime.from_at, crime.to_at, found.run.settings)
    context: dict[str, Any] = {
        "found": found,
        "reasons": REASONS,
        "lists": LISTS,
        "verdicts": VERDICTS,
        "values": values,
        "problem": problem,
        "map": _map(found),
        "boroughs": static_address("map/boroughs.geojson"),
        "names": foundation(request).sign_in.names({word.by for word in found.words}),
        "may_match": who(request).actor.may(Verb.MATCH_CRIMES),
        "window": tuple(iso(at) for at in (scene.start, Instant(scene.end + SECOND))),
    }
    return show(request, "match.html", context, 422 if problem else 200)


def _map(found: MatchView) -> dict[str, Any]:
    """Return what `map/question.js` draws: the vicinity, and the fixes with their labels."""
    place = found.crime.place
    return {
        "place": {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [place.lon_deg, place.lat_deg]},
            "properties": {"radius_m": found.run.settings.vicinity_m, "label": "crime"},
        },
        "fixes": [
            {
                "number": fix.label or number,
                "lon": fix.lon_deg,
                "lat": fix.lat_deg,
                "radius_m": fix.radius_m or 0.0,
                "speaks_for": bool(fix.label),
            }
            for number, fix in enumerate(found.person.fixes, start=1)
        ],
    }


ROUTES = (batch_matches, match_batch, batch_matches_csv, crime_matches, match, qualify_match)
