"""What staff who may refund are told: of a dispute, again before its time is over, and that money is gone."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.giving.access import READ_GIFTS, REFUND_GIFTS
from app.giving.explaining_disputes import days_left, left_in_words, what_comes_still, why_taken
from app.giving.letters import Desk, on_one_line
from app.giving.queries.disputes import recurring_behind
from app.kernel.clock import today
from app.kernel.i18n import speaking
from app.kernel.mail import Letter
from app.kernel.organisation import the_organisation
from app.payments.models import Dispute

OPENED, REMINDER, LOST = "dispute.opened", "dispute.reminder", "dispute.lost"


def who_is_told(db: Session) -> list[StaffUser]:
    """Those who may refund gifts and see them, and still work here."""
    staff = db.scalars(select(StaffUser).where(StaffUser.is_active).order_by(StaffUser.id)).unique()
    needed = {READ_GIFTS.name, REFUND_GIFTS.name}
    return [user for user in staff if user.has_password and needed <= user.capabilities]


def dispute_letters(db: Session, desk: Desk, dispute: Dispute, purpose: str) -> Sequence[Letter]:
    """A letter to each of them, in their language; none once it is answered, decided or taken note of."""
    if not (dispute.needs_look if purpose == LOST else dispute.needs_answer):
        return []
    return [_letter(db, desk, dispute, purpose, user) for user in who_is_told(db)]


def _letter(db: Session, desk: Desk, dispute: Dispute, purpose: str, user: StaffUser) -> Letter:
    organisation = the_organisation(db)
    zone = organisation.time_zone
    days = days_left(dispute, today(zone), zone)
    behind = recurring_behind(db, dispute)
    with speaking(user.language):
        values = {
            "organisation": organisation, "dispute": dispute, "is_reminder": purpose == REMINDER,
            "is_lost": purpose == LOST,
            "why": why_taken(dispute, zone), "left": left_in_words(days) if days is not None else "",
            "goes_on": what_comes_still(behind) if behind else "",
            "page_url": desk.links.dispute(dispute.id), "is_test_mode": dispute.payment.is_test,
        }  # fmt: skip
        subject, text, html = desk.renderer.letter("giving/emails/dispute", user.language, **values)
    return Letter(
        to_address=user.email, to_name=on_one_line(user.name), subject=subject, text=text, html=html,
        language=user.language, purpose=purpose, about_type="dispute", about_id=dispute.id,
    )  # fmt: skip
