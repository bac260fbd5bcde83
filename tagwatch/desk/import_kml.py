"""KML, as far as a drawing of zones goes: placemarks with their polygons, as GeoJSON features.

Read as a stream by a parser to which a document type is refused, so that no entity is ever
expanded; nothing that a file links to is fetched.
"""

from typing import Any, Final
from xml.parsers import expat

from tagwatch.desk.import_file import ImportRefused

DEPTH_MOST: Final = 40
_COLLECTED: Final = frozenset({"name", "coordinates", "value", "SimpleData"})
_LINKS: Final = frozenset({"NetworkLink", "GroundOverlay", "PhotoOverlay", "Model"})


class _Refused(Exception):
    """XML that no drawing needs."""


def read_kml(data: bytes) -> list[dict[str, Any]]:
    """Return a GeoJSON feature for each placemark. Raises ImportRefused."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    reading = _Reading()
    parser.StartDoctypeDeclHandler = reading.doctype
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ImportRefused(
            [f"line {error.lineno}: this is no whole XML from here on; export the drawing again"]
        ) from error
    except _Refused as error:
        raise ImportRefused([f"line {parser.CurrentLineNumber}: {error}"]) from error
    return reading.features


class _Reading:
    """Placemarks, while the parser runs."""

    def __init__(self) -> None:
        self.features: list[dict[str, Any]] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._said: dict[str, str] = {}
        self._named = ""
        self._shapes: list[dict[str, Any]] = []
        self._rings: list[list[list[float]]] = []

    def doctype(self, *_: object) -> None:
        """Refuse a document type."""
        raise _Refused("a document type (DTD) is not taken; export the drawing as plain KML")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        tag = name.rsplit(" ", 1)[-1]
        if not self._path and tag != "kml":
            raise _Refused(f"this is XML and no KML (it begins with <{tag[:40]}>)")
        self._path.append(tag)
        if len(self._path) > DEPTH_MOST:
            raise _Refused(f"elements are nested deeper than {DEPTH_MOST}")
        self._text = []
        if tag == "Placemark":
            self._said, self._shapes = {}, []
        elif tag == "Polygon":
            self._rings = []
        elif tag in ("Data", "SimpleData"):
            self._named = attributes.get("name", "")
        elif tag in _LINKS:
            raise _Refused(f"a {tag} is not taken: nothing is fetched from elsewhere")

    def text(self, text: str) -> None:
        """Take in characters."""
        if self._path and self._path[-1] in _COLLECTED:
            self._text.append(text)

    def end(self, _name: str) -> None:
        """End an element."""
        tag, text = self._path.pop(), "".join(self._text).strip()
        self._text = []
        parent = self._path[-1] if self._path else ""
        if tag == "name" and parent == "Placemark":
            self._said["name"] = text
        elif (tag == "value" and parent == "Data") or tag == "SimpleData":
            self._said[self._named] = text
        elif tag == "coordinates":
            self._placed(parent, _positions(text))
        elif tag == "Polygon":
            self._shapes.append({"type": "Polygon", "coordinates": self._rings})
        elif tag == "Placemark":
            self._feature()

    def _placed(self, parent: str, positions: list[list[float]]) -> None:
        if parent == "LinearRing" and "Polygon" in self._path:
            outer = "outerBoundaryIs" in self._path
            self._rings.insert(0 if outer else len(self._rings), positions)
        elif parent == "Point" and len(positions) == 1:
            self._shapes.append({"type": "Point", "coordinates": positions[0]})
        else:
            self._shapes.append({"type": parent, "coordinates": positions})

    def _feature(self) -> None:
        said: dict[str, Any] = {**self._said}
        for name in ("buffer_m", "radius_m"):
            try:
                said[name] = float(said[name]) if name in said else None
            except ValueError:
                continue  # it stays as it is written, and is refused as no number
        one = self._shapes[0] if len(self._shapes) == 1 else None
        many = {"type": "GeometryCollection", "geometries": self._shapes} if self._shapes else None
        self.features.append({"type": "Feature", "properties": said, "geometry": one or many})


def _positions(text: str) -> list[list[float]]:
    """Return the positions of a KML `coordinates`: longitude, latitude and a height left out."""
    found: list[list[float]] = []
    for group in text.split():
        parts = group.split(",")
        try:
            found.append([float(parts[0]), float(parts[1])])
        except (ValueError, IndexError) as error:
            raise _Refused(
                f"{group[:40]!r} is no corner: KML writes longitude,latitude with no space between"
            ) from error
    return found
