"""What giving forgets: the words of people who filled in a form and never gave."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, and_, cast, or_, select

from app.giving.models import Gift, RecurringGift, Submission
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.retention import Forgetting
from app.payments.models import Checkout, CheckoutStatus, Payment


def abandoned_submissions(before: datetime) -> Sequence[ColumnElement[bool]]:
    """Sent before, nothing came of them, and nothing can: no gift, no payment, no donor, a payment page long closed."""
    gone = or_(
        Checkout.status.in_([CheckoutStatus.EXPIRED, CheckoutStatus.PREPARED]),
        and_(Checkout.status == CheckoutStatus.OPEN, Checkout.expires_at < before),
    )
    may_be_paid = select(Checkout.id).where(Checkout.id == Submission.checkout_id, ~gone)
    return [
        Submission.created_at < before,
        cast(Submission.answers, String) != "{}",
        Submission.contact_id.is_(None),
        ~may_be_paid.exists(),
        ~select(Payment.id).where(Payment.checkout_id == Submission.checkout_id).exists(),
        ~select(Gift.id).where(Gift.submission_id == Submission.id).exists(),
        ~select(RecurringGift.id).where(RecurringGift.submission_id == Submission.id).exists(),
    ]


FORGETS = (
    Forgetting(
        "abandoned_submissions", _l("What was typed on a giving form by people who then did not give"),
        timedelta(days=90), Submission, abandoned_submissions, blank={"answers": {}},
    ),
)  # fmt: skip
