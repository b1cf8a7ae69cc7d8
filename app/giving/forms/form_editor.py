"""What staff type to make or change a giving form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from app.contacts.models import ConsentWording
from app.funds.models import Appeal, Campaign, Fund, Restriction
from app.giving.forms.form_currencies import CurrencyRows, present_currencies
from app.giving.forms.form_fields import AmountsField, OrderedChoicesField, OriginsField, PercentField
from app.giving.models import FeeCover, GivingForm
from app.giving.services.forms import HIGHEST_FEE_PERMILLE, PARTS, FormDetails
from app.kernel.clock import date_of
from app.kernel.i18n import LANGUAGES, language
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS, Money
from app.payments.models import Interval
from app.web.fields import CheckboxesField, DayField, LongTextField, MoneyField, TextField, offered

ONCE = "once"
FREQUENCIES = {
    ONCE: _l("Once"), Interval.MONTH.value: _l("Monthly"), Interval.QUARTER.value: _l("Quarterly"),
    Interval.YEAR.value: _l("Yearly"),
}  # fmt: skip
ASKED = {
    "phone": _l("Phone"),
    "address": _l("Postal address"),
    "company": _l("Whether a company gives"),
    "tribute": _l("In honour or in memory of somebody"),
    "comment": _l("A word to you"),
    "term": _l("How long a recurring gift goes on"),
    "anonymous": _l("Whether to stay anonymous in public"),
}
REQUIRED = {"phone": _l("Phone"), "address": _l("Postal address")}
COVERS = {
    FeeCover.OFF: _l("Do not ask"), FeeCover.OFFERED: _l("Offer it"), FeeCover.PRESELECTED: _l("Offer it, ticked"),
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """What an editor can choose from: funds in their order, campaigns, their appeals, wordings in force."""

    funds: Sequence[Fund]
    campaigns: Sequence[Campaign]
    appeals: Sequence[Appeal]
    wordings: Sequence[ConsentWording]
    zone: str
    currency: str


class FormEditor(CurrencyRows):
    """A giving form as staff describe it. Make it with `of`. The words are fields by part and language: `title_fr`."""

    zone: str

    name = TextField(_l("Name"), [InputRequired()], description=_l("For you; donors read the title."))
    slug = TextField(_l("Address"), [InputRequired()], longest=60)
    languages = CheckboxesField(_l("Languages"), choices=offered(LANGUAGES.items()))
    effort = SelectField(_l("Campaign or appeal"), validate_choice=True)
    currency = SelectField(_l("Currency"))
    frequencies = CheckboxesField(_l("How often"))
    presets_once = AmountsField(_l("Amounts to propose for one gift"))
    presets_recurring = AmountsField(_l("Amounts to propose for regular gifts"))
    smallest = MoneyField(_l("The least"), [InputRequired()])
    largest = MoneyField(_l("The most"), [InputRequired()])
    funds = OrderedChoicesField(_l("Funds to choose from"))
    asks = CheckboxesField(_l("Asked beside name and e-mail"))
    requires = CheckboxesField(_l("Must be answered"))
    consent_purposes = CheckboxesField(_l("Consents asked for"))
    fee_cover = SelectField(_l("Covering the payment fees"))
    fee_percent = PercentField(
        _l("Fee in per cent"), [Optional(), NumberRange(min=0, max=HIGHEST_FEE_PERMILLE // 10)], places=1
    )
    fee_fixed = MoneyField(_l("Fixed fee"))
    goal = MoneyField(_l("Goal"))
    shows_progress = BooleanField(_l("Show the goal and how far it is reached"))
    shows_tax_effect = BooleanField(_l("Show what a gift costs after tax reduction"))
    closes_on = DayField(_l("Last day"), [Optional()], description=_l("Open without end when empty."))
    embed_origins = OriginsField(
        _l("Sites that may show it in a frame"), description=_l("One a line, such as https://example.org")
    )

    @classmethod
    def of(cls, form: GivingForm | None, offer: Offer) -> "FormEditor":
        """The editor of a form (None: a new one), with what was sent or with what is so."""
        editor = cls(formdata=None)
        editor.zone = offer.zone
        now = _present(form, offer)
        asked = request.form.get("currency", "")
        money = asked if asked in EXPONENTS else str(now["currency"])
        for name in ("smallest", "largest", "fee_fixed", "goal", "presets_once", "presets_recurring"):
            editor[name].currency = money
        editor.name_currencies(form)
        editor.offer(offer)
        editor.process(request.form if editor.is_submitted() else None, data=now)
        return editor

    def offer(self, offer: Offer) -> None:
        """Fill in what there is to choose from."""
        self.currency.choices = offered((code, code) for code in sorted(EXPONENTS))
        self.frequencies.choices = offered(FREQUENCIES.items())
        self.asks.choices, self.requires.choices = offered(ASKED.items()), offered(REQUIRED.items())
        self.fee_cover.choices = offered((key.value, label) for key, label in COVERS.items())
        self.funds.choices = [(fund.id, fund.name) for fund in offer.funds]
        pairs = [(f"{each.purpose}:{each.channel.value}", each) for each in offer.wordings]
        self.consent_purposes.choices = offered((pair, each.text(language())) for pair, each in pairs)
        efforts = [("", _("No campaign"))]
        for campaign in offer.campaigns:
            efforts.append((f"campaign-{campaign.id}", campaign.name))
            of_it = [each for each in offer.appeals if each.campaign_id == campaign.id]
            efforts += [(f"appeal-{campaign.id}-{each.id}", f"{campaign.name} › {each.name}") for each in of_it]
        self.effort.choices = offered(efforts)

    def details(self) -> FormDetails:
        """The typed values, in the shape the services take."""
        often, keys = list(self.frequencies.data or ()), [int(key) for key in (self.effort.data or "").split("-")[1:]]
        return FormDetails(
            name=self.name.data or "",
            slug=self.slug.data or "",
            languages=self.languages.data or [],
            texts={
                code: {part: self[f"{part}_{code}"].data or "" for part in PARTS} for code in self.languages.data or ()
            },
            currency=self.currency.data,
            more_currencies=self.more_terms(),
            funds=self.funds.chosen,
            presets_once=self.presets_once.data or [],
            presets_recurring=self.presets_recurring.data or [],
            smallest_minor=_minor(self.smallest) or 0,
            largest_minor=_minor(self.largest) or 0,
            takes_once=ONCE in often,
            intervals=[each for each in often if each != ONCE],
            asks=self.asks.data or [],
            requires=self.requires.data or [],
            consent_purposes=self.consent_purposes.data or [],
            fee_cover=FeeCover(self.fee_cover.data),
            fee_permille=int((self.fee_percent.data or Decimal(0)) * 10),
            fee_fixed_minor=_minor(self.fee_fixed) or 0,
            goal_minor=_minor(self.goal),
            shows_progress=self.shows_progress.data,
            shows_tax_effect=self.shows_tax_effect.data,
            closes_at=_end_of(self.closes_on.data, self.zone),
            embed_origins=[str(each) for each in self.embed_origins.data or ()],
            campaign_id=keys[0] if keys else None,
            appeal_id=keys[1] if len(keys) > 1 else None,
        )


for _code in LANGUAGES:
    setattr(FormEditor, f"title_{_code}", TextField(_l("Title of the page"), longest=120))
    setattr(FormEditor, f"intro_{_code}", LongTextField(_l("Text (Markdown)"), longest=8000))
    setattr(FormEditor, f"thanks_{_code}", LongTextField(_l("On the thank-you page (Markdown)"), longest=4000))
    setattr(FormEditor, f"mail_{_code}", LongTextField(_l("In the thank-you mail (Markdown)"), longest=4000))


def _minor(field: MoneyField) -> int | None:
    return field.data.minor if isinstance(field.data, Money) else None


def _end_of(day: date | None, zone: str) -> datetime | None:
    """The instant at which this day ends where the organisation is."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


