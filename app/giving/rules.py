"""Decisions about gifts that need no database: fiscal years, shares over funds, which receipt a donor gets."""

from collections.abc import Sequence

from app.giving.receipt_wording import PaidBy, ReceiptKind
from app.kernel.money import Money
from app.kernel.organisation import TaxRegime
from app.payments.models import Method

FRENCH_TAX = frozenset({"", "FR", "GP", "GF", "MQ", "RE", "YT"})
"""Where the French tax code holds: France and its overseas departments (CGI, art. 4 A and following). A donor whose
country we do not know is asked for the address before a receipt is made."""
PAID_BY: dict[Method, PaidBy] = {
    Method.CARD: PaidBy.CARD,
    Method.SEPA_DEBIT: PaidBy.DIRECT_DEBIT,
    Method.WALLET: PaidBy.WALLET,
    Method.TRANSFER: PaidBy.TRANSFER,
    Method.CHEQUE: PaidBy.CHEQUE,
    Method.CASH: PaidBy.CASH,
    Method.PLATFORM: PaidBy.PLATFORM,
    Method.OTHER: PaidBy.OTHER,
}
"""A payment's method in the words of receipts."""


def shares(amount: Money, weights: Sequence[tuple[int, int]]) -> list[tuple[int, Money]]:
    """An amount divided over funds by (fund id, weight), no cent lost; funds whose share is nought are left out."""
    parts = amount.split([weight for _fund, weight in weights])
    return [(fund, part) for (fund, _weight), part in zip(weights, parts, strict=True) if part]


def receipt_kind(regime: TaxRegime, country: str, *, is_company: bool) -> ReceiptKind:
    """The form of receipt for a donor in a country (ISO 3166 code; "" when it is not known)."""
    if regime is TaxRegime.NONE or country.upper() not in FRENCH_TAX:
        return ReceiptKind.PLAIN
    return ReceiptKind.FR_COMPANY if is_company else ReceiptKind.FR_PERSON
