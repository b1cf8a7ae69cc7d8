"""A few exchange rates for the demo, said to be invented."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.currencies.services import RateDetails, add_rate
from app.kernel.actors import SYSTEM

UNITS = {
    "USD": ("1.0921", "1.0874"), "GBP": ("0.8412", "0.8390"), "CHF": ("0.9405", "0.9441"), "JPY": ("157.50", "156.20"),
    "KWD": ("0.3362", "0.3349"), "NPR": ("145.90", "145.20"),
}  # fmt: skip


def quote_currencies(db: Session, today: date) -> None:
    """Rates of yesterday and of the week before."""
    for currency, both in UNITS.items():
        for units, days in zip(both, (1, 8), strict=True):
            day = today - timedelta(days=days)
            add_rate(
                db, RateDetails(currency=currency, day=day, units=units, origin="Invented for the demo"), actor=SYSTEM
            )
