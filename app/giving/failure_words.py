"""Why a charge was refused, in words for staff and for donors. The codes are the gateway's, which took the bank's."""

from collections.abc import Mapping

from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l

WORDS: Mapping[str, Text] = {
    "insufficient_funds": _l("There was not enough money on the account."),
    "bank_insufficient_funds": _l("There was not enough money on the account."),
    "expired_card": _l("The card has run out."),
    "lost_card": _l("The card was reported lost."),
    "stolen_card": _l("The card was reported stolen."),
    "incorrect_cvc": _l("The card’s security code was not right."),
    "incorrect_number": _l("The card’s number was not right."),
    "card_not_supported": _l("The card does not allow this kind of payment."),
    "card_velocity_exceeded": _l("The card’s limit was reached."),
    "withdrawal_count_limit_exceeded": _l("The card’s limit was reached."),
    "authentication_required": _l("The bank asks the donor to confirm it."),
    "invoice_payment_intent_requires_action": _l("The bank asks the donor to confirm it."),
    "debit_not_authorized": _l("The account’s owner told the bank that this debit is not agreed on."),
    "mandate_not_active": _l("The mandate for direct debits is not in force."),
    "sepa_failed": _l("The bank refused the direct debit."),
    "account_closed": _l("The account is closed."),
    "processing_error": _l("Something went wrong on the way to the bank."),
}
REFUSED = _l("The bank refused it without saying why.")


def failure_in_words(code: str) -> str:
    """A code in words; one that tells no more than "no" as such."""
    return str(WORDS.get(code, REFUSED))
