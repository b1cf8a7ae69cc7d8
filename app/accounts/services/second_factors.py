"""What all second factors have in common: the last one is kept where a role asks for one, and its owner is told."""

from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.jobs import tell_of_change
from app.accounts.letters.security import SecurityNews
from app.accounts.models import Authenticator, EndReason, OutsideIdentity, Passkey, RecoveryCode, StaffUser
from app.accounts.queries.factors import has_second_factor
from app.accounts.services.delegation import refuse_beyond
from app.accounts.services.sessions import end_sessions
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import enqueue
from app.kernel.text import make_token


class FactorKind(StrEnum):
    """What somebody proved a second time with."""

    CODE = "code"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


def note_factor(db: Session, user: StaffUser, news: SecurityNews, *, actor: Actor, **facts: object) -> None:
    """Write down that something about the factors of a user changed, and tell them by mail."""
    audit.note(db, actor, f"staff.{news}", user, **facts)
    enqueue(db, tell_of_change, staff_user_id=user.id, news=news.value, at=now().isoformat(), token=make_token())


def pass_second_step(db: Session, user: StaffUser, kind: FactorKind, *, actor: Actor) -> None:
    """Write down that somebody on the way in proved a second time who they are."""
    audit.note(db, actor, "staff.second_step_passed", user, by=kind)


def lose_factor(db: Session, user: StaffUser, factor: Authenticator | Passkey, *, actor: Actor) -> None:
    """Take a factor away, and with the last one the recovery codes, which stand in for nothing any more.

    Raises:
        Refused: it is the last one, and a role of the user asks for one.

    """
    news = SecurityNews.PASSKEY_REMOVED if isinstance(factor, Passkey) else SecurityNews.AUTHENTICATOR_REMOVED
    db.get(StaffUser, user.id, with_for_update=True)  # of two that are removed at once, one is the last
    db.delete(factor)
    db.flush()
    if not has_second_factor(db, user):
        if user.needs_second_factor:
            raise Refused(_l("Your role asks for a second factor. Set up another one before you remove this one."))
        _drop_codes(db, user)
    note_factor(db, user, news, actor=actor)


def reset_second_factor(db: Session, user: StaffUser, *, actor: Actor) -> None:
    """Take all factors and recovery codes from somebody who lost them, and end their sign-ins.

    Raises:
        Refused: there is nothing to take away, or the actor would let themselves in with less, or the user may do
            more than the actor.

    """
    refuse_beyond(actor, user.capabilities)
    if actor.id is not None and actor.id == user.id:
        raise Refused(_l("Somebody else has to do this for you: ask another administrator."))
    if not has_second_factor(db, user):
        raise Refused(_l("%(name)s has no second factor.", name=user.name))
    for model in (Authenticator, Passkey):
        for factor in db.scalars(select(model).where(model.staff_user_id == user.id)):
            db.delete(factor)
    _drop_codes(db, user)
    end_sessions(db, user, EndReason.NEW_SECOND_FACTOR, actor=actor)
    note_factor(db, user, SecurityNews.FACTORS_RESET, actor=actor)


def forget_identities(db: Session, user: StaffUser, *, actor: Actor) -> None:
    """Untie a user from whom they are at the provider; the next sign-in there ties them anew, by e-mail address.

    Raises:
        Refused: they are not tied to anybody there, or may do more than the actor.

    """
    refuse_beyond(actor, user.capabilities)
    found = db.scalars(select(OutsideIdentity).where(OutsideIdentity.staff_user_id == user.id)).all()
    if not found:
        raise Refused(_l("%(name)s has not signed in this way.", name=user.name))
    for identity in found:
        db.delete(identity)
    note_factor(db, user, SecurityNews.IDENTITY_FORGOTTEN, actor=actor)


def _drop_codes(db: Session, user: StaffUser) -> None:
    db.execute(delete(RecoveryCode).where(RecoveryCode.staff_user_id == user.id))
