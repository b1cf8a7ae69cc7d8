"""Error pages that help: what happened, what can be done, and the request's id. Programs get a problem document."""

from http import HTTPStatus

import structlog
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.kernel.db import broken_rule
from app.kernel.errors import NotFound, Outside, Refused
from app.web.application import give_up
from app.web.limits import seconds_to_wait

PAGES = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})
log = structlog.get_logger()


def register_error_pages(app: Flask) -> None:
    """Answer every failure with the page (or document) of its kind."""
    app.register_error_handler(Refused, lambda refusal: page(409, str(refusal.message)))
    app.register_error_handler(NotFound, lambda _missing: page(404))
    app.register_error_handler(Outside, _on_outside)
    app.register_error_handler(CSRFError, lambda _error: page(400))
    app.register_error_handler(StaleDataError, lambda _error: page(409))
    app.register_error_handler(OperationalError, _on_database_gone)
    app.register_error_handler(IntegrityError, _on_contradiction)
    app.register_error_handler(DataError, lambda _error: page(400))
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_fault)


def page(status: int, message: str | None = None) -> tuple[str | Response, int]:
    """The page or problem document of a status; `message` replaces the page's general words.

    The request's transaction ends here: what it did is not wanted, and after a failure it could not read any more.
    Pages from 500 on leave the database alone, which may be what is missing.
    """
    if status < 500:
        give_up()
    request_id = g.get("request_id", "")
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    if best != "text/html" and best is not None:
        problem = {
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": message,
            "request_id": request_id,
        }
        response = jsonify(problem)
        response.content_type = "application/problem+json"
        return response, status
    name = status if status in PAGES else 400 if status < 500 else 500
    shell = status < 500 and current_user.is_authenticated
    return render_template(f"errors/{name}.html", message=message, request_id=request_id, shell=shell), status


def note_fault(error: Exception) -> int:
    """Write down what went wrong, by kind and place; the status to answer with: 503 when the database is gone."""
    if isinstance(error, OperationalError) and _code(error) != "SQLITE_ERROR":
        log.error("database", error=type(error.orig).__name__, code=_code(error))
        return 503
    log.error("fault", exc_info=error)
    return 500


def _code(error: DBAPIError) -> str | None:
    """What the database calls it."""
    return getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)


def _on_http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    body, code = page(status)
    headers = [pair for pair in error.get_headers() if pair[0].lower() in {"allow", "retry-after"}]
    if status == 429 and (seconds := seconds_to_wait()):
        headers.append(("Retry-After", str(seconds)))
    return body, code, headers


def _on_outside(error: Outside) -> ResponseReturnValue:
    log.warning("outside", error=type(error.__cause__ or error).__name__)
    return page(503)


def _on_database_gone(error: OperationalError) -> ResponseReturnValue:
    """No connection, a lock that was not given, a full disk; but SQLite calls wrong SQL by the same name."""
    if _code(error) == "SQLITE_ERROR":
        return _on_fault(error)
    return page(note_fault(error))


def _on_contradiction(error: IntegrityError) -> ResponseReturnValue:
    """Somebody wrote the same an instant earlier; any other broken rule of the database is a fault of ours."""
    if _code(error) not in {"SQLITE_CONSTRAINT_UNIQUE", "23505"}:
        return _on_fault(error)
    log.warning("written_twice", view=request.endpoint, rule=broken_rule(error))
    return page(409)


def _on_fault(error: Exception) -> ResponseReturnValue:
    """A fault of ours. Its places go to the log; in tests it is raised, so that none goes unseen."""
    if current_app.testing:
        raise error
    return page(note_fault(error))
