"""What does a web process weigh, does it grow, and how soon does it answer? On SQLite and on PostgreSQL.

Under granian, one process with the story of `flask seed`. First from the start of the program to the first answer of
`/healthz`, by turns with a bare Flask view, the best of five: two seconds of the processor's time at most (others may
use the machine; the clock on the wall is shown beside it). Then ten thousand requests as they come in life: giving
pages in each language, embedded, with proposals in their address; forms sent with mistakes; static files; addresses
that lead nowhere; the back office. The memory the process holds then is 200 MB at most, and a tenth more at most than
after two thousand.
"""

import itertools
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from sqlalchemy import select

from app.accounts.models import SignInMethod, StaffUser
from app.accounts.services import Arrival, begin_session
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.seed.story import tell_story
from bench._serving import HOST, both_databases, free_port, migrated, served, settings

LONGEST_START, MOST_MEMORY, MOST_GROWTH = 2.0, 200.0, 1.1
STARTS, EARLY, ALL, VISITORS = 5, 2_000, 10_000, 4
TICKS = os.sysconf("SC_CLK_TCK")
DONORS = 80
"""Of a hundred requests; the others are those of `OFTEN` and of staff, in turn."""
FORM = ["/give/soutenir?lang=fr", "/give/soutenir?lang=en", "/give/hiver", "/give/soutenir/embed?lang=ne"]
OFTEN = [
    "/give/soutenir?amount=35&utm_source=letter", "/", "/give/nothing-here", "/static/css/public.css", "/sign-in",
    "POST /give/soutenir?lang=fr&sent=1",
]  # fmt: skip
STAFF = ["/dashboard", "/contacts/", "/contacts/7", "/gifts", "/gifts/9", "/search?q=mar", "/forms/", "/receipts"]


def tell(database_url: str) -> str:
    """Fill a database with the story; the cookie of somebody who is signed in."""
    app = migrated(database_url)
    with app.database.writing() as db:
        tell_story(db, "seven quiet mountains")
        act_as(db, SYSTEM)
        somebody = db.scalars(select(StaffUser).order_by(StaffUser.id)).first()
        assert somebody is not None
        record, key = begin_session(db, somebody, Arrival(SignInMethod.PASSWORD), actor=SYSTEM)
        db.flush()
        cookie = record.cookie(key)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = cookie
    kept = client.get_cookie("session")
    app.database.close()
    assert kept is not None
    return f"session={kept.value}"


def family(pid: int) -> list[int]:
    """A process and those it has begun."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def worked(pid: int) -> float:
    """Seconds of the processor's time that a process and its children have had."""
    parts = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in family(pid)]
    return sum(int(part[11]) + int(part[12]) for part in parts) / TICKS


def weight(pid: int) -> float:
    """The resident memory of the heaviest of them, in MB: the worker."""
    lines = itertools.chain.from_iterable(Path(f"/proc/{each}/status").read_text().splitlines() for each in family(pid))
    return max(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def visit(port: int, mine: list[tuple[str, str]]) -> None:
    """Ask for all this over one connection: (address, cookie)."""
    line = HTTPConnection(HOST, port, timeout=60)
    for address, cookie in mine:
        words, is_sent = address.removeprefix("POST "), address.startswith("POST")
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST" if is_sent else "GET", words, "email=nobody&comment=Bonjour" if is_sent else None, headers)
        answer = line.getresponse()
        answer.read()
        if answer.status >= 500:
            raise RuntimeError(f"{address}: {answer.status}")
    line.close()


def mixed(count: int, cookie: str) -> list[tuple[str, str]]:
    """So many requests, each with its cookie."""
    forms, often, staff = itertools.cycle(FORM), itertools.cycle(OFTEN), itertools.cycle(STAFF)
    found = []
    for number in range(count):
        place = number * 37 % 100
        is_staff = place >= (100 + DONORS) // 2
        address = next(staff) if is_staff else next(forms) if place < DONORS else next(often)
        found.append((address, cookie if is_staff else ""))
    return found


def visit_all(port: int, requests: list[tuple[str, str]]) -> None:
    """Several visitors at once; what went wrong for one of them is raised."""
    with ThreadPoolExecutor(VISITORS) as visitors:
        for each in [visitors.submit(visit, port, requests[number::VISITORS]) for number in range(VISITORS)]:
            each.result()


def first_answer(target: str, env: dict[str, str], path: str) -> tuple[float, float]:
    """Seconds from the start of the server to its first answer: of work, and by the clock on the wall."""
    port, began = free_port(), time.perf_counter()
    with served(target, port, env) as server:
        while True:
            try:
                visit(port, [(path, "")])
            except (OSError, HTTPException):
                time.sleep(0.02)
            else:
                return worked(server.pid), time.perf_counter() - began


def measure_start(name: str, database_url: str) -> bool:
    """Start ours and a bare one by turns, say; whether the limit is kept."""
    ours, bare = [], []
    for _turn in range(STARTS):
        ours.append(first_answer("wsgi:app", settings(database_url), "/healthz"))
        bare.append(first_answer("bench._bare:app", {}, "/"))
    work, wall = (min(side) for side in zip(*ours, strict=True))
    bare_work, bare_wall = (min(side) for side in zip(*bare, strict=True))
    print(
        f"start, {name:<10} {work:.2f} s of work, {wall:.1f} s on the wall; a bare view {bare_work:.2f} s,"
        f" {bare_wall:.1f} s; {work / LONGEST_START:.0%} of the limit of {LONGEST_START:.0f} s:"
        f" {'ok' if work <= LONGEST_START else 'TOO SLOW'}",
        flush=True,
    )
    return bool(work <= LONGEST_START)


def measure_memory(name: str, database_url: str, cookie: str) -> bool:
    """Let them all come, weigh twice, say; whether the limits are kept."""
    port = free_port()
    env = {**settings(database_url, port), "LOG_LEVEL": "INFO"}
    with served("wsgi:app", port, env) as server:
        visit_all(port, mixed(EARLY, cookie))
        early = weight(server.pid)
        visit_all(port, mixed(ALL - EARLY, cookie))
        late = weight(server.pid)
    is_kept = late <= MOST_MEMORY and late <= early * MOST_GROWTH
    print(
        f"memory, {name:<10} {early:.0f} MB after {EARLY} requests, {late:.0f} MB after {ALL}: {late / early - 1:+.1%};"
        f" {late / MOST_MEMORY:.0%} of the limit of {MOST_MEMORY:.0f} MB: {'ok' if is_kept else 'TOO MUCH'}",
        flush=True,
    )
    return is_kept


def main() -> int:
    """Measure on both databases; 1 if a limit is not kept."""
    kept = []
    with both_databases() as databases:
        for name, url in databases.items():
            cookie = tell(url)
            kept += [measure_start(name, url), measure_memory(name, url, cookie)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
