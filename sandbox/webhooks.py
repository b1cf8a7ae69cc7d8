"""Delivering events: signed, at least once, retried with back-off, in no promised order.

Delivery runs on real time, not on the sandbox's clock, because signatures are checked against real time.
"""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from stripe import WebhookSignature, api_version

from sandbox.errors import Json, not_found

if TYPE_CHECKING:
    from sandbox.world import World

#: A delivery is given up after this many attempts (with the back-off below, about two hours).
_MOST_ATTEMPTS = 30
_LONGEST_PAUSE = 300.0
#: How long a delivery may take before another thread takes it over.
_LEASE = 60.0
_TIMEOUT = 30.0


@dataclass(frozen=True)
class Delivery:
    """One signed message ready to send."""

    id: int
    event_id: str
    url: str
    body: bytes
    headers: Mapping[str, str]


def new_endpoint(world: World, url: str, events: list[str]) -> Json:
    """Register a webhook address; its secret is kept privately and shown only in the answer to `create`."""
    endpoint = world.new(
        "webhook_endpoint", "we", url=url, enabled_events=events, status="enabled", api_version=api_version
    )
    endpoint["_secret"] = f"whsec_{secrets.token_hex(16)}"
    endpoint.pop("secret", None)
    return world.store.put(endpoint)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send one webhook over HTTP; the status of the answer. Raises OSError when there is none."""
    request = Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 (an address the operator gave)
    try:
        with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, http.client.HTTPException) as error:
        raise OSError(str(error)) from error


def due(world: World, *, ignore_pauses: bool = False) -> list[int]:
    """The ids of the deliveries whose time has come, oldest first, or in random order with `shuffle`."""
    with world.store.lock:
        rows = world.store.db.execute(
            "SELECT id FROM delivery WHERE state = 'pending' AND due_at <= ? ORDER BY due_at, id LIMIT 500",
            (float("inf") if ignore_pauses else time.time(),),
        ).fetchall()
    found = [int(row[0]) for row in rows]
    return world.dice.shuffled(found) if world.knobs.shuffle else found


def deliver(world: World, delivery_id: int, *, ignore_pauses: bool = False) -> None:
    """Attempt one delivery, outside any transaction, and record how it went."""
    delivery = _claim(world, delivery_id, latest=float("inf") if ignore_pauses else time.time())
    if delivery is None:
        return
    try:
        send = world.settings.deliver or post
        status = send(delivery.url, delivery.body, delivery.headers)
        delivered, said = 200 <= status < 300, str(status)
    except OSError as error:
        delivered, said = False, f"no answer: {error}"
    _record(world, delivery, delivered=delivered, said=said)


def deliver_due(world: World, *, ignore_pauses: bool = False, rounds: int = 10) -> int:
    """Deliver what is due, and what that brings about, at most `rounds` times; deliveries attempted.

    With `ignore_pauses` waiting retries are made at once (each at most once a round).
    """
    attempted = 0
    for _round in range(rounds):
        batch = due(world, ignore_pauses=ignore_pauses)
        if not batch:
            break
        for delivery_id in batch:
            deliver(world, delivery_id, ignore_pauses=ignore_pauses)
        attempted += len(batch)
    return attempted


def _claim(world: World, delivery_id: int, *, latest: float) -> Delivery | None:
    """Take a delivery on, so that no other thread sends it meanwhile, and sign it as of now."""
    with world.store.transaction():
        row = world.store.db.execute(
            "SELECT event_id, endpoint_id, attempts FROM delivery WHERE id = ? AND state = 'pending' AND due_at <= ?",
            (delivery_id, latest),
        ).fetchone()
        if row is None:
            return None
        endpoint = world.store.seek(row[1])
        event = world.store.db.execute("SELECT body FROM event WHERE id = ?", (row[0],)).fetchone()
        if endpoint is None or event is None:
            world.store.db.execute("DELETE FROM delivery WHERE id = ?", (delivery_id,))
            return None
        if row[2] == 0 and world.knobs.drop_first_delivery:
            _postpone(world, delivery_id, 1, "first attempt dropped by a knob")
            return None
        world.store.db.execute(
            "UPDATE delivery SET attempts = attempts + 1, due_at = ? WHERE id = ?", (time.time() + _LEASE, delivery_id)
        )
        body = json.dumps({**json.loads(event[0]), "pending_webhooks": pending(world, row[0])})
    signature = WebhookSignature.generate_signature_header(body, endpoint["_secret"])
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (sandbox)",
    }
    return Delivery(delivery_id, row[0], endpoint["url"], body.encode(), headers)


def _record(world: World, delivery: Delivery, *, delivered: bool, said: str) -> None:
    with world.store.transaction():
        row = world.store.db.execute("SELECT attempts FROM delivery WHERE id = ?", (delivery.id,)).fetchone()
        if row is None:
            return
        if delivered or row[0] >= _MOST_ATTEMPTS:
            world.store.db.execute(
                "UPDATE delivery SET state = ?, last_answer = ? WHERE id = ?",
                ("delivered" if delivered else "failed", said, delivery.id),
            )
        else:
            _postpone(world, delivery.id, row[0], said)


def _postpone(world: World, delivery_id: int, attempts: int, said: str) -> None:
    pause = min(_LONGEST_PAUSE, 0.5 * 2.0 ** min(attempts, 20))
    world.store.db.execute(
        "UPDATE delivery SET attempts = ?, due_at = ?, last_answer = ? WHERE id = ?",
        (attempts, time.time() + pause, said, delivery_id),
    )


def pending(world: World, event_id: str) -> int:
    """How many endpoints have not yet acknowledged the event."""
    row = world.store.db.execute(
        "SELECT count(DISTINCT endpoint_id) FROM delivery WHERE event_id = ? AND state <> 'delivered'", (event_id,)
    ).fetchone()
    return int(row[0])


def redeliver(world: World, event_id: str) -> None:
    """Queue an event again for every endpoint that subscribes to its type, as the dashboard's Resend does."""
    with world.store.transaction():
        row = world.store.db.execute("SELECT type FROM event WHERE id = ?", (event_id,)).fetchone()
        if row is None:
            raise not_found("event", event_id)
        for endpoint in world.endpoints():
            if {"*", row[0]} & set(endpoint["enabled_events"]):
                world.store.db.execute(
                    "INSERT INTO delivery (event_id, endpoint_id, state, due_at) VALUES (?, ?, 'pending', ?)",
                    (event_id, endpoint["id"], time.time()),
                )
    world.woken.set()


class Background:
    """The threads that deliver what is due and run the tasks whose time comes, until `stop()`."""

    def __init__(self, world: World, threads: int = 4) -> None:
        self._world = world
        self._stopping = threading.Event()
        self._queue: list[int] = []
        self._guard = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, kwargs={"keeps_time": n == 0}, daemon=True) for n in range(threads)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the threads to end and wait for them."""
        self._stopping.set()
        self._world.woken.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _run(self, *, keeps_time: bool) -> None:
        while not self._stopping.is_set():
            if keeps_time:
                self._world.run_due()
            delivery_id = self._next()
            if delivery_id is None:
                self._world.woken.wait(0.25)
                self._world.woken.clear()
            else:
                deliver(self._world, delivery_id)

    def _next(self) -> int | None:
        with self._guard:
            if not self._queue:
                self._queue = due(self._world)
            return self._queue.pop(0) if self._queue else None
