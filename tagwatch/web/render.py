"""Templates to pages: Jinja with the GOV.UK components, London times, versioned addresses."""

from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, PrefixLoader
from litestar.enums import MediaType
from litestar.response import Response

from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant, utc
from tagwatch.web.words import chance, marks, source, word

STATIC: Final = Path(__file__).parent / "static"


class Renderer:
    """Makes pages from templates. Safe for several threads."""

    def __init__(self) -> None:
        self.environment = _environment()

    def text(self, template: str, context: dict[str, Any]) -> str:
        """Return the filled template."""
        return self.environment.get_template(template).render(context)


@cache
def _environment() -> Environment:
    """Return where templates are found and kept compiled: one for a process."""
    loader = ChoiceLoader(
        [
            PackageLoader("tagwatch.web", "templates"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    # The GOV.UK components read parameters of parameters that may be absent. A row of a list is
    # a template of its own: whether its file has changed is not asked for each.
    made = Environment(
        loader=loader,
        undefined=ChainableUndefined,
        autoescape=True,
        trim_blocks=True,
        auto_reload=False,
    )
    made.filters.update(_FILTERS)
    made.globals["static"] = static_address
    return made


def html(text: str, status: int = 200) -> Response[str]:
    """Return a page as an answer."""
    return Response(text, media_type=MediaType.HTML, status_code=status)


@cache
def static_address(name: str) -> str:
    """Return the address of a static file, which changes when the file does.

    Raises FileNotFoundError with the hint to set up if the file is not there.
    """
    path = STATIC / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; `make .venv` fetches what pages need")
    return f"/static/{name}?v={sha256(path.read_bytes()).hexdigest()[:12]}"


def moment(at: int | None) -> str:
    """Return an instant as London reads it, e.g. `22 November 2026, 14:03:20`."""
    return "not known" if at is None else f"{day(at)}, {clock(at)}"


def stamped(at: int) -> str:
    """Return London date and time with the offset from UTC, e.g. `22 Nov 14:03:20 (UTC+0)`."""
    local = london(Instant(at))
    offset = local.utcoffset()
    hours = 0 if offset is None else int(offset.total_seconds() // 3600)
    return f"{local.day} {local.strftime('%b %H:%M:%S')} (UTC+{hours})"


def clock(at: int) -> str:
    """Return the London time of day with seconds."""
    return london(Instant(at)).strftime("%H:%M:%S")


def when(at: int, now: int) -> str:
    """Return the London time of day, with the date before it if that is not today's."""
    if day(at) == day(now):
        return clock(at)
    local = london(Instant(at))
    return f"{local.day} {local.strftime('%b')}, {clock(at)}"


def day(at: int) -> str:
    """Return the London date, e.g. `22 November 2026`."""
    local = london(Instant(at))
    return f"{local.day} {local.strftime('%B %Y')}"


def birthday(written: str | None) -> str:
    """Return a date of birth such as `1989-04-27` as `27 April 1989`; any other text as it is."""
    if not written:
        return "not recorded"
    try:
        born = date.fromisoformat(written)
    except ValueError:
        return written
    return f"{born.day} {born.strftime('%B %Y')}"


def machine(at: int) -> str:
    """Return an instant as the `datetime` attribute of a `time` element."""
    return utc(Instant(at)).isoformat(timespec="seconds").replace("+00:00", "Z")


def age(span_us: int) -> str:
    """Return a length of time in its two largest units, e.g. `3 min 20 s`."""
    span = abs(span_us)
    for unit, name, smaller, small_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", SECOND, "s"),
    ):
        if span >= unit:
            rest = span % unit // smaller
            return f"{span // unit} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{span // SECOND} s"


def between(earliest: int, latest: int) -> str:
    """Return the words for a moment known to lie between two."""
    if latest <= earliest:
        return moment(earliest)
    if day(earliest) == day(latest):
        return f"{day(earliest)}, between {clock(earliest)} and {clock(latest)}"
    return f"between {moment(earliest)} and {moment(latest)}"


def per_cent(probability: float) -> str:
    """Return a probability as a percentage that never rounds to certainty."""
    value = 100 * probability
    if 0 < value < 0.1:
        return "less than 0.1 %"
    if value > 99.9:
        return "more than 99.9 %"
    return f"{value:.1f} %" if value < 10 or value > 90 else f"{value:.0f} %"


def size(count: int) -> str:
    """Return a number of bytes as a person reads it, e.g. `1.4 MB`."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{max(1, round(count / 1000))} kB"


_FILTERS: Final[dict[str, Any]] = {
    "moment": moment,
    "stamped": stamped,
    "clock": clock,
    "when": when,
    "day": day,
    "birthday": birthday,
    "age": age,
    "size": size,
    "machine": machine,
    "word": word,
    "chance": chance,
    "source": source,
    "marks": marks,
    "per_cent": per_cent,
}
