"""Puts the sandbox together: `create_sandbox(settings)` gives a WSGI application."""

from __future__ import annotations

import json
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask

from sandbox import (
    checkout,
    completion,
    disputes,
    payments,
    payouts,
    refunds,
    subscription_changes,
    subscriptions,
    webhooks,
)
from sandbox.api import api
from sandbox.control_panel import panel
from sandbox.controls import controls
from sandbox.hosted_page import pages
from sandbox.ledger import ledger
from sandbox.portal import portal
from sandbox.world import Task, World

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.errors import Json
    from sandbox.settings import SandboxSettings


def _settle_debit(world: World, charge_id: str) -> None:
    completion.settle_debit(world, charge_id)


def _open_dispute(world: World, charge_id: str) -> None:
    disputes.open_dispute(world, charge_id)


#: What happens when a planned moment comes.
TASKS: dict[str, Task] = {
    "charge_fee": payments.book_charge,
    "expire_session": checkout.expire_when_due,
    "renew": subscriptions.renew,
    "retry_invoice": subscriptions.retry,
    "settle_debit": _settle_debit,
    "cancel_subscription": subscription_changes.cancel_when_due,
    "dispute_deadline": disputes.let_deadline_pass,
    "open_dispute": _open_dispute,
    "payout": payouts.pay_out_when_due,
    "payout_arrives": payouts.arrive,
    "refund_fails": refunds.fail,
    "refund_settles": refunds.settle,
    "resume_collection": subscription_changes.resume,
    "warn_of_fraud": disputes.warn_of_fraud,
}


class Sandbox:
    """What programs hold on to: `app.extensions["sandbox"]`. The world behind it is its own affair."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.world = World(settings, TASKS)

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

    def knobs(self) -> Json:
        """The knobs by name."""
        return self.world.knobs.as_dict()

    def ledger(self) -> Json:
        """All money movements (`sandbox/ledger.py`)."""
        with self.world.store.transaction():
            return ledger(self.world)

    def close(self) -> None:
        """Let go of the state; the app answers no more."""
        self.world.store.db.close()

    def reset(self) -> None:
        """Forget everything but the webhook address given at the start."""
        self.world.reset()


@cache
def _with_pages() -> Flask:
    """What all sandboxes of a process have in common: addresses and templates, which take long to compile."""
    app = Flask("sandbox", template_folder="templates", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    for blueprint in (api, pages, portal, panel, controls):
        app.register_blueprint(blueprint)
    app.jinja_env.auto_reload = False  # naming it makes it, so that it is shared too
    return app


def create_sandbox(settings: SandboxSettings) -> Flask:
    """The sandbox as a Flask application; `app.extensions["sandbox"]` is its `Sandbox`."""
    app = copy(_with_pages())
    app.config = copy(app.config)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]", urlsplit(settings.public_url).hostname]
    app.extensions = {"sandbox": Sandbox(settings)}
    return app
