"""Puts the sandbox together: `create_sandbox(settings)` gives a WSGI application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask

from sandbox import checkout, completion, payments, subscriptions, webhooks
from sandbox.api import api
from sandbox.hosted_page import pages
from sandbox.world import Task, World

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.errors import Json
    from sandbox.settings import SandboxSettings


def _settle_debit(world: World, charge_id: str) -> None:
    completion.settle_debit(world, charge_id)


#: What happens when a planned moment comes.
TASKS: dict[str, Task] = {
    "charge_fee": payments.book_charge,
    "expire_session": checkout.expire_when_due,
    "renew": subscriptions.renew,
    "retry_invoice": subscriptions.retry,
    "settle_debit": _settle_debit,
}


class Sandbox:
    """What programs hold on to: `app.extensions["sandbox"]`. The world behind it is its own affair."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.world = World(settings, TASKS)
        self._register_webhook()

    def _register_webhook(self) -> None:
        """Subscribe the address given at the start, once, keeping its secret up to date."""
        settings, store = self.world.settings, self.world.store
        if settings.webhook_url is None:
            return
        with store.transaction():
            for known in store.all("webhook_endpoint", {"url": settings.webhook_url}):
                store.remove(known["id"])
            webhooks.new_endpoint(
                self.world, settings.webhook_url, list(settings.enabled_events), secret=settings.webhook_secret
            )

    def advance(self, seconds: int = 0, *, until: datetime | None = None) -> int:
        """Move the sandbox's clock forward and run what falls due; the number of things that happened."""
        if until is not None:
            seconds = int(until.timestamp()) - self.world.now()
        return self.world.advance(seconds)

    def run_due_tasks(self) -> int:
        """Run what is due without moving the clock (what the background thread does by itself)."""
        return self.world.run_due()

    def deliver_due(self, *, ignore_pauses: bool = False) -> int:
        """Deliver webhooks that are due, here and now; with `ignore_pauses` waiting retries as well."""
        return webhooks.deliver_due(self.world, ignore_pauses=ignore_pauses)

    def turn_knobs(self, **knobs: Any) -> None:
        """Change knobs (see `sandbox/knobs.py`); raises ApiError for unknown ones."""
        with self.world.store.transaction():
            self.world.turn_knobs(knobs)

    def events(self, *types: str) -> list[Json]:
        """Every recorded event in order, or those of these types."""
        rows = self.world.store.db.execute("SELECT body FROM event ORDER BY seq").fetchall()
        found: list[Json] = [json.loads(row[0]) for row in rows]
        return [event for event in found if not types or event["type"] in types]

    def reset(self) -> None:
        """Forget everything but the webhook address given at the start."""
        with self.world.store.transaction():
            self.world.store.clear()
            self.world.clock.offset = 0
            self.world.turn_knobs({})
        self._register_webhook()


def create_sandbox(settings: SandboxSettings) -> Flask:
    """The sandbox as a Flask application; `app.extensions["sandbox"]` is its `Sandbox`."""
    app = Flask("sandbox", template_folder="templates", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]", urlsplit(settings.public_url).hostname]
    app.extensions["sandbox"] = Sandbox(settings)
    app.register_blueprint(api)
    app.register_blueprint(pages)
    return app
