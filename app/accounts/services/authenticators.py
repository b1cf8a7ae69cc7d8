"""Authenticator apps: set up, confirmed by a first code, and the codes that are good once."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.letters.security import SecurityNews
from app.accounts.models import Authenticator, StaffUser
from app.accounts.queries.factors import confirmed_authenticator, waiting_authenticator
from app.accounts.rules.one_time_codes import new_secret, step_of
from app.accounts.services.second_factors import note_factor
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

WRONG = _l("This code is not right, or it was used already. Wait for the next one and type that, please.")


def begin_authenticator(db: Session, user: StaffUser, *, actor: Actor) -> Authenticator:
    """Make a secret for an app that is being set up. One that was begun earlier is forgotten; one in use stays."""
    db.get(StaffUser, user.id, with_for_update=True)
    before = waiting_authenticator(db, user)
    if before is not None:
        db.delete(before)
        db.flush()
    begun = Authenticator(staff_user_id=user.id, secret=new_secret())
    db.add(begun)
    audit.note(db, actor, "staff.authenticator_begun", user)
    return begun


def confirm_authenticator(db: Session, user: StaffUser, typed: str, *, actor: Actor) -> None:
    """The app shows the right codes: it counts from now on, in place of the one before.

    Raises:
        Refused: nothing is being set up, or the code is wrong.

    """
    db.get(StaffUser, user.id, with_for_update=True)
    begun = waiting_authenticator(db, user)
    if begun is None:
        raise Refused(_l("This set-up is no longer good. Please begin again."))
    step = step_of(begun.secret, typed, now())
    if step is None:
        raise Refused(
            _l("This code is not right. Look whether the clock of your phone is, and type the code it shows now."),
            field="code",
        )
    before = confirmed_authenticator(db, user)
    if before is not None:
        db.delete(before)
        db.flush()
    begun.confirm(now(), step)
    note_factor(db, user, SecurityNews.AUTHENTICATOR_ADDED, actor=actor)


def spend_code(db: Session, user: StaffUser, typed: str) -> None:
    """Use up a code of the user's app. Of two who send the same at once, one gets in.

    Raises:
        Refused: the code is wrong, too old, or was used already.

    """
    found = confirmed_authenticator(db, user)
    step = step_of(found.secret, typed, now()) if found is not None else None
    if found is None or step is None:
        raise Refused(WRONG, field="code")
    unused = (Authenticator.id == found.id, Authenticator.last_step < step)
    spent = db.execute(
        update(Authenticator).where(*unused).values(last_step=step).execution_options(synchronize_session=False)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(WRONG, field="code")
