"""A giving page as its template shows it: amounts with their cost after tax reduction, progress, words, addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy.orm import Session

from app.giving.form_rules import smallest_step
from app.giving.models import FeeCover, GivingForm, Terms
from app.giving.queries.forms import raised_through
from app.giving.queries.tax import rates_in_force
from app.giving.tax_rates import DonorKind, TaxRate, cost_after_reduction
from app.kernel.clock import date_of, now
from app.kernel.i18n import LANGUAGES, format_percent, language
from app.kernel.i18n import gettext as _
from app.kernel.money import Money, exponent
from app.kernel.organisation import Organisation, TaxRegime
from app.site.prefilling import CURRENCY
from app.site.reading import cover_of

RATE_CURRENCY = "EUR"
"""The law's ceilings are in euros, so the cost after reduction is shown for euros only."""
LONGEST_LEDE = 140


@dataclass(frozen=True)
class Card:
    """One preset amount: its value as it is sent, what covering the fee adds, what it costs whom after reduction."""

    value: str
    amount: Money
    cover: Money | None
    costs: dict[DonorKind, Money]


@dataclass(frozen=True)
class GivingPage:
    """All that a giving page shows beside the fields themselves."""

    form: GivingForm
    terms: Terms
    title: str
    lede: str
    story: str
    once: list[Card]
    recurring: list[Card]
    rates: dict[DonorKind, TaxRate]
    raised: Money | None

    @property
    def description(self) -> str:
        """The page in one line, for search engines and previews of links."""
        return self.lede.replace("*", "") or self.title

    @property
    def more(self) -> str:
        """What the folded part of the page holds, named by what the form asks."""
        words = {"company": _("company"), "tribute": _("dedication"), "comment": _("message"), "phone": _("phone")}
        text = ", ".join(word for name, word in words.items() if name in self.form.asks)
        return text[:1].upper() + text[1:]

    @property
    def one(self) -> Money:
        """One unit of the currency: written by us, it shows the script how amounts are written."""
        return Money(10**self.decimals, self.terms.currency)

    @property
    def decimals(self) -> int:
        """How many decimals the currency has, for the live button."""
        return exponent(self.terms.currency)

    @property
    def fee_percent(self) -> str:
        """The proportional part of the fee, in words."""
        return format_percent(self.form.fee_permille / 1000, decimals=1)

    @property
    def fee_fixed(self) -> Money:
        """The fixed part of the fee."""
        return Money(self.terms.fee_fixed_minor, self.terms.currency)

    @property
    def fee(self) -> str | None:
        """The fee as the live page computes it; None: not offered.

        Per mille, a fixed part in minor units, and the step of payable amounts where it is not one.
        """
        if self.form.fee_cover is FeeCover.OFF:
            return None
        step = smallest_step(self.terms.currency)
        return f"{self.form.fee_permille} {self.terms.fee_fixed_minor}{f' {step}' if step > 1 else ''}"

    def tiers(self, kind: str) -> str:
        """The rate as the live page computes it: "ceiling:percent" parts, the last without ceiling; "" for none."""
        rate = self.rates.get(DonorKind(kind))
        return "" if rate is None else " ".join(f"{ceiling or ''}:{percent}" for ceiling, percent in rate.tiers)

    def percents(self, kind: str) -> str:
        """The rate in words: "66 %", or "75 %, then 66 %" where the law has tiers; "" for none."""
        rate = self.rates.get(DonorKind(kind))
        shares = [] if rate is None else [format_percent(percent / 100) for _ceiling, percent in rate.tiers]
        return _(", then ").join(shares)


def has_tax_receipts(currency: str, organisation: Organisation) -> bool:
    """Whether the law gives something back of gifts in this currency."""
    return currency == RATE_CURRENCY and organisation.tax_regime is not TaxRegime.NONE


def giving_page(
    db: Session, form: GivingForm, terms: Terms, *, organisation: Organisation, with_tests: bool
) -> GivingPage:
    """What the page of this form shows at this instant in one of its currencies, in the language in force."""
    day = date_of(now(), organisation.time_zone)
    shown = form.shows_tax_effect and has_tax_receipts(terms.currency, organisation)
    rates = rates_in_force(db, organisation.tax_regime, day) if shown else {}
    lede, story = split_intro(form.text(language(), "intro"))
    shows_goal = form.shows_progress and form.goal is not None
    return GivingPage(
        form=form,
        terms=terms,
        title=form.text(language(), "title"),
        lede=lede,
        story=story,
        once=cards(form, terms, terms.presets_once, rates),
        recurring=cards(form, terms, terms.presets_recurring, rates),
        rates=rates,
        raised=raised_through(db, form, with_tests=with_tests) if shows_goal else None,
    )


def split_intro(markdown: str) -> tuple[str, str]:
    """The opening line, when it is short and plain enough to stand above the amounts, and the rest of the story."""
    first, _break, rest = markdown.strip().replace("\r\n", "\n").partition("\n\n")
    is_plain = len(first) <= LONGEST_LEDE and first[:1] not in "#->*+" and not any(sign in first for sign in "[]<>`|\n")
    return (first, rest) if is_plain else ("", markdown)


def cards(form: GivingForm, terms: Terms, presets: Sequence[int], rates: dict[DonorKind, TaxRate]) -> list[Card]:
    """The presets as the page shows them."""
    amounts = [Money(minor, terms.currency) for minor in presets]
    return [
        Card(
            str(amount.minor),
            amount,
            None if form.fee_cover is FeeCover.OFF else cover_of(form.fee_permille, terms, amount),
            {kind: Money(cost_after_reduction(amount.minor, rate), terms.currency) for kind, rate in rates.items()},
        )
        for amount in amounts
    ]


def language_links(form: GivingForm, terms: Terms, endpoint: str) -> list[tuple[str, str, str]]:
    """(code, native name, address) of the form's page, or its embedded one, in each of its languages."""
    chosen: dict[str, Any] = {**named(form, terms)}
    return [(code, LANGUAGES[code], url_for(endpoint, slug=form.slug, lang=code, **chosen)) for code in form.languages]


def currency_links(form: GivingForm) -> list[tuple[str, str]]:
    """(code, address seen from the page) of each of its currencies; nothing where there is no choice."""
    every = form.terms if form.more_currencies else []
    return [(each.currency, "?" + urlencode({"lang": language()} | named(form, each))) for each in every]


def named(form: GivingForm, terms: Terms) -> dict[str, str]:
    """What an address says of the currency: nothing of the one that the form opens in."""
    return {} if terms.currency == form.currency else {CURRENCY: terms.currency}
