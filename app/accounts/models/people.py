"""Who works in the back office, and what their roles let them do."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.actors import Actor, ActorKind
from app.kernel.db import Base, Key, Record
from app.kernel.text import make_token

staff_role = Table(
    "staff_role",
    Base.metadata,
    Column("staff_user_id", Key, ForeignKey("staff_user.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Key, ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Record):
    """A named set of capabilities ("fundraiser"). Whoever has one that `needs_second_factor` must have set one up."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(unique=True)
    capabilities: Mapped[list[str]] = mapped_column(default_factory=list)
    needs_second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())


class StaffStatus(StrEnum):
    """Whether somebody can sign in, has been asked to, or may no longer."""

    ACTIVE = "active"
    INVITED = "invited"
    OFF = "off"


class StaffUser(Record):
    """Somebody who works in the back office.

    `password_hash` is empty where no password was chosen: whoever is invited, or signs in another way.
    `gets_reminders` is their wish to be mailed what is due.
    `session_key` is what earlier versions of the product kept a sign-in by, and is no longer read.
    """

    __tablename__ = "staff_user"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str] = mapped_column(default="", info={"secret": True})
    language: Mapped[str] = mapped_column(default="en")
    is_active: Mapped[bool] = mapped_column(default=True)
    session_key: Mapped[str] = mapped_column(default_factory=make_token, info={"secret": True})
    last_signed_in_at: Mapped[datetime | None] = mapped_column(default=None)
    gets_reminders: Mapped[bool] = mapped_column(default=True, server_default=true())
    roles: Mapped[list[Role]] = relationship(
        secondary=staff_role, default_factory=list, lazy="selectin", order_by=Role.name
    )

    is_authenticated = True
    is_anonymous = False
    is_held_back = False
    """Whether this sign-in may do nothing yet but set up the second factor that a role asks for."""

    @property
    def has_password(self) -> bool:
        """Whether there is a password to sign in or to confirm with."""
        return self.password_hash != ""

    @property
    def status(self) -> StaffStatus:
        """Invited until the first sign-in or the first password of their own, whichever comes first."""
        if not self.is_active:
            return StaffStatus.OFF
        return StaffStatus.ACTIVE if self.has_password or self.last_signed_in_at else StaffStatus.INVITED

    @property
    def needs_second_factor(self) -> bool:
        """Whether one of the roles asks for a second factor."""
        return any(role.needs_second_factor for role in self.roles)

    @property
    def capabilities(self) -> frozenset[str]:
        """Everything any of the roles allows; nothing at all as long as a second factor is missing."""
        if self.is_held_back:
            return frozenset()
        return frozenset(name for role in self.roles for name in role.capabilities)

    def as_actor(self) -> Actor:
        """The user as whoever services are told acts."""
        return Actor(ActorKind.STAFF, self.name, self.id, self.capabilities)
