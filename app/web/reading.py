"""In which language and theme a person reads, and where that choice is kept."""

from collections.abc import Container

from flask import g, request
from flask_login import current_user

from app.kernel.i18n import DEFAULT_LANGUAGE, LANGUAGES, use_language
from app.kernel.organisation import Organisation, the_organisation
from app.web.application import db, this_application
from app.web.security import cookie_name

THEMES = ("auto", "light", "dark")
YEAR = 31_536_000
UNSPOKEN = frozenset({"static", "health.alive"})


def language_cookie() -> str:
    """What the cookie is called in which a browser keeps its language."""
    return cookie_name("language", is_secure=this_application().settings.is_secure)


def theme_cookie() -> str:
    """What the cookie is called in which a browser keeps its theme."""
    return cookie_name("theme", is_secure=this_application().settings.is_secure)


def choose_language() -> None:
    """Before each request: the address's `?lang=`, else the staff user's, the cookie's, the browser's.

    What needs no database comes first: a page that says the database is gone has a language too.
    """
    asked = request.args.get("lang", "")
    wanted = (asked, request.cookies.get(language_cookie(), ""), browsers_language(LANGUAGES))
    use_language(next((code for code in wanted if code in LANGUAGES), DEFAULT_LANGUAGE))
    is_asked_for = asked in LANGUAGES or request.endpoint in UNSPOKEN
    if not is_asked_for and request.cookies and current_user.is_authenticated:  # nobody is signed in without a cookie
        use_language(current_user.language)


def browsers_language(offered: Container[str]) -> str:
    """The first of the browser's languages that is offered, wherever it is spoken (`en-GB` is `en`); "" if none is."""
    spoken = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((code for code in spoken if code in offered), "")


def reading_organisation() -> Organisation:
    """The organisation's settings, read once a request."""
    if "organisation" not in g:
        g.organisation = the_organisation(db)
    found: Organisation = g.organisation
    return found


def theme() -> str:
    """The theme of this browser: auto, light or dark."""
    chosen = request.cookies.get(theme_cookie(), "auto")
    return chosen if chosen in THEMES else "auto"
