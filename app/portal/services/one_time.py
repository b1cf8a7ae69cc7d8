"""Using up a link that is good once, and why one opens nothing: the same for every kind of mailed link."""

from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel.clock import now
from app.portal.models import DonorLink, NewEmail


class Verdict(StrEnum):
    """Why a link opens nothing."""

    USED = "used"
    REPLACED = "replaced"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    NOBODY = "nobody"
    """It was good, and whom it was for is nobody's reader any more."""
    NOT_THEM = "not_them"
    """It is good, and whoever pressed the button is not signed in as the donor who asked for it."""


def use_up(db: Session, link: DonorLink | NewEmail) -> bool:
    """Use it up, if it is still good: the database lets one through."""
    kind = type(link)
    still = (kind.id == link.id, kind.used_at.is_(None), kind.withdrawn_at.is_(None), kind.expires_at > now())
    used = db.execute(update(kind).where(*still).values(used_at=now()).execution_options(synchronize_session=False))
    return bool(used.rowcount == 1)  # type: ignore[attr-defined]


def why_not(db: Session, link: DonorLink | NewEmail) -> Verdict:
    """Why one that could not be used up opens nothing."""
    db.refresh(link)
    if link.used_at is not None:
        return Verdict.USED
    return Verdict.EXPIRED if link.withdrawn_at is None else Verdict.REPLACED
