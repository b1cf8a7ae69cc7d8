"""Whether the product lives, for whoever watches over it; and the reader's own settings of language and theme."""

from typing import cast

from flask import Blueprint, redirect, request
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.glances import Glance
from app.kernel.i18n import LANGUAGES
from app.kernel.schema import is_behind, revision_of
from app.web.addresses import safe_next
from app.web.application import Application, this_application
from app.web.auth import public
from app.web.reading import THEMES, YEAR, language_cookie, theme_cookie

bp = Blueprint("health", __name__)


@bp.record_once
def take_pulse_of(state: BlueprintSetupState) -> None:
    """Word the question once: whoever watches asks it every few seconds."""
    state.app.extensions["pulse"] = Glance(cast("Application", state.app).database, select(literal(1)))


@bp.route("/healthz")
@public
def alive() -> ResponseReturnValue:
    """The process answers and reaches its database."""
    this_application().extensions["pulse"]()
    return {"status": "ok"}


@bp.route("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Whether requests may be sent here; if not, 503 with one word: database, schema (migrations to do) or queue."""
    reason = _not_ready()
    return ({"status": "not ready", "reason": reason}, 503) if reason else {"status": "ready"}


def _not_ready() -> str | None:
    database = this_application().database
    try:
        with database.reading() as db:
            if is_behind(revision_of(db.connection())):
                return "schema"
    except (SQLAlchemyError, OSError):
        return "database"
    carrier = database.info.get("carrier")
    return None if carrier is None or carrier.is_reachable() else "queue"


@bp.route("/reading", methods=["POST"])
@public
def reading() -> ResponseReturnValue:
    """Keep the reader's language or theme in a cookie, and staff's language in their account; go back to the page."""
    response = redirect(safe_next(request.form.get("next"), "/"), 303)
    secure = this_application().settings.is_secure
    language, theme = request.form.get("language", ""), request.form.get("theme", "")
    if language in LANGUAGES:
        if current_user.is_authenticated:
            current_user.language = language
        response.set_cookie(language_cookie(), language, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
    if theme in THEMES:
        response.set_cookie(theme_cookie(), theme, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
    return response
