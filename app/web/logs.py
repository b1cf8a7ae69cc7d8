"""One line a request: which view, how it ended, how long it took. Never an address with its values, never a name.

Every line carries the id of its request, or of its job (with the request it came of), or of the process.
"""

import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()
MOST_PLACES = 100
RUN_ID = uuid4().hex[:16]
"""The name of this process in the log, where there is no better one."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def places_of(error: BaseException) -> list[str]:
    """Kinds and places of an error and of what led to it; never their words, which may hold people's data."""
    found: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(found) < MOST_PLACES:
        frames = traceback.extract_tb(seen.__traceback__)
        found += [type(seen).__qualname__, *(f"  {each.filename}:{each.lineno} {each.name}" for each in frames)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return found[:MOST_PLACES]


def tell_places(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put the kind and the places of an error into a log line instead of its words."""
    error = line.pop("exc_info", None)
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        line["places"] = places_of(error)
    return line


def tell_origin(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A line that belongs to no request and no job (of a worker between them, of a command) names its process."""
    if "request_id" not in line and "job_id" not in line:
        line["run_id"] = RUN_ID
    return line


class LibraryLog(logging.Handler):
    """Warnings of libraries, in our format: their own words without the values, for those may be people's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        error = record.exc_info[1] if record.exc_info else None
        log.log(record.levelno, "library", logger=record.name, words=str(record.msg), exc_info=error)


def configure_logs(level: str) -> None:
    """Log lines as JSON to standard error, from this level up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_places,
            tell_origin,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level.upper(), 20)),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(each, LibraryLog) for each in root.handlers):
        root.addHandler(LibraryLog(logging.WARNING))


def bind_request_id(given: str) -> str:
    """What is logged from here on in this context tells of this request: under the given id if it looks like one."""
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex[:16]
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def name_request() -> None:
    """Give this request an id, a proxy's if it looks like one, for each line that is logged from here on."""
    structlog.contextvars.clear_contextvars()
    g.request_id = bind_request_id(request.headers.get("X-Request-ID", ""))


def register_request_log(app: Flask) -> None:
    """Give every request an id and log its end."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        name_request()

    @app.after_request
    def end(response: Response) -> Response:
        if request.endpoint != "static" and "began" in g:
            milliseconds = round((time.perf_counter() - g.began) * 1000, 1)
            log.info(
                "request",
                view=request.endpoint,
                method=request.method,
                status=response.status_code,
                ms=milliseconds,
            )
            response.headers["X-Request-ID"] = g.request_id
        return response
