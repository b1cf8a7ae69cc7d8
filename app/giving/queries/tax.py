"""What a gift costs after tax reduction, by the dated rates of the law."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.models import StatutoryRate
from app.giving.tax_rates import DonorKind, TaxRate, rate_on
from app.kernel.organisation import TaxRegime


def rates_in_force(db: Session, regime: TaxRegime, day: date) -> dict[DonorKind, TaxRate]:
    """What the law gives back to whom of a gift made on this day, from the dated table; empty without a regime."""
    if regime is TaxRegime.NONE:
        return {}
    rows = db.scalars(select(StatutoryRate).where(StatutoryRate.regime == regime)).all()
    table = [_rate(row) for row in rows]
    found = {kind: rate_on(table, regime, kind, day) for kind in DonorKind}
    return {kind: rate for kind, rate in found.items() if rate is not None}


def _rate(row: StatutoryRate) -> TaxRate:
    tiers = tuple((None if ceiling is None else int(ceiling), int(percent)) for ceiling, percent in row.tiers)
    return TaxRate(
        row.regime, row.donor_kind, row.valid_from, row.valid_to, tiers, row.income_share_percent, row.article,
        row.source, row.note,
    )  # fmt: skip
