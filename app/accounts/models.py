"""Who works in the back office, and what their roles let them do."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table
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
    """A named set of capabilities ("fundraiser")."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(unique=True)
    capabilities: Mapped[list[str]] = mapped_column(default_factory=list)


class StaffUser(Record):
    """Somebody who works in the back office. `session_key` changes to end every session at once."""

    __tablename__ = "staff_user"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str] = mapped_column(info={"secret": True})
    language: Mapped[str] = mapped_column(default="en")
    is_active: Mapped[bool] = mapped_column(default=True)
    session_key: Mapped[str] = mapped_column(default_factory=make_token, info={"secret": True})
    last_signed_in_at: Mapped[datetime | None] = mapped_column(default=None)
    roles: Mapped[list[Role]] = relationship(
        secondary=staff_role, default_factory=list, lazy="selectin", order_by=Role.name
    )

    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the session cookie holds: the key and the session key, so that changing the latter signs out."""
        return f"{self.id}:{self.session_key}"

    @property
    def capabilities(self) -> frozenset[str]:
        """Everything any of the roles allows."""
        return frozenset(name for role in self.roles for name in role.capabilities)

    def as_actor(self) -> Actor:
        """The user as whoever services are told acts."""
        return Actor(ActorKind.STAFF, self.name, self.id, self.capabilities)
