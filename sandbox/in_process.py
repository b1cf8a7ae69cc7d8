"""The sandbox without a socket: an HTTP client for the SDK, and a donor who fills in the hosted page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from stripe import APIConnectionError, HTTPClient, StripeClient
from werkzeug.test import Client, TestResponse

from sandbox.api import HANG_HEADER, IN_PROCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from sandbox.stripe_app import Sandbox


class InProcessClient(HTTPClient):
    """Give it to `StripeClient(key, http_client=InProcessClient(app))`; calls go straight into the app.

    A call the knobs make hang raises `APIConnectionError` at once, as a time-out would.
    """

    name = "in_process"

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._client = Client(app, use_cookies=False)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One call; the body as text, the status and the headers, as the SDK expects them."""
        parts = urlsplit(url)
        response = self._client.open(
            path=parts.path,
            query_string=parts.query,
            method=method.upper(),
            headers=dict(headers or {}),
            data=post_data,
            base_url="http://127.0.0.1/",
            environ_overrides={IN_PROCESS: True},
        )
        if HANG_HEADER in response.headers:
            raise APIConnectionError(  # type: ignore[no-untyped-call]
                "Request timed out (a knob of the sandbox).", should_retry=True
            )
        return response.get_data(as_text=True), response.status_code, cast("Mapping[str, str]", response.headers)

    def _sleep_time_seconds(self, num_retries: int) -> float:  # noqa: ARG002 (the SDK's own signature)
        """No pause between retries: nothing here needs time to recover."""
        return 0.0

    def close(self) -> None:
        """Nothing is held open."""


def sdk_client(app: Flask, *, max_network_retries: int = 0) -> StripeClient:
    """An unmodified SDK client that talks to this app."""
    key = f"sk_test_{secrets.token_hex(12)}"
    return StripeClient(key, http_client=InProcessClient(app), max_network_retries=max_network_retries)


@dataclass(frozen=True)
class Paid:
    """What the donor saw at the end: HTTP status, where the browser was sent (if anywhere), the page."""

    status: int
    location: str | None
    page: str


class Donor:
    """Drives the hosted pages as a browser without JavaScript would."""

    def __init__(self, app: Flask) -> None:
        self._client = Client(app, use_cookies=False)
        self.sandbox: Sandbox = app.extensions["sandbox"]

    def pay(self, session_id: str, number: str = "4242424242424242", **typed: str) -> Paid:
        """Fill in and send `/c/pay/<session_id>`. An IBAN as `number` chooses SEPA debit.

        `typed` may set `email`, `name`, `expiry`, `cvc`, and `authenticate="complete" | "fail" | "no"`
        (what to press at the 3-D Secure step; default complete).
        """
        answer = typed.pop("authenticate", "complete")
        path = f"/c/pay/{session_id}"
        form = self._filled(number, typed)
        response = self._client.open(path, method="POST", data=form, base_url="http://127.0.0.1/")
        if response.status_code == 303 and response.headers["Location"].endswith("/authenticate") and answer != "no":
            response = self._client.open(
                f"{path}/authenticate", method="POST", data={"result": answer}, base_url="http://127.0.0.1/"
            )
        self.sandbox.run_due_tasks()
        return _paid(response)

    def look(self, path: str) -> Paid:
        """Open one of the sandbox's pages."""
        return _paid(self._client.open(path, base_url="http://127.0.0.1/"))

    def send(self, path: str, **form: str) -> Paid:
        """Send a form to one of the sandbox's pages."""
        return _paid(self._client.open(path, method="POST", data=form, base_url="http://127.0.0.1/"))

    @staticmethod
    def _filled(number: str, typed: dict[str, str]) -> dict[str, str]:
        form = {"email": "donor@example.org", "name": "Test Donor", "expiry": "12 / 34", "cvc": "123", **typed}
        by_debit = number[:2].isalpha()
        return form | ({"method": "sepa_debit", "iban": number} if by_debit else {"method": "card", "number": number})


def _paid(response: TestResponse) -> Paid:
    return Paid(response.status_code, response.headers.get("Location"), response.get_data(as_text=True))


def pay(app: Flask, session_id: str, number: str = "4242424242424242", **typed: str) -> Paid:
    """`Donor(app).pay(...)` in one call."""
    return Donor(app).pay(session_id, number, **typed)
