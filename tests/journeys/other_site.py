"""A site of somebody else that shows one of our pages in a frame."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self


class OtherSite(ThreadingHTTPServer):
    """One page with a frame, at a free port of this machine, while it is used with `with`."""

    daemon_threads = True

    def __init__(self, shown: str) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.body = (
            '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Another site</title>'
            f'<iframe title="Give" width="600" height="1300" src="{shown}"></iframe>'
        ).encode()
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def origin(self) -> str:
        """Its address without a path."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Page(BaseHTTPRequestHandler):
    server: OtherSite

    def do_GET(self) -> None:
        """Answer with the page, whatever is asked."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
