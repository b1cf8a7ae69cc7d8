"""What donors are told when their recurring gift was changed: by themselves, by staff, or at the gateway."""

from sqlalchemy.orm import Session

from app.giving.letters import Desk, compose, opening, reader_of
from app.giving.models import ChangeStatus, EndReason, GivingForm, RecurringChange
from app.giving.queries.recurring import funds_of, received_of_recurring
from app.kernel.mail import Letter
from app.payments.models import Checkout

CHANGED = "recurring.changed"


def changed(db: Session, desk: Desk, change: RecurringChange) -> Letter | None:
    """Word of a change that was made. None where nobody is to be told, or there is no address to use."""
    recurring = change.recurring
    contact = recurring.contact
    is_quiet = change.reason is EndReason.DECEASED or contact.is_deceased or change.is_tidying
    if is_quiet or change.status is not ChangeStatus.DONE:
        return None
    reader = reader_of(db, contact, recurring.submission_id)
    if reader is None:
        return None
    checkout = db.get(Checkout, recurring.checkout_id) if recurring.checkout_id else None
    form = db.get(GivingForm, recurring.form_id) if recurring.form_id else None
    gifts, given = received_of_recurring(db, recurring) if change.reason is EndReason.AS_AGREED else (0, None)
    values = opening(db, desk, contact, reader) | {
        "is_test_mode": checkout is not None and checkout.is_test,
        "kind": change.kind.value,
        "method": f"{change.method_brand.title()} ···· {change.method_last_four}".strip(),
        "has_failed": change.reason is EndReason.PAYMENT_FAILED,
        "old_amount": change.old_amount,
        "amount": change.new_amount,
        "interval": recurring.interval.value,
        "paused_until": change.paused_until,
        "day": change.day,
        "term": change.charges_agreed or change.ends_on,
        "charges_agreed": change.charges_agreed,
        "ends_on": change.ends_on,
        "last_on": recurring.last_on,
        "is_as_agreed": change.reason is EndReason.AS_AGREED,
        "gifts": gifts,
        "given": given,
        "next_on": change.charged_on or recurring.expected_on,
        "funds": [fund.public_name(reader.language) for fund in funds_of(db, recurring)],
        "form_url": desk.links.form(form.slug) if form else "",
    }
    return compose(
        desk, "recurring_changed", reader, values, purpose=CHANGED, about_type="recurring_change", about_id=change.id
    )
