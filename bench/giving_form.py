"""How many times a second can a published giving form be shown? On SQLite and on PostgreSQL.

The yardstick is a bare Flask view that renders a page of the same size under the same server. The product reads the
form, its funds, wordings, rates and the organisation from the database, words every text in the donor's language, and
adds its headers; most of the time goes into the templates and fields of some forty inputs. It may cost a hundred bare
pages at most.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from bench._serving import Line, free_port, migrated, requests_per_second, served, settings
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation, make_form
from tests.postgres import temporary_postgres

LIMIT = 100.0
SECONDS, ROUNDS = 1.5, 5


def fill(database_url: str) -> None:
    """An organisation and one published form."""
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


def measure(name: str, database_url: str) -> bool:
    """Serve both, ask them by turns, say; whether the limit is kept."""
    fill(database_url)
    ours = free_port()
    with served("wsgi:app", ours, settings(database_url, ours)), Line(ours) as line:
        size, bare = len(line.get("/give/school")), free_port()
        with served("bench._bare:app", bare, {"BARE_BYTES": str(size)}):
            rates: list[tuple[float, float]] = []
            for _round in range(ROUNDS + 1):
                found = requests_per_second(ours, "/give/school", SECONDS)
                rates.append((found, requests_per_second(bare, "/", SECONDS)))
    rates = rates[1:]  # the first round warms up
    product, yardstick = statistics.median(each[0] for each in rates), statistics.median(each[1] for each in rates)
    ratio = yardstick / product
    print(
        f"giving form, {name:<10} {size} bytes: {product:6.0f} pages/s, {yardstick:6.0f} of a bare page;"
        f" ratio {ratio:.1f}, limit {LIMIT:.0f}: {'ok' if ratio <= LIMIT else 'TOO SLOW'}"
    )
    return ratio <= LIMIT


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with tempfile.TemporaryDirectory() as folder, temporary_postgres() as postgresql:
        kept = [measure("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}"), measure("PostgreSQL", postgresql)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
