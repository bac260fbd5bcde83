"""A Word document of headings and paragraphs, the same bytes whenever the same is said.

Made by hand, as few kinds of paragraph are needed: a heading, text, and a line to be filled in.
"""

import zipfile
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import Final, NamedTuple

_TYPES: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.styles+xml"/></Types>'
)
_REL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_ROOT: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_REL}/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_PARTS: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_REL}/styles" '
    'Target="styles.xml"/></Relationships>'
)
_MAIN: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STYLES: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    f'<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
    '<w:sz w:val="22"/><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>'
    '<w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
    '<w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Heading1">'
    '<w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr>'
    '<w:keepNext/><w:spacing w:before="240" w:after="120"/><w:outlineLvl w:val="0"/></w:pPr>'
    '<w:rPr><w:b/><w:sz w:val="28"/></w:rPr></w:style></w:styles>'
)


class Paragraph(NamedTuple):
    """A paragraph; `kind` is `heading` or `text`."""

    text: str
    kind: str = "text"


def docx(paragraphs: Sequence[Paragraph]) -> bytes:
    """Return the document."""
    body = "".join(map(_xml, paragraphs))
    document = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<w:document xmlns:w="{_MAIN}"><w:body>{body}<w:sectPr>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1304" w:right="1247" w:bottom="1304" '
        'w:left="1247" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr></w:body>'
        "</w:document>"
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _ROOT,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _PARTS,
        "word/styles.xml": _STYLES,
    }
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as file:
        for name, text in parts.items():
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode())
    return held.getvalue()


def _xml(paragraph: Paragraph) -> str:
    style = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' if paragraph.kind == "heading" else ""
    lines = [
        f'<w:t xml:space="preserve">{escape(_printable(line), quote=False)}</w:t>'
        for line in paragraph.text.split("\n")
    ]
    return f"<w:p>{style}<w:r>{'<w:br/>'.join(lines)}</w:r></w:p>"


def _printable(text: str) -> str:
    """Return the text without control signs, which XML cannot hold."""
    return "".join(sign for sign in text if sign == "\t" or sign >= " ")
