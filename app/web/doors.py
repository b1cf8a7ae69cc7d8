"""Addresses that programs call thousands of times: answered before Flask, with a status and nothing else.

A page costs ten times what such a call may. Language, session, limits, CSRF and the line in the log are passed over;
whoever calls proves by what is sent who it is.
"""

from collections.abc import Callable, Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from app.kernel.ports import Ports
from app.web.application import Application
from app.web.errors import note_fault
from app.web.logs import bind_request_id
from app.web.security import headers_always

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True)
class Door:
    """An address to which programs POST: at most so many bytes, and who takes them in and says a status."""

    address: str
    largest: int
    take_in: Callable[[Ports, bytes, EnvironHeaders], HTTPStatus]


class Doors:
    """All of them, around the application, which answers whatever is at another address."""

    def __init__(self, app: Application, doors: Sequence[Door]) -> None:
        self._app, self._inside = app, app.wsgi_app
        self._doors = {door.address: door for door in doors}
        self._headers = [("Content-Length", "0"), *headers_always(app.settings).items()]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, in a context of its own: nothing shows there of what this thread did before."""
        door = self._doors.get(environ.get("PATH_INFO", ""))
        if door is None:
            return self._inside(environ, start_response)
        status = Context().run(self._status, door, environ)
        more = [("Allow", "POST")] if status is HTTPStatus.METHOD_NOT_ALLOWED else []
        start_response(f"{status.value} {status.phrase}", [*self._headers, *more])
        return ()

    def _status(self, door: Door, environ: "WSGIEnvironment") -> HTTPStatus:
        bind_request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        if environ["REQUEST_METHOD"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        try:
            # One byte more than may be: a body of unknown length is cut off there without a word.
            body = get_input_stream(environ, max_content_length=door.largest + 1).read()
            if len(body) > door.largest:
                return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return door.take_in(self._app.ports, body, EnvironHeaders(environ))
        except HTTPException as error:  # too much, or cut off on the way
            return HTTPStatus(error.code or HTTPStatus.BAD_REQUEST)
        except Exception as error:
            if self._app.testing:
                raise
            return HTTPStatus(note_fault(error))


def open_doors(app: Application, doors: Sequence[Door]) -> None:
    """From here on, they stand before the application."""
    app.wsgi_app = Doors(app, doors)  # type: ignore[method-assign]
