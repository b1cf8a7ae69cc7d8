"""What the settings pages show."""

from collections.abc import Sequence

from sqlalchemy import Select, String, cast, or_, select
from sqlalchemy.orm import Session

from app.giving.models import StatutoryRate
from app.kernel.audit import AuditEntry
from app.kernel.pages import Page, Sort, paginate


def audit_entries(
    db: Session, *, text: str = "", record_type: str = "", record_id: int | None = None, cursor: str | None = None
) -> Page:
    """The trail, newest first, narrowed to a record, a kind of record, or words in actor and deed."""
    query: Select[tuple[AuditEntry]] = select(AuditEntry)
    if record_type:
        query = query.where(AuditEntry.record_type == record_type)
    if record_id is not None:
        query = query.where(AuditEntry.record_id == record_id)
    if text:
        pattern = f"%{text.replace('%', '').replace('_', '')}%"
        query = query.where(
            or_(
                AuditEntry.actor_name.ilike(pattern),
                AuditEntry.action.ilike(pattern),
                cast(AuditEntry.request_id, String).ilike(pattern),
            )
        )
    return paginate(db, query, [Sort(AuditEntry.id, descending=True)], cursor=cursor)


def tax_table(db: Session) -> Sequence[StatutoryRate]:
    """Every rate: by regime and kind of donor, the newest first."""
    order = (StatutoryRate.regime, StatutoryRate.donor_kind.desc(), StatutoryRate.valid_from.desc())
    return db.scalars(select(StatutoryRate).order_by(*order)).all()
