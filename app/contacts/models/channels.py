"""How a contact is reached: e-mails, phones and postal addresses, several of each, one of them the primary one."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record


def _one_primary(table: str) -> Index:
    return Index(
        f"uq_{table}_primary",
        "contact_id",
        unique=True,
        sqlite_where=text("is_primary"),
        postgresql_where=text("is_primary"),
    )


class ContactEmail(Record):
    """An e-mail address; `folded` is what matching compares."""

    __tablename__ = "contact_email"
    __table_args__ = (_one_primary("contact_email"),)

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    address: Mapped[str]
    folded: Mapped[str] = mapped_column(index=True)
    label: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool] = mapped_column(default=False)


class ContactPhone(Record):
    """A phone number in E.164 where it could be read, and always as it was typed."""

    __tablename__ = "contact_phone"
    __table_args__ = (_one_primary("contact_phone"),)

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    number: Mapped[str] = mapped_column(index=True)
    typed: Mapped[str]
    label: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool] = mapped_column(default=False)


class ContactAddress(Record):
    """A postal address. `street` may have several lines."""

    __tablename__ = "contact_address"
    __table_args__ = (_one_primary("contact_address"),)

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    street: Mapped[str]
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    label: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool] = mapped_column(default=False)

    @property
    def lines(self) -> list[str]:
        """The address without the country, one line each, blanks left out."""
        return [
            line for line in (*self.street.splitlines(), f"{self.postcode} {self.city}".strip(), self.region) if line
        ]
