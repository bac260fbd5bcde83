"""Rows of crimes for tests, each cell as one likes."""

from email.message import EmailMessage

CELLS = {
    "force": "Metropolitan",
    "type": "TOMV",
    "said": "Theft of a motor vehicle",
    "batch": "MPS20250126",
    "reference": "CRI00000001",
    "start": "20250125083000",
    "end": "20250125093000",
    "easting": "",
    "northing": "",
    "latitude": "51.50735",
    "longitude": "-0.12776",
    "datum": "WGS84",
    "text": "",
}


def row(**cells: str) -> str:
    """Return a line, good unless `cells` say otherwise."""
    assert not set(cells) - set(CELLS)
    return ",".join((CELLS | cells).values())


def grid(easting: str, northing: str, **cells: str) -> str:
    """Return a line whose place is on the national grid."""
    return row(easting=easting, northing=northing, latitude="", longitude="", **cells)


def mail(*files: tuple[str, bytes], subject: str = "FW: Crime Mapping Request MPS") -> bytes:
    """Return an e-mail with these files."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "hub@force.example", "in@tag.example", subject
    made.set_content("Please find attached.")
    for name, data in files:
        made.add_attachment(data, maintype="text", subtype="csv", filename=name)
    return made.as_bytes()
