"""Where a tag is: said on its page, with the history of who wore it and what was said of it."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import ActivationId, TagId
from tagwatch.core.inventory import TagState
from tagwatch.desk.activation import swap_tag
from tagwatch.desk.tag import move_tag
from tagwatch.query.register import activation_of, free_tags
from tagwatch.query.register import tag as ask_tag
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    choice,
    moment,
    moment_values,
    options,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.route import Form, act, page

LAID_DOWN: Final = tuple(one for one in options(TagState) if one[0] != TagState.FITTED)


def _sheet(tag_id: str, serial: str) -> Sheet:
    return Sheet(
        title="Say where the tag is",
        caption=f"Tag {serial}",
        back=f"/tags/{tag_id}",
        inputs=(
            Input(name="state", label="It is", kind=Kind.RADIOS, options=LAID_DOWN),
            Input(
                name="words",
                label="Where, or why",
                hint="For example: shelf 3; at repair",
            ),
        ),
    )


@page("/tags/{tag_id:str}/move", Verb.REGISTER_TAG)
def ask_move(request: Asked, tag_id: FromPath[str]) -> Response[Any]:
    """Ask where the tag is."""
    view = ask_tag(reader(request, Purpose.UPKEEP), TagId(tag_id))
    return show_sheet(request, _sheet(tag_id, view.tag.serial), {"state": view.state.value})


@act("/tags/{tag_id:str}/move", Verb.REGISTER_TAG)
def move(request: Asked, tag_id: FromPath[str], data: Form) -> Response[Any]:
    """Record where the tag is from now on."""
    asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
    sheet = _sheet(tag_id, ask_tag(asking, TagId(tag_id)).tag.serial)
    values, problems = typed(data, sheet), Problems()
    state = choice(values, "state", TagState, problems, "Choose where it is")
    words = text(values, "words", problems, "Say where it is, or why")
    if not problems:
        done = attempt(problems, lambda: move_tag(clerk, asking, TagId(tag_id), state, words))
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems)


def _swap_sheet(request: Asked, wearer_id: str, serial: str) -> Sheet:
    usable = (TagState.IN_STOCK, TagState.ISSUED)
    free = [
        (tag.tag_id, f"{tag.serial}, {tag.model}")
        for tag in free_tags(reader(request, Purpose.UPKEEP), usable)
    ]
    becomes = tuple(one for one in LAID_DOWN if one[0] != TagState.ISSUED)
    return Sheet(
        title="Swap the tag",
        caption=f"Tag {serial}",
        back=f"/wearers/{wearer_id}",
        button="Record the swap",
        intro="The old tag comes off and the new one is on from the same moment.",
        inputs=(
            Input(name="tag", label="New tag", kind=Kind.SELECT, options=(("", ""), *free)),
            Input(name="at", label="Swapped at", kind=Kind.MOMENT),
            Input(name="reason", label="Why", hint="For example: battery no longer holds"),
            Input(name="becomes", label="The old tag is", kind=Kind.RADIOS, options=becomes),
        ),
    )


@page("/activations/{activation_id:str}/swap", Verb.FIT_TAG)
def ask_swap(request: Asked, activation_id: FromPath[str]) -> Response[Any]:
    """Ask for the new tag."""
    asking = reader(request, Purpose.UPKEEP)
    found = activation_of(asking, ActivationId(activation_id))
    values = {"becomes": TagState.TO_BE_RETURNED.value, **moment_values("at", asking.now())}
    return show_sheet(request, _swap_sheet(request, found.wearer_id, found.tag_id), values)


@act("/activations/{activation_id:str}/swap", Verb.FIT_TAG)
def swap(request: Asked, activation_id: FromPath[str], data: Form) -> Response[Any]:
    """Record that another tag is on the wearer instead."""
    asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
    found = activation_of(asking, ActivationId(activation_id))
    sheet = _swap_sheet(request, found.wearer_id, found.tag_id)
    values, problems = typed(data, sheet), Problems()
    tag_id = TagId(text(values, "tag", problems, "Choose the new tag"))
    at = moment(values, "at", problems, "Enter when it was swapped")
    reason = text(values, "reason", problems, "Enter why it was swapped")
    becomes = choice(values, "becomes", TagState, problems, "Say what becomes of the old tag")
    if at is not None and at > asking.now():
        problems.add("at", "It cannot have been swapped in the future")
    if not problems and at is not None:
        done = attempt(
            problems,
            lambda: swap_tag(clerk, asking, found.activation_id, tag_id, at, reason, becomes),
        )
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems)


ROUTES = (ask_move, move, ask_swap, swap)
