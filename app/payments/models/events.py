"""What the gateway told us: stored under its own unique id, answered, then worked."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record
from app.kernel.secrets import EncryptedJson


class EventStatus(StrEnum):
    """What became of an event. An ignored one is of a kind that we do not act upon."""

    WAITING = "waiting"
    WORKED = "worked"
    IGNORED = "ignored"
    FAILED = "failed"


class GatewayEvent(Record):
    """One message from the gateway. The payload is kept for proof; what we act on is fetched anew.

    Donors' names and addresses lie in the payload, so it is encrypted.
    """

    __tablename__ = "gateway_event"
    __audited__ = False
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("(status IN ('worked', 'ignored')) = (worked_at IS NOT NULL)", name="worked_has_an_instant"),
        Index("ix_gateway_event_newest", "created_at", "id"),
    )

    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(index=True)
    object_reference: Mapped[str] = mapped_column(index=True)
    is_test: Mapped[bool]
    api_version: Mapped[str]
    happened_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("gateway_event.payload"))
    status: Mapped[EventStatus] = mapped_column(default=EventStatus.WAITING, init=False)
    effect: Mapped[str] = mapped_column(default="", init=False)
    attempts: Mapped[int] = mapped_column(default=0, init=False)
    last_error: Mapped[str | None] = mapped_column(default=None, init=False)
    worked_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    checkout_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("checkout.id"), index=True, default=None, init=False
    )
    payment_id: Mapped[int | None] = mapped_column(Key, ForeignKey("payment.id"), index=True, default=None, init=False)

    def fail(self, error: str) -> None:
        """An attempt went wrong; `error` names the place, never personal data."""
        self.status, self.last_error, self.worked_at = EventStatus.FAILED, error, None

    def wait(self) -> None:
        """It is to be worked (again)."""
        self.status, self.worked_at = EventStatus.WAITING, None
