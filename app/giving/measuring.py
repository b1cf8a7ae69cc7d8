"""What machines that watch are told of giving: numbers of gifts, never who gave or what."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.giving.models import GivingTotal
from app.web.feature import Figure


def gifts(db: Session) -> dict[tuple[str, ...], float]:
    """How many gifts count in all, by currency."""
    query = select(GivingTotal.currency, func.sum(GivingTotal.gifts)).group_by(GivingTotal.currency)
    return {(currency,): int(count) for currency, count in db.execute(query)}


FIGURES = (Figure("gifts", "Gifts received and not wholly given back, by currency.", gifts, ("currency",)),)
