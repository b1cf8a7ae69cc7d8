"""The README's pictures, taken from a running demo: `python -m tools.screenshots http://127.0.0.1:8000`."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from demo.running import GIVING_FORM, PASSWORD
from tools.chromium import find_chromium

FOLDER = Path(__file__).parent.parent / "docs" / "images"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


def giving_form(browser: Browser, site: str) -> None:
    """The giving form in French, as a phone shows it."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="fr-FR")
    page.goto(f"{site}/give/{GIVING_FORM}?lang=fr")
    page.screenshot(path=FOLDER / "giving-form.png")
    page.close()


def back_office(browser: Browser, site: str) -> None:
    """The whole chain of a gift that an invented donor gave online, in English."""
    page = browser.new_page(viewport={"width": 1280, "height": 860}, locale="en-GB")
    page.goto(f"{site}/sign-in")
    page.fill("#email", "fundraiser@planete-nepal.example")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{site}/gifts")
    page.locator("tbody tr", has_text="Éloïse d’Hérouville").first.get_by_role("link").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "back-office.png")
    page.close()


def main() -> int:
    """Take both."""
    site = sys.argv[1].rstrip("/")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        giving_form(browser, site)
        back_office(browser, site)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
