"""How many messages of the payment service are taken in a second: verified, stored, their work written down, answered?

The yardstick is the same database committing single rows of the same size, with nothing around it: one connection,
one statement, a unique key, the durability of production (SQLite in WAL mode with synchronous=FULL, PostgreSQL on the
disk with fsync). The product reads and checks the signature, encrypts the message, inserts it and its job into tables
with ten indexes, and hands the job over. Messages that come together share a commit. At least half the yardstick's
rate is wanted of the application itself, called by eight threads as in operation, of a burst of ten thousand of which
three in ten came before, shuffled; one thread and granian are shown beside it.
"""

import json
import random
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from io import BytesIO
from typing import Any

import psycopg
from stripe import WebhookSignature

from app.factory import create_app
from app.web.application import Application
from bench._serving import HOST, Line, both_databases, free_port, migrated, served, settings
from config import Config

LIMIT = 0.5
ROUNDS, HOW_MANY = 10, 1000
"""The burst, in parts that take turns with the yardstick: others may use the machine."""
AGAIN = 0.3
"""Share of messages that came before."""
AT_ONCE = 8
Send = Callable[[bytes, str], object]
ADDRESS = "/webhooks/stripe"
FIELDS = {f"field_{number}": "some words of the payment service" for number in range(50)}


class Messages:
    """Messages of about three kilobytes with their signatures: new ones, or `again` of them such as came before."""

    def __init__(self, word: str, again: float = 0.0) -> None:
        self._word, self._again, self._last, self._chance = word, again, 0, random.Random(word)

    def several(self, count: int) -> list[tuple[bytes, str]]:
        """So many, shuffled."""
        known = self._last
        first = max(1, count - round(count * self._again))
        numbers = [*range(known + 1, known + first + 1)]
        numbers += self._chance.choices(range(1, known + first + 1), k=count - first)
        self._last += first
        self._chance.shuffle(numbers)
        return [self._numbered(number) for number in numbers]

    def _numbered(self, number: int) -> tuple[bytes, str]:
        name = f"{self._word}_{number}"
        about = {"id": f"ch_{name}", "object": "charge", **FIELDS}
        body = json.dumps(
            {"id": f"evt_{name}", "object": "event", "api_version": "2026-10-28.endive", "created": int(time.time()),
             "type": "charge.updated", "livemode": False, "data": {"object": about}}, indent=2,
        )  # fmt: skip
        return body.encode(), WebhookSignature.generate_signature_header(body, "whsec_measuring")


def environ_of(body: bytes, signature: str) -> dict[str, Any]:
    """The request as a server hands it to the application."""
    return {
        "REQUEST_METHOD": "POST", "PATH_INFO": ADDRESS, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": HOST,
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": HOST, "REMOTE_ADDR": HOST,
        "CONTENT_TYPE": "application/json; charset=utf-8", "CONTENT_LENGTH": str(len(body)),
        "HTTP_STRIPE_SIGNATURE": signature, "wsgi.input": BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }  # fmt: skip


def call(app: Application, body: bytes, signature: str) -> None:
    """The application takes in one message."""
    statuses: list[str] = []

    def start_response(status: str, _headers: object, _error: object = None) -> Callable[[bytes], None]:
        statuses.append(status)
        return lambda _part: None

    b"".join(app(environ_of(body, signature), start_response))
    assert statuses[0].startswith("200"), statuses


def rate(threads: int, messages: Messages, begin: Callable[[], AbstractContextManager[Send]]) -> float:
    """Messages a second when so many threads send what was made ready before."""
    ready = [messages.several(HOW_MANY // threads) for _ in range(threads)]
    line = threading.Barrier(threads + 1)
    wrong: list[Exception] = []

    def run(mine: list[tuple[bytes, str]]) -> None:
        try:
            with begin() as send:
                line.wait()
                for body, signature in mine:
                    send(body, signature)
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that measures
            wrong.append(error)

    workers = [threading.Thread(target=run, args=(mine,)) for mine in ready]
    for worker in workers:
        worker.start()
    line.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    if wrong:
        raise wrong[0]
    return threads * len(ready[0]) / (time.perf_counter() - began)


@contextmanager
def single_rows(database_url: str) -> Iterator[Send]:
    """The yardstick: commits a row of this size, alone."""
    is_sqlite = database_url.startswith("sqlite")
    if is_sqlite:
        database: Any = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            database.execute(f"PRAGMA {pragma}")
    else:
        database = psycopg.connect(database_url, autocommit=True)
    key = "INTEGER PRIMARY KEY" if is_sqlite else "BIGSERIAL PRIMARY KEY"
    database.execute(f"CREATE TABLE IF NOT EXISTS yardstick (id {key}, name TEXT UNIQUE, body TEXT)")
    mark = "?" if is_sqlite else "%s"
    statement = f"INSERT INTO yardstick (name, body) VALUES ({mark}, {mark})"
    yield lambda body, signature: database.execute(statement, (signature, body.decode()))
    database.close()


@contextmanager
def over_the_wire(port: int) -> Iterator[Send]:
    """A connection that is kept open, as the payment service keeps its own."""
    with Line(port) as line:
        yield lambda body, signature: line.post(ADDRESS, body, {"Stripe-Signature": signature})


def measure(name: str, database_url: str) -> bool:
    """Commit rows and take in messages by turns, say; whether the limit is kept."""
    migrated(database_url).database.close()
    port = free_port()
    env = {**settings(database_url, port), "QUEUE_URL": ""}
    app = create_app(Config.from_env(env))
    inside: Callable[[], AbstractContextManager[Send]] = lambda: nullcontext(partial(call, app))  # noqa: E731
    ways = {
        "yardstick": (1, partial(single_rows, database_url)), "threads": (AT_ONCE, inside), "one": (1, inside),
        "granian": (AT_ONCE, partial(over_the_wire, port)),
    }  # fmt: skip
    found: dict[str, list[float]] = {way: [] for way in ways}
    bursts = {way: Messages(way, 0.0 if way == "yardstick" else AGAIN) for way in ways}
    with served("wsgi:app", port, env):
        for _turn in range(ROUNDS):
            for way, (threads, begin) in ways.items():
                found[way].append(rate(threads, bursts[way], begin))
    app.database.close()
    middle = {way: statistics.median(rates[1:]) for way, rates in found.items()}  # the first round warms up
    ratio = statistics.median(a / b for a, b in zip(found["threads"][1:], found["yardstick"][1:], strict=True))
    print(
        f"webhooks, {name:<10} {middle['threads']:5.0f} a second ({middle['one']:.0f} one at a time,"
        f" {middle['granian']:.0f} under granian), {middle['yardstick']:5.0f} single-row commits;"
        f" ratio {ratio:.2f}, at least {LIMIT}: {'ok' if ratio >= LIMIT else 'TOO SLOW'}"
    )
    return ratio >= LIMIT


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with both_databases(is_durable=True) as databases:
        kept = [measure(name, url) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
