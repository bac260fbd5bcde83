"""The address under which browsers know the pages: what passkeys and providers hold on to."""

import ipaddress
from urllib.parse import urlsplit

import msgspec

from tagwatch.config import WebConfig


class PageAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where passkeys are for: they work on pages of this origin alone."""

    origin: str
    rp_id: str


def page_address(config: WebConfig) -> PageAddress | None:
    """Return where passkeys are for, None if the installation has no address they can be for.

    That is `web.public_url`, which must have a name and be https; without one, this machine's own
    `http://localhost`. An address of numbers has no passkeys: browsers refuse.
    """
    if config.public_url:
        found = urlsplit(config.public_url)
        host = found.hostname or ""
        named = any(each.isalpha() for each in host) and ":" not in host
        safe = found.scheme == "https" or host == "localhost"
        origin = f"{found.scheme}://{found.netloc.lower()}"
        return PageAddress(origin=origin, rp_id=host) if named and safe else None
    if not is_loopback(config.bind) or config.behind_proxy:
        return None
    scheme = "https" if config.tls_cert else "http"
    return PageAddress(origin=f"{scheme}://localhost:{config.port}", rp_id="localhost")


def is_loopback(address: str) -> bool:
    """Say whether this address or name is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
