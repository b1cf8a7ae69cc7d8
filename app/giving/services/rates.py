"""The dated tax table: lines are added and ended, so that every day of the past keeps its own rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.giving.models import DonorKind, StatutoryRate
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import TaxRegime


@dataclass(frozen=True, kw_only=True)
class RateDetails:
    """One line of the table. `tiers`: (ceiling in minor units or None, per cent), rising; days both included."""

    regime: TaxRegime
    donor_kind: DonorKind
    valid_from: date
    valid_to: date | None
    tiers: Sequence[tuple[int | None, int]]
    income_share_percent: int | None
    article: str
    source: str
    note: str


def keep_rate(db: Session, rate: StatutoryRate | None, details: RateDetails, *, actor: Actor) -> StatutoryRate:
    """Add a line, or correct one.

    Raises:
        Refused: it ends before it begins, or overlaps another of its regime and kind.

    """
    if details.valid_to is not None and details.valid_to < details.valid_from:
        raise Refused(_l("The rate ends before it begins."), field="valid_to")
    _refuse_overlap(db, rate, details)
    tiers = [list(tier) for tier in details.tiers]
    if rate is None:
        rate = StatutoryRate(
            regime=details.regime, donor_kind=details.donor_kind, valid_from=details.valid_from, tiers=tiers,
            article=details.article, source=details.source,
        )  # fmt: skip
        db.add(rate)
    rate.regime, rate.donor_kind, rate.valid_from = details.regime, details.donor_kind, details.valid_from
    rate.valid_to, rate.tiers, rate.article = details.valid_to, tiers, details.article
    rate.source, rate.note, rate.income_share_percent = details.source, details.note, details.income_share_percent
    audit.note(db, actor, "statutory_rate.kept", rate)
    return rate


def _refuse_overlap(db: Session, rate: StatutoryRate | None, details: RateDetails) -> None:
    query = select(StatutoryRate).where(
        StatutoryRate.regime == details.regime,
        StatutoryRate.donor_kind == details.donor_kind,
        or_(StatutoryRate.valid_to.is_(None), StatutoryRate.valid_to >= details.valid_from),
    )
    if details.valid_to is not None:
        query = query.where(StatutoryRate.valid_from <= details.valid_to)
    if any(other is not rate for other in db.scalars(query)):
        raise Refused(_l("Another rate covers some of these days. End that one first."), field="valid_from")
