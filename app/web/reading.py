"""In which language and theme a person reads, and where that choice is kept."""

from flask import g, request
from flask_login import current_user

from app.kernel.i18n import DEFAULT_LANGUAGE, LANGUAGES, use_language, use_zone
from app.kernel.organisation import Organisation, the_organisation
from app.web.application import db

COOKIE = "language"
THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")
YEAR = 31_536_000


def choose_language() -> None:
    """Before each request: the address's `?lang=`, else the staff user's, the cookie's, the browser's."""
    if request.endpoint in {None, "static", "health.alive"}:
        use_language(DEFAULT_LANGUAGE)
        return
    asked = request.args.get("lang", "")
    own = current_user.language if current_user.is_authenticated else request.cookies.get(COOKIE, "")
    browser = request.accept_languages.best_match(list(LANGUAGES))
    use_language(next((code for code in (asked, own, browser) if code in LANGUAGES), DEFAULT_LANGUAGE))


def reading_organisation() -> Organisation:
    """The organisation's settings, read once a request."""
    if "organisation" not in g:
        g.organisation = the_organisation(db)
        use_zone(g.organisation.time_zone)
    found: Organisation = g.organisation
    return found


def theme() -> str:
    """The theme of this browser: auto, light or dark."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"
