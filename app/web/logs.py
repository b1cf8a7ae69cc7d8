"""One line a request: which view, how it ended, how long it took. Never an address with its values, never a name."""

import logging
import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def configure_logs(level: str) -> None:
    """Log lines as JSON to standard error, from this level up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level.upper(), 20)),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def register_request_log(app: Flask) -> None:
    """Give every request an id (a proxy's is taken over if it looks like one) and log its end."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex[:16]
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

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
