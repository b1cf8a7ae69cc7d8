"""Staff send a donor the link by which another card or account is given."""

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.giving.letters import Desk
from app.giving.mending_letters import link_asked
from app.giving.models import RecurringGift
from app.giving.services.failed_charges import open_charge_of
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.mail import Message, post

ONE_CLICK = timedelta(minutes=2)
"""Who asks again so soon pressed the button twice, or did not see that a colleague had."""


def send_mend_link(db: Session, recurring: RecurringGift, desk: Desk, *, actor: Actor) -> str:
    """Send the donor the link now. The address it goes to. Asked for again at once it is the same mail.

    Raises:
        Refused: it is not charged any more, no e-mail address is known, or the donor has died.

    """
    db.refresh(recurring, with_for_update=True)  # two at once take turns
    letter = link_asked(db, desk, recurring, open_charge_of(db, recurring.id))
    if letter is None:
        raise Refused(_l("There is no e-mail address to send this to, or this gift is not charged any more."))
    same = (
        Message.about_type == letter.about_type, Message.about_id == recurring.id, Message.purpose == letter.purpose,
        Message.to_address == letter.to_address, Message.created_at > now() - ONE_CLICK,
    )  # fmt: skip
    if not db.scalar(select(exists().where(*same))):
        post(db, letter)
        audit.note(db, actor, "recurring_gift.link_sent", recurring)
    return letter.to_address
