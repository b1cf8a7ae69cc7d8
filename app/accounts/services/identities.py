"""Whom the organisation's provider has let in, and which of our staff that is."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.letters.security import SecurityNews
from app.accounts.models import OutsideIdentity, StaffUser
from app.accounts.provider import Identity
from app.accounts.queries.staff import staff_by_email
from app.accounts.services.second_factors import note_factor
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

NOBODY = _l("Nobody here has the e-mail address of that sign-in. Ask an administrator to invite you with it.")


def staff_of_identity(db: Session, identity: Identity, *, actor: Actor) -> StaffUser:
    """The staff user whom the provider has let in. The first time they are found by an address it has verified.

    No account is ever made here. `identity` was checked already.

    Raises:
        Refused: nobody is tied to it and nobody has the address, the account is switched off, or somebody else at the
            provider is tied to it.

    """
    known = (OutsideIdentity.issuer == identity.issuer, OutsideIdentity.subject == identity.subject)
    tied = db.scalars(select(OutsideIdentity).where(*known)).one_or_none()
    if tied is None:
        tied = _tie(db, identity, actor=actor)
    user = db.get_one(StaffUser, tied.staff_user_id)
    if not user.is_active:
        raise Refused(NOBODY)
    tied.last_used_at = now()
    return user


def _tie(db: Session, identity: Identity, *, actor: Actor) -> OutsideIdentity:
    if not identity.email:
        raise Refused(
            _l("Your organisation’s sign-in did not say which e-mail address is yours. Sign in with your password.")
        )
    user = staff_by_email(db, identity.email)
    if user is None or not user.is_active:
        raise Refused(NOBODY)
    db.get(StaffUser, user.id, with_for_update=True)
    mine = (OutsideIdentity.staff_user_id == user.id, OutsideIdentity.issuer == identity.issuer)
    if db.scalars(select(OutsideIdentity).where(*mine)).first() is not None:
        raise Refused(
            _l("This account belongs to another sign-in of your organisation. Ask an administrator to untie it.")
        )
    tied = OutsideIdentity(staff_user_id=user.id, issuer=identity.issuer, subject=identity.subject)
    db.add(tied)
    note_factor(db, user, SecurityNews.IDENTITY_TIED, actor=actor)
    return tied
