"""Gifts as a file for the accountant: CSV, or a table for Excel.

Words are settled before the first line: the lines are written while the answer is on its way, when nobody is signed in
any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

from app.currencies.models import EURO
from app.currencies.queries import RateTable
from app.currencies.rules import Quote
from app.giving.models import GiftStatus
from app.giving.queries.gift_lines import GiftLine, Wanted, lots
from app.giving.wording import WORDS
from app.kernel.csv_tables import csv_parts, plain
from app.kernel.db import Database
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.kernel.money import Money
from app.kernel.spreadsheets import Cell, workbook
from app.payments.models import Method


@dataclass(frozen=True)
class GiftFile:
    """The gifts that are wanted, and the words of whoever asks for them. `own` is the organisation's currency."""

    wanted: Wanted
    own: str
    title: str
    headings: Sequence[str]
    words: Mapping[Any, str]
    """Of a gift's states and payment methods."""
    yes: str
    locale: str

    @classmethod
    def of_reader(cls, wanted: Wanted, own: str) -> Self:
        """For whoever is signed in."""
        words = {code: str(said) for kind in (GiftStatus, Method) for code, said in WORDS[kind].items()}
        return cls(wanted, own, _("Gifts"), _headings(own), words, _("Yes"), language())

    def lines(self, database: Database) -> Iterator[str]:
        """The file as CSV."""
        return csv_parts(self.headings, self._rows(database), locale=self.locale)

    def workbook(self, database: Database) -> Iterator[bytes]:
        """The same for Excel, where amounts are figures and days are days."""
        return workbook(self.title, self.headings, chain.from_iterable(self._rows(database)))

    def _rows(self, database: Database) -> Iterator[list[list[Cell]]]:
        for lines, rates in lots(database, self.wanted, self.own):
            yield [self._row(line, rates) for line in lines]

    def _row(self, line: GiftLine, rates: RateTable) -> list[Cell]:
        row = line.row
        return [
            row.id, row.received_on, line.donor, row.contact_id, line.amount, row.currency, line.kept,
            *self._worth(line, rates), self.words[row.status], self.yes if row.is_disputed else "",
            self.yes if row.is_test else "", _each_once(self.words[method] for method, _name in line.payments),
            self._funds(line.funds), row.campaign, row.form, _each_once(name for _method, name in line.payments),
            line.receipt, row.recurring_gift_id,
        ]  # fmt: skip

    def _worth(self, line: GiftLine, rates: RateTable) -> list[Cell]:
        """What counts of the gift in our currency, with the rates; all empty where one is missing."""
        quotes = 1 if self.own == EURO else 2
        if line.row.currency == self.own:
            return [line.kept, *[None] * 2 * quotes]
        found = rates.converted(line.kept, line.row.received_on)
        if found is None:
            return [None] * (1 + 2 * quotes)
        used = (found.from_quote, found.to_quote)[:quotes]
        return [found.value, *chain.from_iterable(_quoted(each) for each in used)]

    def _funds(self, funds: Sequence[tuple[str, Money]]) -> str:
        """What it was for: a fund, or several with the part of each."""
        if len(funds) == 1:
            return funds[0][0]
        return "; ".join(f"{name} {plain(part, self.locale)}" for name, part in funds)


def _headings(own: str) -> list[str]:
    rates = [_("Units of its currency for one euro"), _("Day of that rate")]
    if own != EURO:
        rates += [_("%(currency)s for one euro", currency=own), _("Day of the rate of %(currency)s", currency=own)]
    value = _("Value of what was kept")
    return [
        _("Gift"), _("Date"), _("Donor"), _("Number of the donor"), _("Amount"), _("Currency"), _("Kept"),
        f"{value} ({own})", *rates, _("State"), _("Disputed"), _("Test"), _("Method"),
        _("Fund"), _("Campaign"), _("Giving form"), _("Reference"), _("Receipt"), _("Recurring gift"),
    ]  # fmt: skip


def _quoted(quote: Quote) -> tuple[Cell, Cell]:
    """A rate and its day; the euro itself has none."""
    return (None, None) if quote.day is None else (quote.units_per_euro, quote.day)


def _each_once(parts: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))
