"""How many times a second can a published giving form be shown? On SQLite and PostgreSQL, under granian and gunicorn.

The yardstick is a bare Flask view that renders a page of the same size under the same server. Ours asks the database
whether the page it keeps is still true, puts the donor's own stamp into it, adds its headers and writes its line in the
log: it must come to two fifths of the bare page. The same is asked of a view that does next to nothing: what every
request costs, whatever it is for.

Both are asked by turns of a third of a second, and the median of the turns' ratios counts: others may use the machine.
"""

import statistics
import sys
from dataclasses import dataclass

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from bench._serving import SERVERS, Line, both_databases, free_port, migrated, requests_per_second, served, settings
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation, make_form

GIVING_FORM, NEXT_TO_NOTHING = "/give/school", "/healthz"
LIMITS = {GIVING_FORM: 0.40, NEXT_TO_NOTHING: 0.25}
SECONDS, TURNS, WARMING_UP = 0.3, 15, 3


@dataclass(frozen=True)
class Server:
    """A server that is being asked, and for what."""

    port: int
    path: str

    def rate(self) -> float:
        """Answers a second, during one turn."""
        return requests_per_second(self.port, self.path, SECONDS)


def fill(database_url: str) -> None:
    """An organisation and one published form with everything asked."""
    made = migrated(database_url)
    with made.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        make_form(
            db, slug="school", presets_once=[2000, 5000, 10000], presets_recurring=[1000, 2000, 5000],
            asks=["phone", "address", "company", "tribute", "comment", "anonymous"], consent_purposes=["news:email"],
            funds=[make_fund(db), make_fund(db)],
        )  # fmt: skip
    made.database.close()


def by_turns(ours: Server, bare: Server) -> tuple[float, float, float]:
    """Answers a second of ours and of the bare one, and the share that ours comes to: medians over the turns."""
    turns = [(ours.rate(), bare.rate()) for _turn in range(WARMING_UP + TURNS)][WARMING_UP:]
    rates = [statistics.median(side) for side in zip(*turns, strict=True)]
    return rates[0], rates[1], statistics.median(one / other for one, other in turns)


def measure(database: str, database_url: str, server: str) -> bool:
    """Serve ours and a bare page of each size, ask them by turns, say; whether the limits are kept."""
    port = free_port()
    env = {**settings(database_url, port), "LOG_LEVEL": "INFO"}
    kept = []
    with served("wsgi:app", port, env, server):
        for path, limit in LIMITS.items():
            with Line(port) as line:
                size, bare = len(line.get(path)), free_port()
            with served("bench._bare:app", bare, {"BARE_BYTES": str(size)}, server):
                product, yardstick, share = by_turns(Server(port, path), Server(bare, "/"))
            kept.append(share >= limit)
            print(
                f"{path:<13} {database:<10} {server:<8} {size:>5} bytes: {product:5.0f} a second, {yardstick:5.0f} of a"
                f" bare page; {share:4.0%}, limit {limit:.0%}: {'ok' if kept[-1] else 'TOO SLOW'}",
                flush=True,
            )
    return all(kept)


def main() -> int:
    """Measure on both databases under both servers; 1 if one is too slow."""
    with both_databases() as databases:
        for url in databases.values():
            fill(url)
        kept = [measure(name, url, server) for name, url in databases.items() for server in SERVERS]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
