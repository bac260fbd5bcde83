"""Copy what the pages send to browsers out of node_modules into `tagwatch/web/static/vendor`.

Only files named here are copied, so that nothing else of a package is ever served. The folder is
not committed; the wheel carries it. Styles are altered in one way: the typeface reserved for
government services is taken out, so that pages ask for Arial and no font file.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "tagwatch" / "web" / "static" / "vendor"

MOJ = "@ministryofjustice/frontend/moj"
SCRIPTS_AND_STYLES = {
    "govuk-frontend/dist/govuk/govuk-frontend.min.css": "govuk-frontend.min.css",
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk-frontend.min.js",
    f"{MOJ}/moj-frontend.min.css": "moj-frontend.min.css",
    f"{MOJ}/moj-frontend.min.js": "moj-frontend.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.min.js",
    "htmx.org/dist/ext/hx-csp.min.js": "hx-csp.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "ol/dist/ol.js": "ol.js",
    "ol/ol.css": "ol.css",
    "ol/LICENSE.md": "ol.LICENSE.txt",
    "ol-pmtiles/dist/olpmtiles.js": "olpmtiles.js",
    "pmtiles/dist/pmtiles.js": "pmtiles.js",
}
ICONS = re.compile(rb"url\(/assets/images/(icon-[a-z0-9.-]+)\)")
FONT_FACES = re.compile(rb"@font-face\{[^}]*\}")
RESERVED_FONT = b"GDS Transport,"
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$")


def main() -> int:
    """Fill the vendor folder anew. Returns the exit status."""
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "assets" / "images").mkdir(parents=True)
    for source, name in SCRIPTS_AND_STYLES.items():
        content = served(PACKAGES / source)
        (fresh / name).write_bytes(content)
        for icon in set(ICONS.findall(content)):
            drawing = PACKAGES / MOJ / "assets" / "images" / icon.decode()
            shutil.copyfile(drawing, fresh / "assets" / "images" / icon.decode())
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return 0


def served(source: Path) -> bytes:
    """Return the bytes of `source` as they are served. Raises ValueError if a font is left in."""
    content = SOURCE_MAP.sub(b"\n", source.read_bytes())
    if source.suffix != ".css":
        return content
    content = FONT_FACES.sub(b"", content).replace(RESERVED_FONT, b"")
    if b"GDS Transport" in content or b"/fonts/" in content:
        message = f"{source} still names a reserved font; its layout changed: mend setup/vendor.py"
        raise ValueError(message)
    return content


if __name__ == "__main__":
    sys.exit(main())
