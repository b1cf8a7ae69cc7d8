"""Why a gift is as it is, in a sentence for whoever asks: the answer to "why is this pending?"."""

from collections.abc import Sequence

from app.giving.models import Gift, GiftStatus
from app.giving.receipt_mentions import Mention
from app.kernel.i18n import format_day, format_money
from app.kernel.i18n import gettext as _
from app.payments.models import Method, Payment


def why_so(gift: Gift, payments: Sequence[Payment]) -> str:
    """A sentence on the state of a gift; "" where there is nothing to explain."""
    if gift.status is GiftStatus.PENDING:
        return _why_pending(payments)
    if gift.status is GiftStatus.FAILED:
        return _why_failed(payments)
    if gift.status is GiftStatus.REVERSED:
        return _("This entry was made in error and does not count: %(reason)s", reason=gift.reversal_reason)
    if gift.is_disputed:
        return _(
            "The donor’s bank disputes this payment. Until that is decided nothing can be refunded, and its receipt "
            "stays as it is."
        )
    return _what_went_back(gift, payments) if gift.returned_minor else ""


def _why_failed(payments: Sequence[Payment]) -> str:
    code = _code(next((payment.failure_code for payment in payments if payment.failure_code), None))
    if any(payment.method is Method.SEPA_DEBIT for payment in payments):
        return _("The donor’s bank did not pay this direct debit; no money ever came. The donor was told.") + code
    return _("The payment did not go through, and no money has come. The donor was told.") + code


def _what_went_back(gift: Gift, payments: Sequence[Payment]) -> str:
    back, kept = format_money(gift.amount - gift.kept), format_money(gift.kept)
    if any(payment.disputed_minor for payment in payments):
        return _(
            "%(back)s went back, all or part of it taken by the donor’s bank; %(kept)s counts. Below is what is known "
            "of why.", back=back, kept=kept,
        )  # fmt: skip
    return _("%(back)s went back to the donor; %(kept)s counts.", back=back, kept=kept)


def _code(code: str | None) -> str:
    return " " + _("The bank’s reason: %(code)s.", code=code.replace("_", " ")) if code else ""


def _why_pending(payments: Sequence[Payment]) -> str:
    if any(payment.method is Method.SEPA_DEBIT for payment in payments):
        began = format_day(min(payment.created_at for payment in payments).date())
        return _(
            "The donor’s bank was asked on %(day)s to pay this direct debit. That usually takes five working days, at "
            "most fourteen days. The gift counts, and its receipt is issued, once the money has come.",
            day=began,
        )
    return _("The payment service is still working on this payment. It will tell us by itself how it ended.")


def why_no_receipt(missing: Sequence[Mention]) -> str:
    """What a receipt waits for, as one sentence."""
    return _("Waiting for: %(what)s.", what="; ".join(str(mention.label) for mention in missing))
