"""One round: people give and the office works while things go wrong; then it is looked whether all is well."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from tests.faults.aftermath import findings, settle
from tests.faults.bookkeeper import Bookkeeper
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Story, wishes
from tests.faults.trouble import Trouble, together
from tests.stack import DAY, Stack

PATIENCE = 60.0
"""Seconds for which people go on trying after the faults have ended."""
A_MONTH = 32 * DAY


@dataclass
class Round:
    """What happened, and what is wrong."""

    seed: int
    stories: list[Story] = field(default_factory=list)
    cheques: dict[str, int] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """In a few words."""
        kinds = Counter(story.wish.kind for story in self.stories if story.is_paid)
        lost = sum(not story.is_paid for story in self.stories)
        given = ", ".join(f"{many} {kind}" for kind, many in sorted(kinds.items()))
        answers = ", ".join(f"{many} x {answer}" for answer, many in sorted(self.answers.items()))
        return (
            f"seed {self.seed}: {kinds.total()} gifts ({given}), {lost} given up, {len(self.cheques)} cheques; "
            f"{len(self.told)} kills; answers: {answers}"
        )


def play(stack: Stack, trouble: Trouble, *, seconds: float, donors: int = 6) -> Round:
    """Give for so many seconds with so many people at once, while there is trouble; a month passes; then peace."""
    outcome, strange = Round(trouble.seed), list[str]()
    began = time.monotonic()
    until, people, guard = began + seconds, wishes(trouble.seed), threading.Lock()
    patient = until + PATIENCE

    def give() -> None:
        while time.monotonic() < until:
            with guard:
                wish = next(people)
            browser = Browser(f"192.0.2.{wish.number % 250}", patient)
            outcome.stories.append(Donor(stack, wish, browser).give())
            outcome.answers += browser.answers
            strange.extend(browser.strange)

    desk = Bookkeeper(stack, Browser("198.51.100.7", patient), random.Random(trouble.seed))

    def go_wrong() -> None:
        trouble.kill_until(until)
        trouble.end()

    trouble.begin()
    together(go_wrong, *[give] * donors, partial(desk.work, until), partial(trouble.misbehave_until, until))
    outcome.cheques = desk.cheques
    trouble.begin()
    together(partial(trouble.kill_until, time.monotonic() + 3), partial(stack.act, "advance", seconds=A_MONTH))
    trouble.end()
    settle(stack)
    outcome.told = trouble.told
    outcome.findings = findings(stack, outcome.stories, outcome.cheques)
    outcome.findings += strange
    return outcome
