"""What staff do in every journey: sign in, and look for somebody with the keyboard."""

from playwright.sync_api import Page, expect

from tests.stack import PASSWORD, Stack

ADMIN, FUNDRAISER, FINANCE = (f"{name}@planete-nepal.example" for name in ("admin", "fundraiser", "finance"))


def sign_in(page: Page, stack: Stack, email: str = FUNDRAISER) -> None:
    """Sign in. The administrator reads French, the fundraiser English."""
    page.goto(f"{stack.site}/sign-in")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("nav.sidebar")).to_be_attached()


def in_english(page: Page) -> None:
    """Choose English, and the colours that the system says, by the menu of one's own account."""
    page.locator(".topbar [data-menu] summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def find(page: Page, words: str, name: str) -> None:
    """Find somebody with the keyboard alone: / for the box, type, down the list, Enter."""
    page.wait_for_load_state()  # the script that hears the key is there by then
    page.keyboard.press("/")
    expect(page.get_by_role("combobox").first).to_be_focused()
    page.keyboard.type(words, delay=10)
    option = page.get_by_role("option").filter(has_text=name).first
    expect(option).to_be_visible()
    for _step in range(10):
        page.keyboard.press("ArrowDown")
        if option.get_attribute("aria-selected") == "true":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def figure(page: Page, label: str) -> str:
    """The value of a tile or a fact, by its label."""
    tile = page.locator(".stat").filter(has=page.get_by_text(label, exact=True))
    return tile.locator(".stat-value").inner_text().strip()


def euros(text: str) -> int:
    """Cents of an amount as English pages write it."""
    return round(float(text.replace("€", "").replace(",", "")) * 100)
