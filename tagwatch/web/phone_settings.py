"""What a phone or gateway is told to do: addresses, settings, and codes that its app scans.

Traccar Client takes an address whose own address is the server and whose query holds the
settings (its configuration_service.dart). OwnTracks takes `owntracks:///config?inline=` with the
base64 of a configuration (owntracks.org/booklet/features/remoteconfig).
"""

import base64
import io
import ipaddress
import json
from urllib.parse import quote, urlencode, urlsplit

import msgspec
import segno

from tagwatch.config import TagsConfig
from tagwatch.core.person import Scheme, Tag

BESIDE_MOVING_S = 60


class PhoneSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to set one sender up."""

    rows: tuple[tuple[str, str], ...]
    """(setting, value) to be typed by hand."""
    link: str = ""
    """What the code holds; empty where no app scans one."""
    picture: str = ""
    """The code as a `data:` address of an SVG."""


def tags_url(tags: TagsConfig) -> str:
    """Return the address under which phones reach the tags' listener."""
    if tags.public_url:
        return tags.public_url.rstrip("/")
    scheme = "https" if tags.tls_cert else "http"
    host = f"[{tags.bind}]" if ":" in tags.bind else tags.bind
    return f"{scheme}://{host}:{tags.port}"


def warnings(tags: TagsConfig) -> list[str]:
    """Return in sentences what will not work with these deployment settings."""
    url = urlsplit(tags_url(tags))
    host = url.hostname or ""
    found: list[str] = []
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address is not None and address.is_loopback):
        found.append(
            "Only programs on this machine reach this address. For a phone, start with --lan or "
            "set [tags] bind and public_url in tagwatch.toml, then issue a new code."
        )
    elif address is not None and address.is_unspecified:
        found.append(
            f"Write this machine's own address in place of {host}, or set [tags] public_url."
        )
    elif address is not None and address.is_private:
        found.append("The phone must be in the same network (Wi-Fi) as this machine.")
    if url.scheme == "http":
        found.append(
            "Without TLS everybody on the way can read the fixes and the secret. Traccar Client "
            "and OwnTracks on Android send over http; on an iPhone and on networks that are not "
            "your own use https."
        )
    return found


def settings_for(
    scheme: Scheme, url: str, credential_id: str, secret: str, tag: Tag | None
) -> PhoneSettings:
    """Return the settings for one credential; `secret` is in them and is kept nowhere."""
    if scheme is Scheme.TRACCAR_CLIENT:
        return _traccar_client(url, secret, tag)
    if scheme is Scheme.OWNTRACKS:
        return _owntracks(url, credential_id, secret)
    path = "/traccar" if scheme is Scheme.TRACCAR_FORWARD else "/v1/fixes"
    rows = [("Address", f"{url}{path}"), ("Header", f"Authorization: Bearer {secret}")]
    if scheme is Scheme.TRACCAR_FORWARD:
        rows += [
            ("traccar.xml: forward.url", f"{url}{path}"),
            ("traccar.xml: forward.type", "json"),
            ("traccar.xml: forward.header", f"Authorization: Bearer {secret}"),
        ]
    return PhoneSettings(rows=tuple(rows))


def _traccar_client(url: str, secret: str, tag: Tag | None) -> PhoneSettings:
    interval_s = tag.mode.moving_interval_s if tag is not None else BESIDE_MOVING_S
    heartbeat_s = tag.mode.resting_interval_s if tag is not None else 300
    settings = {
        "id": secret,
        "accuracy": "highest",
        "distance": "0",
        "interval": str(interval_s),
        "fastest_interval": str(interval_s),
        "heartbeat": str(heartbeat_s),
        "buffer": "true",
        "stop_detection": "false",
    }
    link = f"{url}/?{urlencode(settings)}"
    rows = (
        ("Server URL", f"{url}/"),
        ("Device identifier", secret),
        ("Location accuracy", "highest"),
        ("Distance", "0"),
        ("Interval", f"{interval_s} seconds"),
        ("Stationary heartbeat", f"{heartbeat_s} seconds"),
        ("Offline buffering", "on"),
        ("Stop detection", "off"),
    )
    return PhoneSettings(rows=rows, link=link, picture=_picture(link))


def _owntracks(url: str, credential_id: str, secret: str) -> PhoneSettings:
    configuration = {
        "_type": "configuration",
        "mode": 3,
        "url": f"{url}/owntracks",
        "auth": True,
        "username": credential_id,
        "password": secret,
        "deviceId": "tag",
        "tid": "tw",
        "monitoring": 2,
    }
    inline = base64.b64encode(json.dumps(configuration, separators=(",", ":")).encode())
    link = f"owntracks:///config?inline={quote(inline.decode(), safe='')}"
    rows = (
        ("Mode", "HTTP"),
        ("URL", f"{url}/owntracks"),
        ("User name", credential_id),
        ("Password", secret),
        ("Monitoring", "move"),
    )
    return PhoneSettings(rows=rows, link=link, picture=_picture(link))


def _picture(link: str) -> str:
    drawn = io.BytesIO()
    segno.make(link, micro=False, error="l").save(
        drawn, kind="svg", scale=4, xmldecl=False, svgns=True
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
