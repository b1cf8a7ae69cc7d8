"""What every module of the sandbox works with: state, clock, knobs, events and due tasks in one place."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stripe import api_version

from sandbox.clock import Clock
from sandbox.knobs import Dice, Knobs
from sandbox.shapes import skeleton
from sandbox.store import Store

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.settings import SandboxSettings

Task = Callable[["World", str], None]


class World:
    """One sandbox. Methods that write expect to run inside `store.transaction()`."""

    def __init__(self, settings: SandboxSettings, tasks: dict[str, Task]) -> None:
        self.settings = settings
        self.store = Store(settings.state)
        self.clock = Clock(self.store.setting("clock_offset", 0))
        self.knobs = Knobs().changed(self.store.setting("knobs", {}))
        self.dice = Dice(self.knobs.seed)
        self.woken = threading.Event()
        self._tasks = tasks
        self.request: Json = {"id": None, "idempotency_key": None}
        self.journey: tuple[int, int] | None = None
        """From which instant to which the calendar is under way; None while nobody asked for days to pass."""

        self.prepare()

    def prepare(self) -> None:
        """What every sandbox has from the start: the webhook address given to it, and payouts to come."""
        with self.store.transaction():
            self._subscribe()
            if self.planned("payout", "automatic") is None:
                self.later(self.settings.payout_interval_seconds, "payout", "automatic")

    def _subscribe(self) -> None:
        """Register the address given at the start, once, with the secret given this time."""
        url = self.settings.webhook_url
        if url is None:
            return
        known = self.store.all("webhook_endpoint", {"url": url}, limit=1)
        endpoint = known[0] if known else self.new("webhook_endpoint", "we", url=url, status="enabled")
        endpoint |= {"api_version": api_version, "enabled_events": list(self.settings.enabled_events)}
        endpoint["_secret"] = self.settings.webhook_secret or f"whsec_{secrets.token_hex(16)}"
        endpoint.pop("secret", None)
        self.store.put(endpoint)

    def reset(self) -> None:
        """Forget everything, turn every knob back and put the clock right."""
        with self.store.transaction():
            self.store.clear()
            self.clock.offset = 0
            self.knobs = Knobs()
            self.dice = Dice()
            self.prepare()

    def now(self) -> int:
        """The sandbox's present instant, seconds since the epoch."""
        return self.clock.now()

    def new(self, kind: str, prefix: str, **fields: Any) -> Json:
        """A new object of full shape with an id, `created` and these fields; not stored yet."""
        thing = skeleton(kind)
        thing["id"] = f"{prefix}_{secrets.token_hex(12)}"
        if "created" in thing:
            thing["created"] = self.now()
        if "livemode" in thing:
            thing["livemode"] = False
        if "metadata" in thing:
            thing["metadata"] = {}
        thing.update(fields)
        return thing

    def turn_knobs(self, wanted: Json) -> None:
        """Change knobs, keep them across restarts, and start the dice again from their seed."""
        self.knobs = self.knobs.changed(wanted)
        self.dice = Dice(self.knobs.seed)
        self.store.set_setting("knobs", self.knobs.as_dict())

    # Events ---------------------------------------------------------------------------------------------

    def emit(self, kind: str, thing: Json, previous: Json | None = None) -> str:
        """Record an event with a snapshot of `thing` and queue it for each subscribed endpoint; its id."""
        data: Json = {"object": public(thing)}
        if previous is not None:
            data["previous_attributes"] = previous
        endpoints = [e for e in self.endpoints() if {"*", kind} & set(e["enabled_events"])]
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "account": None,
            "api_version": endpoints[0]["api_version"] if endpoints else api_version,
            "context": None,
            "created": self.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": len(endpoints),
            "request": dict(self.request),
            "type": kind,
        }
        self.store.db.execute(
            "INSERT INTO event (id, type, created, body) VALUES (?, ?, ?, ?)",
            (event["id"], kind, event["created"], json.dumps(event)),
        )
        for endpoint in endpoints:
            self._queue(str(event["id"]), endpoint["id"])
        return str(event["id"])

    def endpoints(self) -> list[Json]:
        """The enabled webhook endpoints, newest first."""
        return self.store.all("webhook_endpoint", {"status": "enabled"})

    def _queue(self, event_id: str, endpoint_id: str) -> None:
        dropped = self.dice.falls(self.knobs.drop_rate)
        copies = 2 if self.dice.falls(self.knobs.duplicate) else 1
        for _copy in range(copies):
            due = time.time() + self.dice.between(self.knobs.delay_seconds)
            self.store.db.execute(
                "INSERT INTO delivery (event_id, endpoint_id, state, due_at, last_answer) VALUES (?, ?, ?, ?, ?)",
                (
                    event_id,
                    endpoint_id,
                    "dropped" if dropped else "pending",
                    due,
                    "dropped by a knob" if dropped else None,
                ),
            )
        self.woken.set()

    # Time -----------------------------------------------------------------------------------------------

    def later(self, delay: int, kind: str, ref: str) -> None:
        """Have task `kind` run for object `ref` once `delay` seconds of the sandbox's clock have passed."""
        self.at(self.now() + delay, kind, ref)

    def at(self, instant: int, kind: str, ref: str) -> None:
        """Have task `kind` run for object `ref` at `instant`."""
        self.store.db.execute("INSERT INTO task (due_at, kind, ref) VALUES (?, ?, ?)", (instant, kind, ref))

    def forget(self, kind: str, ref: str) -> None:
        """Drop the waiting tasks of this kind for this object."""
        self.store.db.execute("DELETE FROM task WHERE ref = ? AND kind = ?", (ref, kind))

    def planned(self, kind: str, ref: str) -> int | None:
        """When the next task of this kind for this object is due; None if none is planned."""
        row = self.store.db.execute("SELECT min(due_at) FROM task WHERE ref = ? AND kind = ?", (ref, kind)).fetchone()
        return None if row[0] is None else int(row[0])

    def advance(self, seconds: int) -> int:
        """Move the clock forward, running each due task at its own time; the number of tasks run."""
        target = self.now() + max(0, seconds)
        run = self.run_due(target)
        with self.store.transaction():
            self.clock.move_to(target)
            self.store.set_setting("clock_offset", self.clock.offset)
        if self.journey is not None and self.now() >= self.journey[1]:
            self.journey = None
        return run

    def travel(self, seconds: int) -> None:
        """Ask the calendar for so much time, on top of what it is asked for already."""
        begun, until = self.journey or (self.now(), self.now())
        self.journey = (begun, until + seconds)

    @property
    def travelled(self) -> int:
        """How far the calendar has come with what it was asked for, in per cent."""
        begun, until = self.journey or (0, 1)
        return max(0, min(100, 100 * (self.now() - begun) // (until - begun)))

    def run_due(self, until: int | None = None) -> int:
        """Run the tasks due by `until` (default: now), each in its own transaction; how many ran."""
        run = 0
        while True:
            with self.store.transaction():
                row = self.store.db.execute(
                    "SELECT id, due_at, kind, ref FROM task WHERE due_at <= ? ORDER BY due_at, id LIMIT 1",
                    (self.now() if until is None else until,),
                ).fetchone()
                if row is None:
                    return run
                self.store.db.execute("DELETE FROM task WHERE id = ?", (row[0],))
                self.clock.pin(row[1])
                try:
                    self._tasks[row[2]](self, row[3])
                finally:
                    self.clock.pin(None)
            run += 1


def public(thing: Json) -> Json:
    """The object without its private keys, which begin with `_`."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def instant_text(seconds: int) -> str:
    """An instant for people, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
