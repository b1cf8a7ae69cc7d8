"""The lines of a payout as a file for the accountant: CSV, or a table for Excel.

Words are settled before the first line: the lines are written while the answer is on its way, when nobody is signed in
any more. What leaves is below nought, a fee too, as on the page: amount and fee add up to the net.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

from app.giving.queries.payouts import Behind, all_lines
from app.kernel.csv_tables import csv_parts
from app.kernel.db import Database
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.kernel.spreadsheets import Cell, workbook
from app.payments.models import Payout, PayoutLine
from app.payments.words import LINE_KINDS

NOBODY = Behind(0, 0, "")


@dataclass(frozen=True)
class PayoutFile:
    """One payout, and the words of whoever asks for it."""

    payout: Payout
    title: str
    headings: Sequence[str]
    kinds: dict[str, str]
    locale: str

    @classmethod
    def of_reader(cls, payout: Payout) -> Self:
        """For whoever is signed in."""
        unit = payout.currency
        headings = [
            _("Payout"), _("Booked on"), _("Available on"), _("Kind"), f"{_('Amount')} ({unit})",
            f"{_('Fee')} ({unit})", f"{_('Net')} ({unit})", _("Exchange rate"), _("Original amount"),
            _("Original currency"), _("Gift"), _("Donor"), _("Number of the donor"), _("Explanation"),
            _("Reference of the movement"), _("About"), _("Code"),
        ]  # fmt: skip
        kinds = {kind.value: str(words) for kind, words in LINE_KINDS.items()}
        return cls(payout, _("Payout"), headings, kinds, language())

    def lines(self, database: Database) -> Iterator[str]:
        """The file as CSV."""
        return csv_parts(self.headings, self._rows(database), locale=self.locale)

    def workbook(self, database: Database) -> Iterator[bytes]:
        """The same for Excel, where amounts are figures and days are days."""
        return workbook(self.title, self.headings, chain.from_iterable(self._rows(database)))

    def _rows(self, database: Database) -> Iterator[list[list[Cell]]]:
        for lines, found in all_lines(database, self.payout.id):
            yield [self._row(line, found.get(line.payment_id or 0, NOBODY)) for line in lines]

    def _row(self, line: PayoutLine, behind: Behind) -> list[Cell]:
        original = line.original
        return [
            self.payout.reference, line.booked_on, line.available_on, self.kinds[line.kind], line.amount, -line.fee,
            line.net, line.exchange_rate, original.to_decimal() if original else None, line.original_currency,
            behind.gift_id or None, behind.donor, behind.contact_id or None, line.explanation, line.reference,
            line.source, line.code,
        ]  # fmt: skip
