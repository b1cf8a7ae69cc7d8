"""What goes wrong on purpose: programs are killed, the payment service misbehaves, banks take money back."""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.stack import Stack

BAD_DAY = {
    "duplicate": 0.2,
    "shuffle": True,
    "delay_seconds": 2.0,
    "drop_rate": 0.05,
    "error_rate_429": 0.06,
    "error_rate_500": 0.06,
    "lost_answer_rate": 0.06,
    "sticky_500_rate": 0.03,
    "hang_rate": 0.02,
    "hang_seconds": 4.0,
}
"""The knobs of the sandbox (sandbox/knobs.py)."""
WORSE_DAY = {**BAD_DAY, "hang_seconds": 12.0, "drop_first_delivery": True}
"""Calls hang for longer than we wait, and nothing arrives at once."""


Outage = Callable[[], AbstractContextManager[None]]


@dataclass
class Trouble:
    """Kills and misdeeds in an order that its seed decides.

    `victims` are names of the stack's programs, or of `outages`: what makes something else be gone for a while.
    `pauses` are the fewest and most seconds between two kills.
    """

    stack: Stack
    seed: int
    victims: tuple[str, ...]
    outages: Mapping[str, Outage] = field(default_factory=dict)
    knobs: Mapping[str, Any] = field(default_factory=lambda: BAD_DAY)
    pauses: tuple[float, float] = (0.5, 2.5)
    told: list[str] = field(default_factory=list)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def begin(self) -> None:
        """Turn the payment service's knobs."""
        self.stack.act("knobs", **self.knobs, seed=self.seed)

    def end(self) -> None:
        """No more faults: everything runs, and the payment service behaves."""
        self.stack.restart(*self.stack.commands)
        self.stack.act("knobs", **{name: type(value)() for name, value in self.knobs.items()})

    def kill_until(self, until: float) -> None:
        """Do so up to an instant (monotonic)."""
        self.kill_while(lambda: time.monotonic() < until)

    def kill_while(self, is_going_on: Callable[[], bool]) -> None:
        """End one program after the other as a power cut would, each for a moment and none much oftener than others."""
        bag: list[str] = []
        while is_going_on():
            time.sleep(self.dice.uniform(*self.pauses))
            bag = bag or self.dice.sample(self.victims, len(self.victims))
            victim, moment = bag.pop(), self.dice.choice((0.0, 0.3, 1.5))
            self.told.append(f"{victim} gone for {moment} s")
            with self.outages[victim]() if victim in self.outages else self.stack.without(victim):
                time.sleep(moment)

    def misbehave_until(self, until: float) -> None:
        """Somebody refunds at the payment service's own pages, and banks dispute."""
        dice = random.Random(self.seed + 1)
        while time.monotonic() < until:
            time.sleep(dice.uniform(1.0, 2.0))
            with contextlib.suppress(requests.RequestException, AssertionError):
                charges = [each for each in self.stack.look("ledger")["charges"] if each["status"] == "succeeded"]
                if charges:
                    self._take_back(dice, dice.choice(charges))

    def _take_back(self, dice: random.Random, charge: dict[str, Any]) -> None:
        if dice.random() < 0.7:
            self.stack.act(f"refund/{charge['id']}", amount=max(1, charge["amount"] // 4))
        else:
            self.stack.act(f"dispute/{charge['id']}")


def together(first: Callable[[], object], *others: Callable[[], object]) -> None:
    """Do things at the same time and wait for all. The first exception of any is raised.

    The first is done by the thread that calls: programs started by one that ends would end with it.
    """
    failed: list[BaseException] = []

    def guarded(doing: Callable[[], object]) -> None:
        try:
            doing()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(doing,)) for doing in others]
    for thread in threads:
        thread.start()
    guarded(first)
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
