"""Recovery codes: ten on paper, each good once, for the day the phone is lost."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.accounts.letters.security import SecurityNews
from app.accounts.models import RecoveryCode, StaffUser
from app.accounts.queries.factors import codes_left, has_second_factor
from app.accounts.rules.one_time_codes import RecoveryCodes
from app.accounts.services.second_factors import note_factor
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


def keep_recovery_codes(db: Session, user: StaffUser, fresh: RecoveryCodes, *, actor: Actor) -> None:
    """Keep a fresh set in place of the one before, none of which opens anything from now on.

    Raises:
        Refused: there is no second factor for which they would stand in.

    """
    db.get(StaffUser, user.id, with_for_update=True)
    if not has_second_factor(db, user):
        raise Refused(_l("Set up an authenticator app or a passkey first."))
    before = db.execute(delete(RecoveryCode).where(RecoveryCode.staff_user_id == user.id))
    db.add_all(RecoveryCode(staff_user_id=user.id, salt=fresh.salt, code_hash=each) for each in fresh.hashes)
    if before.rowcount:  # type: ignore[attr-defined]
        note_factor(db, user, SecurityNews.RECOVERY_CODES_REPLACED, actor=actor)
    else:
        audit.note(db, actor, "staff.recovery_codes_made", user)


def spend_recovery_code(db: Session, user: StaffUser, code_hash: bytes, *, actor: Actor) -> int:
    """Use up the code of this hash; how many are left. Of two who send the same at once, one gets in.

    Hashing takes a while and is done before the transaction, with `factors.recovery_salt`.

    Raises:
        Refused: there is no such code, or it was used already.

    """
    unused = (
        RecoveryCode.staff_user_id == user.id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None)
    )  # fmt: skip
    spent = db.execute(
        update(RecoveryCode).where(*unused).values(used_at=now()).execution_options(synchronize_session=False)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(_l("This recovery code is not right, or it was used already."), field="code")
    left = codes_left(db, user)
    note_factor(db, user, SecurityNews.RECOVERY_CODE_USED, actor=actor, left=left)
    return left
