"""What templates can say: amounts, dates, safe Markdown, addresses of static files, and the words of the shell."""

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import nh3
from flask import Flask, current_app, request, url_for
from flask_login import current_user
from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.local import LocalProxy

from app.kernel import i18n
from app.kernel.i18n import gettext as _
from app.kernel.i18n import use_zone
from app.web.addresses import this_page
from app.web.auth import can
from app.web.columns import panels_of
from app.web.nav import Section, nav_sections
from app.web.reading import reading_organisation, theme

STATIC = Path(__file__).parent.parent / "static"
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("strikethrough")
ALLOWED_TAGS = {
    "p", "br", "strong", "em", "s", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "hr", "code", "pre",
}  # fmt: skip


def markdown(text: str) -> Markup:
    """Markdown as safe HTML: no raw HTML, no images, no scripts, headings from the second level down."""
    html = nh3.clean(_markdown.render(text or ""), tags=ALLOWED_TAGS, url_schemes={"http", "https", "mailto"})
    return Markup(html)  # noqa: S704 - cleaned on the line above


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, changing with its content so that browsers may keep it for ever.

    Put together by hand: a page of the back office names forty.
    """
    return f"{request.script_root}{current_app.static_url_path}/{name}?v={_digest(name)}"


def language_links() -> list[tuple[str, str, str]]:
    """(code, native name, address of this page in it) for each language; for GET pages."""
    return [(code, name, this_page(lang=code)) for code, name in i18n.LANGUAGES.items()]


def logo_url() -> str:
    """The address of the organisation's logo, changing with it; the product's mark when there is none."""
    content = reading_organisation().logo_png
    if content is None:
        return asset("img/mark.svg")
    return url_for("organisation.logo", v=hashlib.sha256(content).hexdigest()[:12])


def instant(at: datetime, style: str = "medium") -> str:
    """An instant in the organisation's time zone, whatever else of the organisation the page has shown so far."""
    use_zone(reading_organisation().time_zone)
    return i18n.format_instant(at, style)


def menu() -> list[Section]:
    """The menu of the back office, its sections in order and worded."""
    return nav_sections(
        {"": "", "people": _("People"), "money": _("Money"), "online": _("Online"), "settings": _("Settings")}
    )


def register_text_filters(environment: Environment) -> None:
    """Filters that need no request: used by pages and by letters."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=False)  # type: ignore[attr-defined]
    environment.filters.update(
        money=i18n.format_money, day=i18n.format_day, instant=i18n.format_instant, number=i18n.format_number,
        exact=i18n.format_exact, percent=i18n.format_percent, markdown=markdown,
    )  # fmt: skip
    environment.globals["_"] = i18n.gettext


def register_filters(app: Flask) -> None:
    """Everything a page can say."""
    register_text_filters(app.jinja_env)
    app.jinja_env.filters["instant"] = instant
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        can=can, asset=asset, nav_sections=menu, logo_url=logo_url, panels_of=panels_of,
        language_links=language_links, languages=list(i18n.LANGUAGES.items()),
        locale=LocalProxy(i18n.language), theme=LocalProxy(theme), organisation=LocalProxy(reading_organisation),
        current_user=current_user,
    )  # fmt: skip

    @app.context_processor
    def request_facts() -> dict[str, Any]:
        return {
            "is_htmx": request.headers.get("HX-Request") == "true",
            "is_test_mode": app.config["IS_TEST_MODE"],
            "form_errors": [],
        }
