"""A passkey on a device of the browser's own: added by keyboard, then it signs in alone."""

from collections.abc import Callable

import msgspec
from litestar import Litestar
from playwright.sync_api import Page, expect

from tagwatch.access.page_address import PageAddress
from tagwatch.access.passkey import Passkeys
from tests.browser.conftest import Site, Visit


def test_a_passkey_is_added_and_signs_in_alone(
    app: Litestar, site: Site, visit: Visit, clean: Callable[[Page], None]
) -> None:
    origin = f"http://localhost:{site.port}"
    passkeys = Passkeys(app.state.foundation.sign_in, PageAddress(origin=origin, rp_id="localhost"))
    app.state.foundation = msgspec.structs.replace(app.state.foundation, passkeys=passkeys)
    site.address = origin
    page = visit("/your-sign-in", "operator")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    page.get_by_label("Name of a new passkey").fill("Desk computer")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    expect(page.get_by_role("cell", name="Desk computer", exact=True)).to_be_visible()
    clean(page)
    page.get_by_role("button", name="Sign out").click()
    button = page.get_by_role("button", name="Sign in with a passkey")
    expect(button).to_be_visible()
    clean(page)
    whole = {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    device.send("WebAuthn.setUserVerified", whole)
    button.click()
    expect(page.get_by_text("Nothing was done")).to_be_visible()
    device.send("WebAuthn.setUserVerified", {**whole, "isUserVerified": True})
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open alerts")).to_be_visible()
    page.goto(f"{origin}/your-sign-in")
    expect(page.get_by_role("cell", name="this one")).to_be_visible()
    expect(page.get_by_role("cell", name="passkey", exact=True)).to_be_visible()
