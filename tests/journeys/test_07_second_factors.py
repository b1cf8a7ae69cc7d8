"""A second factor from the first set-up to a lost phone: an app, a passkey in a real browser, a recovery code."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from app.accounts.models import StaffSession
from app.kernel.clock import now
from sandbox.mailbox import free_port
from tests.journeys.browsing import Visitor, visiting
from tests.stack import ENDS_WITH_US, HOST, ROOT, Stack, eventually

pytestmark = pytest.mark.browser
EMAIL, PASSWORD = "tenzin@example.org", "seven quiet mountains"
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def named_site(stack: Stack) -> Iterator[str]:
    """One more site on the same database, under a name: browsers make no passkeys for addresses of figures."""
    port = free_port()
    site = f"http://localhost:{port}"
    options = ["--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "1", "--blocking-threads", "2"]
    command = [*ENDS_WITH_US, sys.executable, "-m", "granian", *options, "--log-level", "warning", "wsgi:app"]
    env = {**stack.env, "PUBLIC_URL": site}
    with (stack.folder / "named-site.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        eventually(lambda: _answers(site), "the site under a name")
        stack.run("users", "create", EMAIL, "--name", "Tenzin Lama", "--role", "Fundraiser", "--password", PASSWORD)
        yield site
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def _answers(site: str) -> bool:
    try:
        return requests.get(f"{site}/healthz", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def tenzin(chromium: Browser, named_site: str) -> Iterator[Visitor]:
    """Somebody new, at a computer that can keep passkeys."""
    with visiting(chromium, (named_site,)) as visitor:
        devices = visitor.context.new_cdp_session(visitor.page)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        yield visitor


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    """What Tenzin writes down: the key of the app, and the recovery codes."""
    return {}


def first_step(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-in")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/account")
    page.locator(".topbar [data-menu] summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def an_hour_passes(stack: Stack) -> None:
    """Every sign-in began and was confirmed an hour earlier."""
    earlier = now() - timedelta(hours=1)
    with stack.database.writing() as db:
        db.execute(update(StaffSession).values(started_at=earlier, confirmed_at=earlier))


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_an_app_is_set_up_and_recovery_codes_are_kept(tenzin: Visitor, named_site: str, kept: dict[str, str]) -> None:
    page = tenzin.page
    first_step(page, named_site)
    page.goto(f"{named_site}/account/security/")
    tenzin.look("second factors, none yet")
    page.get_by_role("button", name="Set up an app").click()
    heading(page, "Set up an authenticator app")
    tenzin.look("set up an app")
    kept["secret"] = page.locator("code.secret").inner_text().replace(" ", "")
    page.get_by_label("Code from your app").fill(pyotp.TOTP(kept["secret"]).now())
    page.get_by_role("button", name="Finish").click()

    heading(page, "Your recovery codes")
    tenzin.look("recovery codes")
    kept["codes"] = " ".join(page.locator(".codes code").all_inner_texts())
    assert len(kept["codes"].split()) == 10
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert saved.value.path().read_text().split() == kept["codes"].split()


def test_a_passkey_is_made_and_lets_in_without_a_password(tenzin: Visitor, named_site: str) -> None:
    page = tenzin.page
    page.goto(f"{named_site}/account/security/")
    page.get_by_role("link", name="Add a passkey").click()
    heading(page, "Add a passkey")
    tenzin.look("add a passkey")
    page.get_by_label("Name").fill("Office computer")
    page.get_by_role("button", name="Make the passkey").click()
    passkey = page.get_by_role("link", name="Office computer", exact=True)
    expect(passkey).to_be_visible()
    tenzin.look("second factors")
    passkey.click()
    heading(page, "Office computer")
    tenzin.look("a passkey")

    sign_out(page, named_site)
    tenzin.look("sign in with a passkey")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.locator("nav.sidebar")).to_be_attached()


def test_the_same_passkey_is_a_second_step_and_a_confirmation(tenzin: Visitor, stack: Stack, named_site: str) -> None:
    page = tenzin.page
    sign_out(page, named_site)
    first_step(page, named_site)
    heading(page, "One more step")
    tenzin.look("second step")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("nav.sidebar")).to_be_attached()

    an_hour_passes(stack)
    page.goto(f"{named_site}/account/security/passkeys/new")
    heading(page, "Is it you?")
    tenzin.look("confirm")
    page.get_by_role("button", name="Use a passkey").click()
    heading(page, "Add a passkey")


def test_a_recovery_code_lets_in_whoever_lost_the_rest(
    chromium: Browser, named_site: str, tenzin: Visitor, kept: dict[str, str]
) -> None:
    with visiting(chromium, (named_site,), "phone") as visitor:
        page = visitor.page
        first_step(page, named_site)
        page.get_by_role("link", name="use a recovery code").click()
        expect(page.get_by_label("Recovery code")).to_be_visible()
        visitor.look("recovery code")
        page.get_by_label("Recovery code").fill(kept["codes"].split()[0].upper())
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("You have 9 recovery codes left.")).to_be_visible()
        for address in ("authenticator/remove", ""):
            page.goto(f"{named_site}/account/security/{address}")
            visitor.look(f"security {address or 'index'}")


def test_without_script_a_code_is_enough(chromium: Browser, named_site: str, kept: dict[str, str]) -> None:
    with visiting(chromium, (named_site,), "phone", java_script_enabled=False) as visitor:
        page = visitor.page
        first_step(page, named_site)
        heading(page, "One more step")
        expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
        page.get_by_label("Code from your app").fill(_fresh(kept["secret"]))
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("nav.sidebar")).to_be_attached()


def _fresh(secret: str) -> str:
    """The code of the next step: the one of this step may have been used to set up the app."""
    generator = pyotp.TOTP(secret)
    return generator.generate_otp(generator.timecode(time.time()) + 1)
