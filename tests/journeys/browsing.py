"""A visitor with a real browser who notices what is wrong with a page: errors, strangers, barriers, spilled edges."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1440, "height": 900}}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("JOURNEY_SHOTS")
"""A folder for pictures of the pages visited, to be looked at by people; none are made without it."""

RUN_AXE = """async options => {
    const alike = {exclude: [['tbody tr:nth-child(n+12)']]};  // the first rows of a table stand for all
    const results = await axe.run(alike, options);
    return results.violations.map(each => `${each.id}: ${each.nodes.map(node =>
        node.target.join(' ') + ' ' + node.html.slice(0, 160) + ' ' +
        (node.any.concat(node.all, node.none)[0]?.message ?? '')).join('\\n      ')}`);
}"""
CHANGE_AT_ONCE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { transition: none !important }');
    document.adoptedStyleSheets.push(sheet);
}"""
WIDTHS = """() => {
    const page = document.documentElement, edge = page.clientWidth;
    const over = page.scrollWidth > edge
        ? [...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > edge + 1) : [];
    return [page.scrollWidth, edge, over.slice(-3).map(each => each.outerHTML.slice(0, 200)).join(' … ')];
}"""
_addresses = count(1)


class Visitor:
    """Somebody at a screen. `page` is the open tab; `faults` gathers what a browser complains about."""

    def __init__(self, context: BrowserContext, origins: tuple[str, ...], size: str) -> None:
        self.context, self.size = context, size
        self._origins = origins
        self.faults: list[str] = []
        self._forgiven: tuple[str, ...] = ()
        context.on("request", self._on_request)
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Another tab, watched like the first."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        return page

    def trust(self, *origins: str) -> None:
        """Let requests go to these origins too."""
        self._origins += origins

    def forgive(self, *words: str) -> None:
        """Let complaints of the browser's console that hold these words pass: an answer 402, say, is one."""
        self._forgiven += words

    def look(self, name: str, page: Page | None = None, *, rules: list[str] | None = None) -> None:
        """Look at the page as it is: nothing spills over the side, and axe finds no barrier."""
        page = page or self.page
        page.wait_for_load_state()  # one that has just begun has nothing to look at yet
        self.faults += [f"{name} ({self.size}): {fault}" for fault in (*spills(page), *barriers(page, rules))]
        self.picture(name, page)

    def picture(self, name: str, page: Page | None = None) -> None:
        """A picture of the whole page for people, where they asked for pictures."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            (page or self.page).screenshot(path=f"{SHOTS}/{name}-{self.size}.png", full_page=True)

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" not in self._origins:
            self.faults.append(f"request to {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(word in message.text for word in self._forgiven):
            self.faults.append(f"console: {message.text} at {message.location.get('url', '')}")


def barriers(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds against WCAG 2.0 to 2.2 A and AA and good practice; only these rules if some are named."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARDS}
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
        page.evaluate(CHANGE_AT_ONCE)
    found: list[str] = page.evaluate(RUN_AXE, {"runOnly": only, "resultTypes": ["violations"]})
    return found


def spills(page: Page) -> list[str]:
    """Whether the page has to be scrolled sideways."""
    needed, there, culprits = page.evaluate(WIDTHS)
    return [f"it is {needed} px wide on a screen of {there}: {culprits}"] if needed > there else []


@contextmanager
def visiting(browser: Browser, origins: tuple[str, ...], size: str = "desktop", **options: object) -> Iterator[Visitor]:
    """A visitor from an address of their own, in English unless `locale` says otherwise.

    Fails at the end if the browser had anything to complain about.
    """
    own = next(_addresses)
    context = browser.new_context(
        **{  # type: ignore[arg-type]
            "viewport": SIZES[size],
            "locale": "en-GB",
            "timezone_id": "Europe/Paris",
            "reduced_motion": "reduce",
            "is_mobile": size == "phone",
            "has_touch": size == "phone",
            "extra_http_headers": {"X-Forwarded-For": f"10.0.{own // 250}.{own % 250 + 1}"},
            **options,
        }
    )
    visitor = Visitor(context, origins, size)
    try:
        yield visitor
    finally:
        context.close()
    assert not visitor.faults, "\n".join(dict.fromkeys(visitor.faults))
