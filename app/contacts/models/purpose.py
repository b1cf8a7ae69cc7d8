"""What people are written to for: "news", "appeals", with the reason that the law wants."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.models.relationship import words_in
from app.contacts.rules.consents import LawfulBasis
from app.kernel.db import Record

LONGEST_KEPT = 600
"""Months; fifty years."""


class ConsentPurpose(Record):
    """One purpose. Wordings name it by its `code`, which never changes.

    `keeps_months` is for how long an agreement counts, from the last contact that came from the person
    (`rules.consents.last_from_them`); None for ever. A retired one (`archived_at`) is asked about no more; what was
    answered stays.
    """

    __tablename__ = "purpose"
    __table_args__ = (
        CheckConstraint("code <> ''", name="has_a_code"),
        CheckConstraint(f"keeps_months BETWEEN 1 AND {LONGEST_KEPT}", name="keeps_some_months"),
        CheckConstraint("version > 0", name="version_is_positive"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    names: Mapped[dict[str, str]]
    explanations: Mapped[dict[str, str]] = mapped_column(default_factory=dict)
    lawful_basis: Mapped[LawfulBasis] = mapped_column(default=LawfulBasis.CONSENT)
    keeps_months: Mapped[int | None] = mapped_column(default=None)
    archived_at: Mapped[datetime | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    def name(self, language: str) -> str:
        """What it is called in a language, else in whichever there is."""
        return words_in(self.names, language)

    def explanation(self, language: str) -> str:
        """What it covers, in a language, else in whichever there is."""
        return words_in(self.explanations, language)
