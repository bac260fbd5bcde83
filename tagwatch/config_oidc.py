"""The deployment settings of an agency's own sign-in service."""

from urllib.parse import urlsplit

import msgspec


class OidcConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign-in service of the agency (OpenID Connect). Without an issuer there is none."""

    issuer: str = ""
    """As the service says it of itself, e.g. `https://login.example.org/tenant`; https, save on
    this machine. It has to know `<web.public_url>/sign-in/service/back` as our redirect address."""
    client_id: str = ""
    client_secret: str = ""
    """Keep it in the environment: TAGWATCH_OIDC_CLIENT_SECRET. Empty: PKCE alone."""
    name: str = "your agency’s sign-in"
    """What the button calls it."""
    second_factor: tuple[str, ...] = ("mfa", "hwk", "otp", "fpt", "pin")
    """One of these must stand in `amr`, or be the `acr`, of what it says; empty: not asked for."""
    ask_acr: tuple[str, ...] = ()
    """`acr_values` to ask it for."""
    skew_s: int = 60
    """Its clock may differ by so much from ours, at most 300."""
    passwords: bool = True
    """Passwords are used too; with false, the service and passkeys alone."""
    timeout_s: float = 5.0


def oidc_fault(oidc: OidcConfig) -> str:
    """Return what is wrong with the settings, '' if nothing is."""
    parts = urlsplit(oidc.issuer)
    here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if oidc.issuer and not (parts.scheme == "https" or here):
        return f"oidc.issuer is {oidc.issuer}; it must begin with https://"
    if oidc.issuer and not oidc.client_id:
        return "oidc.client_id is missing: how the service knows Tagwatch"
    if not 0 <= oidc.skew_s <= 300:
        return f"oidc.skew_s is {oidc.skew_s}; it may be 0 to 300 seconds"
    return ""
