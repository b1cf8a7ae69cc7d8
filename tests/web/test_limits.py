"""How often something may be tried is still counted where the counts' keeper is gone."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest

from app.factory import create_app
from app.web.limits import limiter

pytestmark = pytest.mark.db
AT_ONCE = 12


def test_all_who_find_at_one_moment_that_the_counts_are_gone_are_answered(settings, app):
    away = create_app(replace(settings, RATE_LIMIT_URL="redis://127.0.0.1:1/0"))
    away.config["WTF_CSRF_ENABLED"] = False
    start, found = Barrier(AT_ONCE), []

    def knock(number):
        client = away.test_client()
        start.wait()
        typed = {"email": f"nobody{number}@example.org", "password": "a guess"}
        found.append(client.post("/sign-in", data=typed).status_code)

    threads = [Thread(target=knock, args=(number,)) for number in range(AT_ONCE)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        away.database.close()
        create_app(settings).database.close()  # the limiter is one for the process: it counts in memory again,
        limiter._storage_dead = False  # and now, not when it looks for its keeper the next time
    assert set(found) <= {422, 429}
    assert len(found) == AT_ONCE
