"""The further currencies of a giving form in its editor: a few rows, each with its own amounts; empty ones skipped."""

from collections.abc import Iterator
from typing import Any

from flask import request
from wtforms import Field, SelectField

from app.giving.forms.form_fields import AmountsField
from app.giving.models import GivingForm, Terms
from app.giving.services.forms import MOST_MORE
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS, Money
from app.web.fields import MoneyField, offered
from app.web.forms import Form

AMOUNTS = ("presets_once", "presets_recurring", "smallest", "largest", "fee_fixed")
PLACES = range(1, MOST_MORE + 1)


class CurrencyRows(Form):
    """Fields named by what they say and their row: `currency_1`, `presets_once_1`, `smallest_1` and so on."""

    def name_currencies(self, form: GivingForm | None) -> None:
        """Let the amounts of each row be of the currency that was sent for it, or is so."""
        kept = form.more_currencies if form else []
        for place in PLACES:
            now = kept[place - 1]["currency"] if place <= len(kept) else ""
            sent = request.form.get(f"currency_{place}", now)
            for name in AMOUNTS:
                self[f"{name}_{place}"].currency = sent if sent in EXPONENTS else "EUR"
            self[f"currency_{place}"].choices = offered(
                [("", _("None")), *((code, code) for code in sorted(EXPONENTS))]
            )  # fmt: skip

    @property
    def currency_rows(self) -> Iterator[tuple[Field, list[Field]]]:
        """Each row as the page shows it: which currency, and its amounts. Those in use, and one that is free."""
        used = [place for place in PLACES if self[f"currency_{place}"].data]
        for place in PLACES[: max(used, default=0) + 1]:
            yield self[f"currency_{place}"], [self[f"{name}_{place}"] for name in AMOUNTS]

    def more_terms(self) -> list[Terms]:
        """The rows in which a currency was chosen."""
        return [self._terms(place) for place in PLACES if self[f"currency_{place}"].data]

    def _terms(self, place: int) -> Terms:
        def minor(name: str) -> int:
            amount = self[f"{name}_{place}"].data
            return amount.minor if isinstance(amount, Money) else 0

        return Terms(
            currency=self[f"currency_{place}"].data, presets_once=self[f"presets_once_{place}"].data or [],
            presets_recurring=self[f"presets_recurring_{place}"].data or [], smallest_minor=minor("smallest"),
            largest_minor=minor("largest"), fee_fixed_minor=minor("fee_fixed"),
        )  # fmt: skip


def present_currencies(form: GivingForm) -> dict[str, Any]:
    """What the rows show at first."""
    shown: dict[str, Any] = {}
    for place, terms in zip(PLACES, form.terms[1:], strict=False):
        own = {"currency": terms.currency, "presets_once": terms.presets_once, "smallest": terms.smallest,
               "presets_recurring": terms.presets_recurring, "largest": terms.largest,
               "fee_fixed": Money(terms.fee_fixed_minor, terms.currency)}  # fmt: skip
        shown |= {f"{name}_{place}": value for name, value in own.items()}
    return shown


for _place in PLACES:
    setattr(CurrencyRows, f"currency_{_place}", SelectField(_l("Further currency"), default=""))
    setattr(CurrencyRows, f"presets_once_{_place}", AmountsField(_l("Amounts to propose for one gift")))
    setattr(CurrencyRows, f"presets_recurring_{_place}", AmountsField(_l("Amounts to propose for regular gifts")))
    setattr(CurrencyRows, f"smallest_{_place}", MoneyField(_l("The least")))
    setattr(CurrencyRows, f"largest_{_place}", MoneyField(_l("The most")))
    setattr(CurrencyRows, f"fee_fixed_{_place}", MoneyField(_l("Fixed fee")))