def _usual(funds: Sequence[Fund]) -> list[int]:
    """The fund a new form begins with: the first whose money may go wherever it is needed, else the first there is."""
    free = sorted(funds, key=lambda fund: fund.restriction is not Restriction.UNRESTRICTED)
    return [fund.id for fund in free[:1]]


def _present(form: GivingForm | None, offer: Offer) -> dict[str, Any]:
    """What the editor shows at first."""
    if form is None:
        return {
            "languages": list(LANGUAGES)[:2], "currency": offer.currency, "frequencies": [ONCE, Interval.MONTH.value],
            "presets_once": [2000, 5000, 10000, 25000], "presets_recurring": [1000, 1500, 2500, 5000],
            "smallest": Money(500, offer.currency), "largest": Money(1_000_000, offer.currency),
            "asks": ["address", "company"], "fee_cover": FeeCover.OFF.value, "fee_percent": Decimal("1.5"),
            "fee_fixed": Money(25, offer.currency), "shows_tax_effect": True, "funds": _usual(offer.funds),
        }  # fmt: skip
    keys = [str(key) for key in (form.campaign_id, form.appeal_id) if key]
    words = {f"{part}_{code}": form.texts.get(code, {}).get(part, "") for code in LANGUAGES for part in PARTS}
    same = ("name", "slug", "languages", "currency", "presets_once", "presets_recurring", "asks", "requires",
            "consent_purposes", "goal", "shows_progress", "shows_tax_effect", "embed_origins")  # fmt: skip
    opens_in = form.terms[0]
    return {name: getattr(form, name) for name in same} | words | present_currencies(form) | {
        "smallest": opens_in.smallest,
        "largest": opens_in.largest,
        "frequencies": [*([ONCE] if form.takes_once else []), *form.intervals],
        "funds": [each.fund_id for each in form.funds],
        "fee_cover": form.fee_cover.value,
        "fee_percent": Decimal(form.fee_permille) / 10,
        "fee_fixed": Money(form.fee_fixed_minor, form.currency),
        "closes_on": date_of(form.closes_at - timedelta(seconds=1), offer.zone) if form.closes_at else None,
        "effort": "-".join([("", "campaign", "appeal")[len(keys)], *keys]),
    }  # fmt: skip
