"""Which second factors somebody has. A recovery code stands in for one and is none by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Authenticator, OutsideIdentity, Passkey, RecoveryCode, StaffUser


@dataclass(frozen=True)
class Factors:
    """Everything beside a password that lets a staff user in."""

    authenticator: Authenticator | None
    passkeys: Sequence[Passkey]
    codes_left: int
    identities: Sequence[OutsideIdentity]

    @property
    def count(self) -> int:
        """How many second factors there are."""
        return len(self.passkeys) + (self.authenticator is not None)


def factors_of(db: Session, user: StaffUser) -> Factors:
    """What a user has."""
    return Factors(
        confirmed_authenticator(db, user),
        passkeys_of(db, user),
        codes_left(db, user),
        db.scalars(select(OutsideIdentity).where(OutsideIdentity.staff_user_id == user.id)).all(),
    )


def has_second_factor(db: Session, user: StaffUser) -> bool:
    """Whether a password alone does not let this user in."""
    app = select(Authenticator.id).where(
        Authenticator.staff_user_id == user.id, Authenticator.confirmed_at.is_not(None)
    )
    keys = select(Passkey.id).where(Passkey.staff_user_id == user.id)
    return bool(db.scalar(select(app.exists() | keys.exists())))


def confirmed_authenticator(db: Session, user: StaffUser) -> Authenticator | None:
    """The app whose codes count."""
    mine = (Authenticator.staff_user_id == user.id, Authenticator.confirmed_at.is_not(None))
    return db.scalars(select(Authenticator).where(*mine)).one_or_none()


def waiting_authenticator(db: Session, user: StaffUser) -> Authenticator | None:
    """The app that is being set up."""
    mine = (Authenticator.staff_user_id == user.id, Authenticator.confirmed_at.is_(None))
    return db.scalars(select(Authenticator).where(*mine)).one_or_none()


def passkeys_of(db: Session, user: StaffUser) -> Sequence[Passkey]:
    """The passkeys, oldest first."""
    return db.scalars(select(Passkey).where(Passkey.staff_user_id == user.id).order_by(Passkey.id)).all()


def codes_left(db: Session, user: StaffUser) -> int:
    """How many recovery codes have not been used."""
    mine = (RecoveryCode.staff_user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.scalar(select(func.count()).select_from(RecoveryCode).where(*mine)) or 0


def recovery_salt(db: Session, user: StaffUser) -> bytes | None:
    """The salt that the codes of a user were hashed with, all of them with one; None where there are no codes."""
    return db.scalar(select(RecoveryCode.salt).where(RecoveryCode.staff_user_id == user.id).limit(1))


def owner_of_passkey(db: Session, credential_id: bytes) -> tuple[Passkey, StaffUser] | None:
    """A passkey and whose it is."""
    found = db.execute(
        select(Passkey, StaffUser)
        .join(StaffUser, StaffUser.id == Passkey.staff_user_id)
        .where(Passkey.credential_id == credential_id)
    ).one_or_none()
    return (found[0], found[1]) if found else None
