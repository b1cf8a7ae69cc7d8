"""Who may give what to whom, in one place: nobody hands out, or touches, more than they hold themselves.

(ASVS 5, 8.2.1 and 8.3.1.) Without this rule whoever may manage staff accounts could give themselves everything else.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import MANAGE_STAFF
from app.accounts.models import Role, StaffUser
from app.kernel.actors import Actor, ActorKind
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


def is_beyond(actor: Actor, capabilities: Iterable[str]) -> bool:
    """Whether there is something among these capabilities that the actor does not hold."""
    return any(not actor.may(name) for name in capabilities)


def refuse_beyond(actor: Actor, *capabilities: Iterable[str]) -> None:
    """Let an actor give, take or touch these capabilities.

    Raises:
        Refused: the actor does not hold all of them.

    """
    if any(is_beyond(actor, each) for each in capabilities):
        raise Refused(_l("This would go beyond what you may do yourself. Ask somebody whose roles allow it."))


def changing_accounts(db: Session, actor: Actor) -> None:
    """Begin a change of accounts or roles. Changes of two administrators follow each other, as if by one hand.

    On PostgreSQL the rows of the roles are locked for as long as the transaction lasts; on SQLite whoever writes is
    alone. Whoever waited finds out here whether they may still do it.

    Raises:
        Refused: the actor has lost the capability while waiting.

    """
    db.execute(select(Role.id).order_by(Role.id).with_for_update(key_share=True))
    if actor.kind is ActorKind.STAFF:
        db.flush()
        mine = select(StaffUser).where(StaffUser.id == actor.id).execution_options(populate_existing=True)
        me = db.scalars(mine).one_or_none()
        if me is None or not me.is_active or not me.as_actor().capabilities >= actor.capabilities:
            raise Refused(_l("What you may do here has just been changed. Nothing was saved."))


def refuse_locking_everyone_out(db: Session) -> None:
    """Somebody must be left who can manage staff, or nobody could ever put it right. Call it after the change.

    Raises:
        Refused: nobody would be left.

    """
    db.flush()
    everybody = db.scalars(select(StaffUser).execution_options(populate_existing=True)).all()
    may_come_in = [user for user in everybody if user.is_active and (user.has_password or user.last_signed_in_at)]
    if everybody and not any(user.as_actor().may(MANAGE_STAFF) for user in may_come_in):
        raise Refused(_l("Somebody must be left who may manage staff accounts."))
