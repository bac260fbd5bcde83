"""All readable files of a bundle, by name."""

from collections.abc import Iterator

from tagwatch.report.bundle.exhibits import exhibits
from tagwatch.report.bundle.guide import files as listed
from tagwatch.report.bundle.guide import guide
from tagwatch.report.bundle.map import map_svg
from tagwatch.report.bundle.papers import disclosure, method
from tagwatch.report.bundle.statement import statement_docx, statement_paper
from tagwatch.report.bundle.story import Story
from tagwatch.report.paper import typeset

CLOSED = "closed/"


def story_files(story: Story) -> Iterator[tuple[str, bytes]]:
    """Yield what a person reads. Of the closed story only what differs from the open one."""
    folder = CLOSED if story.is_closed else ""
    yield folder + "exhibits/exhibits.pdf", typeset(exhibits(story))
    for name, track in (("map", ""), ("map-with-tracks", "track")):
        yield f"{folder}exhibits/{name}.svg", map_svg(story, track).encode()
    yield folder + "statement.docx", statement_docx(story)
    yield folder + "statement.pdf", typeset(statement_paper(story))
    yield folder + "disclosure.pdf", typeset(disclosure(story, listed()))
    yield folder + "index.html", guide(story).encode()
    if not story.is_closed:
        yield "method.pdf", typeset(method(story))
