"""Rates by hand: one is added, or corrected by a further row; none is ever overwritten."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.currencies.models import EURO, ExchangeRate, RateSource
from app.currencies.rules import FIRST_DAY, plain_rate
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now, today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.inserting import insert_each_unless_there
from app.kernel.money import EXPONENTS


@dataclass(frozen=True, kw_only=True)
class RateDetails:
    """A rate as a person knows it. `units` of the currency for one euro, a decimal with a point; `origin`: says who."""

    currency: str
    day: date
    units: str
    origin: str = ""


def add_rate(db: Session, details: RateDetails, *, actor: Actor) -> ExchangeRate:
    """Keep the rate of a day that has none yet.

    Raises:
        Refused: naming the field that cannot be so; the day has a rate already.

    """
    units = _checked(details)
    made = _insert(db, details, units, version=1, reason="")
    if made is None:
        raise Refused(_l("There is a rate for this day already: correct that one."), field="day")
    audit.note(db, actor, "exchange_rate.added", made, currency=made.currency, day=made.day, units_per_euro=units)
    return made


def correct_rate(db: Session, rate: ExchangeRate, units: str, reason: str, *, actor: Actor) -> ExchangeRate:
    """Put a right rate in the place of a wrong one: a further row, with the reason; the wrong one stays to be seen.

    Raises:
        Refused: not a rate, no reason, it says the same, or somebody has corrected it meanwhile.

    """
    details = RateDetails(currency=rate.currency, day=rate.day, units=units)
    plain = _checked(details)
    if not reason:
        raise Refused(_l("Say why, for whoever looks at this later."), field="reason")
    if Decimal(plain) == rate.rate:
        raise Refused(_l("This is the rate that stands there."), field="units")
    newest = select(func.max(ExchangeRate.version)).where(
        ExchangeRate.currency == rate.currency, ExchangeRate.day == rate.day
    )
    made = None if db.scalar(newest) != rate.version else _insert(
        db, details, plain, version=rate.version + 1, reason=reason
    )  # fmt: skip
    if made is None:
        raise Refused(_l("Somebody has corrected this rate meanwhile. Look at it first."))
    audit.note(
        db, actor, "exchange_rate.corrected", made, currency=rate.currency, day=rate.day, before=rate.units_per_euro,
        units_per_euro=plain, reason=reason,
    )  # fmt: skip
    return made


def _checked(details: RateDetails) -> str:
    if details.currency == EURO or details.currency not in EXPONENTS:
        raise Refused(_l("Choose only from what is offered."), field="currency")
    if not FIRST_DAY <= details.day <= today():
        raise Refused(_l("A rate is of a day between 4 January 1999 and today."), field="day")
    try:
        return plain_rate(details.units)
    except ValueError as bad:
        raise Refused(_l("Write how many units one euro buys, such as 1.0921."), field="units") from bad


def _insert(db: Session, details: RateDetails, units: str, *, version: int, reason: str) -> ExchangeRate | None:
    row = {
        "created_at": now(), "currency": details.currency, "day": details.day, "units_per_euro": units,
        "source": RateSource.HAND, "version": version, "origin": details.origin, "reason": reason, "import_id": None,
    }  # fmt: skip
    made = insert_each_unless_there(db, ExchangeRate, [row], key=("currency", "day", "version"))
    return db.get_one(ExchangeRate, made[0]) if made else None
