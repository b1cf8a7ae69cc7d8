"""A donor's figures by fiscal year and currency, recomputed in the transaction that changes a gift.

Gifts of test payments count like others, and every screen marks them: see docs/adr/0005-test-mode.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import Gift, GivingTotal
from app.giving.queries.counting import COUNTS, KEPT
from app.giving.services.days import note_days_of
from app.giving.services.locking import hold_contact
from app.kernel.clock import now
from app.kernel.db import Instant

FIGURES = (
    "contact_id", "fiscal_year", "currency", "gifts", "amount_minor", "largest_minor", "first_on", "last_on",
)  # fmt: skip
"""The columns of `_figures`, in their order."""
DONORS = 10_000
"""How many donors are compared with their gifts at a time."""


def _figures() -> Select[*tuple[Any, ...]]:
    """The true figures, from the gifts themselves."""
    key = (Gift.contact_id, Gift.fiscal_year, Gift.currency)
    return (
        select(
            *key,
            func.count().label("gifts"),
            func.sum(KEPT).label("amount_minor"),
            func.max(KEPT).label("largest_minor"),
            func.min(Gift.received_on).label("first_on"),
            func.max(Gift.received_on).label("last_on"),
        )
        .where(COUNTS)
        .group_by(*key)
    )


def refresh_totals(db: Session, contact_id: int, fiscal_year: int) -> None:
    """Bring the figures of one donor and fiscal year in step with their gifts, alone on that donor."""
    true = {total.id for total in add_to_totals(db, contact_id, fiscal_year)}
    mine = (GivingTotal.contact_id == contact_id, GivingTotal.fiscal_year == fiscal_year)
    for gone in db.scalars(select(GivingTotal).where(*mine, GivingTotal.id.not_in(true))):
        db.delete(gone)
    db.flush()  # whoever reads figures later in this transaction must see these


def add_to_totals(db: Session, contact_id: int, fiscal_year: int) -> Sequence[GivingTotal]:
    """The same where a gift has come and none has gone; what is kept of the year then, a row for each currency."""
    hold_contact(db, contact_id)
    db.flush()  # the gifts are asked by the database
    asked = {"contact": contact_id, "year": fiscal_year, "at": now()}
    kept = db.scalars(_keeping(db.get_bind().dialect.name), asked, execution_options={"populate_existing": True})
    return kept.all()


@cache
def _keeping(dialect: str) -> Any:
    """The statement, made once: the figures of a donor and year as their gifts are, in place of what was kept."""
    keep = postgresql.insert if dialect == "postgresql" else sqlite.insert
    mine = (Gift.contact_id == bindparam("contact"), Gift.fiscal_year == bindparam("year"))
    true = _figures().where(*mine).add_columns(bindparam("at", type_=Instant()))
    table: Any = GivingTotal.__table__
    adding = keep(table).from_select([*FIGURES, "created_at"], true)
    key = ("contact_id", "fiscal_year", "currency")
    newest = {name: adding.excluded[name] for name in FIGURES if name not in key}
    kept = adding.on_conflict_do_update(index_elements=key, set_=newest).returning(*table.c)
    return select(GivingTotal).from_statement(kept)


def fill_in_totals(db: Session, *, from_gift: int) -> None:
    """The figures of donors of whom nothing is kept yet, whose gifts all have this key or a greater one.

    The days of these gifts are noted as changed, for gifts that come in so come in past the triggers.
    """
    figures = _figures().where(Gift.id >= from_gift)
    made = figures.add_columns(literal(now(), Instant))
    db.execute(insert(GivingTotal).from_select([*FIGURES, "created_at"], made))
    note_days_of(db, from_gift=from_gift)


def _differences(db: Session) -> Iterator[tuple[int, int, str]]:
    """A few donors at a time: all of them would not fit into a small machine."""
    kept = select(*(getattr(GivingTotal, name) for name in FIGURES))
    first, last = db.execute(select(func.min(Contact.id), func.max(Contact.id))).one()
    for begin in range(first or 0, (last or -1) + 1, DONORS):
        end = begin + DONORS - 1
        true = _by_key(db.execute(_figures().where(Gift.contact_id.between(begin, end))))
        said = _by_key(db.execute(kept.where(GivingTotal.contact_id.between(begin, end))))
        yield from (key for key in true.keys() | said.keys() if true.get(key) != said.get(key))


def _by_key(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[tuple[int, int, str], tuple[Any, ...]]:
    """Figures by contact, fiscal year and currency. PostgreSQL's sums of integers are decimals, which compare alike."""
    return {(row[0], row[1], row[2]): tuple(row[3:]) for row in rows}


def wrong_totals(db: Session) -> Sequence[tuple[int, int, str]]:
    """(contact id, fiscal year, currency) of every figure that is not what the gifts say; empty when all is well."""
    return sorted(_differences(db))


def repair_totals(db: Session) -> int:
    """Recompute what `wrong_totals` finds; how many donors' years were wrong."""
    wrong = sorted({(contact_id, year) for contact_id, year, _currency in wrong_totals(db)})
    for contact_id, year in wrong:
        refresh_totals(db, contact_id, year)
    return len(wrong)
