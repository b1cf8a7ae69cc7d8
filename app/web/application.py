"""One transaction a request, committed in one place. GET never writes."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from app.kernel.db import Database
from app.kernel.jobs import Work
from app.kernel.ports import Ports
from config import Config

log = structlog.get_logger()
DAY, YEAR = 86_400, 31_536_000
AROUND = 64 * 1024
"""Bytes of a form around the file in it."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class CookieSession(SecureCookieSessionInterface):
    """Flask's session in a signed cookie; whoever brings no cookie costs no look at one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie says, if it is ours."""
        return super().open_session(app, request) if request.cookies else self.session_class()


class Application(Flask):
    """A Flask application that commits when a writing request succeeds. Everything else is rolled back."""

    settings: Config
    database: Database
    ports: Ports
    session_interface = CookieSession()

    @property
    def work(self) -> Work:
        """What jobs and flows are given: the database and the ports."""
        return Work(self.database, self.ports)

    def get_send_file_max_age(self, filename: str | None) -> int | None:  # noqa: ARG002 - Flask's signature
        """Seconds a browser may keep a file: for ever under an address that changes with it (`?v=`), else a day.

        Files that views send (receipts) are nobody's to keep.
        """
        if request.endpoint != "static":
            return None
        return YEAR if "v" in request.args else DAY

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is asynchronous: Flask would look closely at each of a dozen functions of every request."""
        return func

    def log_exception(self, exc_info: Any) -> None:
        """A fault while answering for another fault: kind and place, without the address or any words."""
        log.error("fault", exc_info=exc_info[1])

    def dispatch_request(self) -> Response:
        """Answer, and commit if the request was a writing one and was not refused."""
        response = self.make_response(super().dispatch_request())
        if "db" in g and g.db_writes and response.status_code < 400:
            g.db.commit()
        return response


def own_transactions(view: View) -> View:
    """Mark a writing view whose work is done by a flow that opens its own short transactions.

    The request's session is then for looking only, and holds no lock while the network is spoken to.
    """
    view.own_transactions = True  # type: ignore[attr-defined]
    return view


def accepts_files(view: View) -> View:
    """Mark a writing view that takes a file as large as `LARGEST_FILE` says; others take 8 MB in all."""
    view.accepts_files = True  # type: ignore[attr-defined]
    return view


def allow_files() -> None:
    """Before each request, once access is checked: whoever may send in a file may send in a large one."""
    if getattr(current_app.view_functions.get(request.endpoint or ""), "accepts_files", False):
        request.max_content_length = this_application().settings.largest_file + AROUND


def request_session() -> Session:
    """This request's session, opened at first use."""
    if "db" not in g:
        view = current_app.view_functions.get(request.endpoint or "")
        g.db_writes = request.method not in SAFE_METHODS and not getattr(view, "own_transactions", False)
        g.db = this_application().database.session(writes=g.db_writes)
    return cast("Session", g.db)


def give_up() -> None:
    """Roll back what the request did, so that an error page can read: after a failure the session could not."""
    if "db" in g:
        g.db.rollback()


def close_session(_error: BaseException | None = None) -> None:
    """Give the session back at the end of the request; what was not committed is rolled back."""
    session: Session | None = g.pop("db", None)
    if session is None:
        return
    try:
        session.close()
    except (OperationalError, InterfaceError):
        session.invalidate()  # the database has gone, and has given up by itself; the answer is made already


def this_application() -> Application:
    """The application that answers this request."""
    return cast("Application", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


db: Session = cast("Session", LocalProxy(request_session))
