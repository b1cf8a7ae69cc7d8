"""`python -m sandbox`: serve the sandbox on the loopback interface until interrupted."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.settings import SandboxSettings
from sandbox.stripe_app import create_sandbox
from sandbox.webhooks import Background

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class _Handler(WSGIRequestHandler):
    """Keeps connections open between calls, as the SDK does, and says nothing about each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not logged: they carry names and addresses."""


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument("--port", type=int, default=4300)
    parser.add_argument("--webhook", help="the product's webhook address")
    parser.add_argument("--secret", help="its signing secret (whsec_…)")
    parser.add_argument("--events", default="*", help="event types that address subscribes to, comma separated")
    parser.add_argument("--state", type=Path, help="SQLite file that keeps the state (default: memory)")
    parser.add_argument("--public-url", help="where browsers reach the sandbox, if not at host and port")
    parser.add_argument("--merchant", default="Planète Népal")
    parser.add_argument("--sepa-delay", type=int, default=SandboxSettings.sepa_delay_seconds, help="seconds")
    parser.add_argument("--calendar", action="store_true", help="leave the panel's days to demo.calendar")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Serve; 0 after an interruption, 2 for arguments that cannot be served."""
    given = _arguments(argv)
    if given.host not in _LOOPBACK:
        sys.stderr.write("The sandbox listens on the loopback interface only.\n")
        return 2
    if bool(given.webhook) != bool(given.secret):
        sys.stderr.write("--webhook and --secret go together.\n")
        return 2
    settings = SandboxSettings(
        public_url=(given.public_url or f"http://{given.host}:{given.port}").rstrip("/"),
        state=given.state,
        webhook_url=given.webhook,
        webhook_secret=given.secret,
        enabled_events=tuple(given.events.split(",")),
        merchant_name=given.merchant,
        has_calendar=given.calendar,
        sepa_delay_seconds=given.sepa_delay,
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = create_sandbox(settings)
    try:
        server = make_server(given.host, given.port, app, threaded=True, request_handler=_Handler)
    except (OSError, SystemExit):
        sys.stderr.write(f"Port {given.port} is taken; choose another with --port.\n")
        return 2
    background = Background(app.extensions["sandbox"].world)
    background.start()
    sys.stdout.write(f"Sandbox at {settings.public_url} (control panel: {settings.public_url}/_sandbox)\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    finally:
        background.stop()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
