"""Who somebody is at the organisation's own provider of sign-ins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Record


class OutsideIdentity(Record):
    """A staff user as an OpenID Connect provider knows them: by issuer and subject, which never change."""

    __tablename__ = "outside_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_outside_identity_subject"),
        UniqueConstraint("staff_user_id", "issuer", name="uq_outside_identity_issuer"),
        CheckConstraint("subject <> ''", name="has_a_subject"),
    )

    staff_user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
