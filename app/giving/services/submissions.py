"""What a donor sent from a giving form is kept, with the checkout through which it will be paid."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.giving.form_rules import is_payable
from app.giving.models import GivingForm, Submission
from app.giving.queries.forms import submissions_of_page
from app.giving.tax_rates import DonorKind
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.models import CheckoutMode, CheckoutStatus, Interval
from app.payments.services import CheckoutDetails, prepare_checkout


@dataclass(frozen=True, kw_only=True)
class SubmissionDetails:
    """What was typed. `gift` is the donor's amount, `fee_cover` what they add; `interval` None means once.

    `page_key` names the page it was sent from. `answers` is described at `Submission`.
    """

    page_key: str
    donor_kind: DonorKind
    language: str
    gift: Money
    fee_cover: Money
    fund_id: int
    interval: Interval | None = None
    is_anonymous: bool = False
    is_test: bool = False
    answers: dict[str, Any] = field(default_factory=dict)

    @property
    def form_key(self) -> str:
        """The page's key with a digest of the content: the same words sent twice are the same submission."""
        content = [
            self.donor_kind, self.gift.minor, self.gift.currency, self.fee_cover.minor, self.interval, self.fund_id,
            self.is_anonymous, self.answers,
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]
        return f"{self.page_key}.{digest}"


def submit_gift(db: Session, form: GivingForm, details: SubmissionDetails, *, actor: Actor) -> Submission:
    """Keep what the donor sent and prepare its checkout; what was sent before from the same page is found again.

    A page that has led to a completed checkout leads to that one whatever is sent from it, so that going back and
    pressing the button again never pays twice.

    Raises:
        Refused: the form is not open, or does not take such a gift.

    """
    if before := _sent_before(db, details):
        return before
    _check(form, details)
    checkout = prepare_checkout(
        db,
        CheckoutDetails(
            mode=CheckoutMode.RECURRING if details.interval else CheckoutMode.ONCE,
            amount=details.gift + details.fee_cover,
            language=details.language,
            is_test=details.is_test,
            interval=details.interval,
        ),
        actor=actor,
    )
    db.flush()  # the submission names the checkout by its key
    submission = Submission(
        form_id=form.id, form_key=details.form_key, page_key=details.page_key, donor_kind=details.donor_kind,
        language=details.language, amount_minor=(details.gift + details.fee_cover).minor,
        currency=details.gift.currency, answers=details.answers, fund_id=details.fund_id,
        is_anonymous=details.is_anonymous, fee_cover_minor=details.fee_cover.minor, checkout_id=checkout.id,
    )  # fmt: skip
    submission.checkout = checkout
    db.add(submission)
    db.flush()  # two that arrive at once meet here, at the unique key
    return submission


def _sent_before(db: Session, details: SubmissionDetails) -> Submission | None:
    """The same, else one from the same page that was paid."""
    sent = submissions_of_page(db, details.page_key)
    same = (one for one in sent if one.form_key == details.form_key)
    paid = (one for one in sent if one.checkout and one.checkout.status is CheckoutStatus.COMPLETED)
    return next(same, None) or next(paid, None)


def _check(form: GivingForm, details: SubmissionDetails) -> None:
    """The form's own rules, whatever page or program sent the gift."""
    if not form.is_open(now()):
        raise Refused(_l("This form no longer takes gifts."))
    terms = form.terms_in(details.gift.currency)
    if terms is None or not terms.smallest <= details.gift <= terms.largest:
        raise Refused(_l("This amount cannot be given here."), field="other")
    if not is_payable(details.gift + details.fee_cover):
        raise Refused(_l("The last digit of an amount in this currency is nought."), field="other")
    taken = details.interval.value in form.intervals if details.interval else form.takes_once
    if not taken:
        raise Refused(_l("Gifts cannot be made that often here."), field="frequency")
    if details.fund_id not in {fund.id for fund in form.open_funds}:
        raise Refused(_l("Choose one of the purposes that are offered."), field="fund")
