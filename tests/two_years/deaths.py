"""Programs that die in the middle: web server and worker, both in the process of a test, as a power cut would end them.

What was committed stays, what was not is gone, and nobody gets an answer.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.payments.stripe_gateway import StripeGateway
from app.web.application import Application
from sandbox.in_process import InProcessClient, Paid
from tests.sandbox_world import SandboxWorld


class Killed(BaseException):
    """The program that ran has died here. No `except Exception` of the product sees it, as none would see the real."""


class Deaths:
    """Where programs die: between two statements, before a commit, before and after a call of the gateway.

    On average every `pause` such places, in an order that the seed decides; only while `are_due` is set.
    """

    def __init__(self, seed: int, pause: int) -> None:
        self._dice, self._pause = random.Random(seed), pause
        self.are_due = False
        self.told: Counter[str] = Counter()
        self._left = self._draw()

    def _draw(self) -> int:
        return self._dice.randint(1, 2 * self._pause)

    def pass_by(self, place: str) -> None:
        """A program comes by such a place.

        Raises:
            Killed: it goes no further.

        """
        if not self.are_due:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = self._draw()
            self.told[place] += 1
            raise Killed(place)

    @contextmanager
    def among(self, engine: Engine) -> Iterator[None]:
        """The places of a database, until the block ends."""

        def before_statement(*_: Any) -> None:
            self.pass_by("before a statement")

        def before_commit(*_: Any) -> None:
            self.pass_by("before a commit")

        event.listen(engine, "before_cursor_execute", before_statement)
        event.listen(engine, "commit", before_commit)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", before_statement)
            event.remove(engine, "commit", before_commit)


class MortalClient(InProcessClient):
    """Calls of the gateway around which a program may die."""

    def __init__(self, app: Flask, deaths: Deaths) -> None:
        super().__init__(app)
        self._deaths = deaths

    def request(self, *args: Any, **more: Any) -> tuple[str, int, Mapping[str, str]]:
        """One call: not made, or made and its answer never read, if the program dies."""
        self._deaths.pass_by("before a call")
        answer = super().request(*args, **more)
        self._deaths.pass_by("after a call")
        return answer


class MortalWorld(SandboxWorld):
    """The sandbox behind a product whose programs die: a message that meets such a death comes again."""

    def __init__(self, app: Application, deaths: Deaths, dice: random.Random, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.http = MortalClient(self.server, deaths)
        self.gateway = StripeGateway(app.settings, self.http)
        self._dice, self.lost_answer_rate = dice, 0.0

    def send(self, path: str, **form: str) -> Paid:
        """Send a form to one of its pages."""
        return self.donor.send(path, **form)

    def newest(self, kind: str, many: int) -> list[dict[str, Any]]:
        """Its own things of a kind, so many of the newest."""
        found: list[dict[str, Any]] = self.sandbox.world.store.all(kind, limit=many)
        return found

    def portal_page(self, customer: str) -> str:
        """The path of a page on which this customer changes what they give by."""
        there = self.sandbox.world
        with there.store.transaction():
            made = there.new("billing_portal.session", "bps", customer=customer, _after=None)
            there.store.put(made)
        return f"/p/session/{made['id']}"

    def _deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            status = super()._deliver(url, body, headers)
        except Killed:
            raise OSError("nobody answers") from None
        if self._dice.random() < self.lost_answer_rate:
            raise OSError("the answer was lost on its way")
        return status
