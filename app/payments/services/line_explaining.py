"""What staff say of lines of payouts behind which nothing of ours was found; each can be taken back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.payments.models import PayoutLine
from app.payments.models.payout_line import LONGEST_EXPLANATION


def explain_line(db: Session, line: PayoutLine, words: str, *, actor: Actor) -> None:
    """Say what a line is, so that it waits for nobody any more.

    Raises:
        Refused: no words or too many, it was found meanwhile, or somebody else has explained it.

    """
    locked = _locked(db, line)
    words = words.strip()
    if not words:
        raise Refused(_l("Please say in a few words what this is."), field="explanation")
    if len(words) > LONGEST_EXPLANATION:
        raise Refused(_l("Please say it in at most %(num)s letters.", num=LONGEST_EXPLANATION), field="explanation")
    if locked.is_found:
        raise Refused(_l("What this line is about has been found meanwhile; nothing needs to be said of it."))
    if locked.explanation:
        who = locked.explained_by
        raise Refused(_l("%(name)s has explained this line meanwhile. Take that back to say something else.", name=who))
    locked.explain(words, actor.name, now())


def withdraw_explanation(db: Session, line: PayoutLine, *, actor: Actor) -> None:  # noqa: ARG001 - audited
    """Take back what was said of a line: it waits for somebody again. Nothing happens where nothing was said."""
    locked = _locked(db, line)
    if locked.explanation:
        locked.explain("", "", now())


def _locked(db: Session, line: PayoutLine) -> PayoutLine:
    query = select(PayoutLine).where(PayoutLine.id == line.id).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one()
