"""What a donor may type on a giving page. Each page asks only what its giving form asks."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask import request
from stdnum.fr import siren as siren_numbers
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, StopValidation, ValidationError

from app.contacts.models import ConsentWording
from app.giving.charge_days import nth_charge
from app.giving.form_rules import is_payable
from app.giving.models import FeeCover, GivingForm, Terms, TributeKind
from app.giving.services.terms import FURTHEST_YEARS, Agreed
from app.giving.tax_rates import DonorKind
from app.kernel.clock import today
from app.kernel.i18n import format_day, format_money, language
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.models import Interval
from app.site.countries import OTHER, country_named, usual_countries
from app.web.fields import CheckboxesField, DayField, Email, LongTextField, MoneyField, TextField, offered
from app.web.forms import Form

ONCE = "once"
OTHER_AMOUNT = "other"
NOBODY = "none"
FREQUENCIES = {
    ONCE: _l("Once"), Interval.MONTH: _l("Monthly"), Interval.QUARTER: _l("Quarterly"), Interval.YEAR: _l("Yearly"),
}  # fmt: skip
ADDRESS = ("street", "postcode", "city", "country", "country_other")
COMPANY = ("donor_kind", "company", "legal_form", "siren")
TERM = ("term", "term_until")
NUMBERS = (6, 12, 24)
UNTIL = "day"
TRIBUTE = ("tribute", "honoree", "notify_name", "notify_email", "tribute_message")
_PHONE = re.compile(r"\+?[\d\s().\-/]{6,30}")
_NEEDED = _l("This is needed.")


class Needed:
    """Validator: an answer is needed where `when(form)` holds, and may be left out elsewhere."""

    def __init__(self, when: Callable[[Any], bool] = lambda _form: False) -> None:
        self.when = when

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse an empty answer where it is needed; look no further at an empty one."""
        if not field.data:
            field.errors[:] = []
            raise StopValidation(str(_NEEDED) if self.when(form) else "")


def _from_person(form: Any) -> bool:
    return bool(form.kind is DonorKind.PERSON)


def _from_company(form: Any) -> bool:
    return bool(form.kind is DonorKind.COMPANY)


def _company_wants_receipt(form: Any) -> bool:
    return _from_company(form) and form.wants_tax_receipt


def _with_address(form: Any) -> bool:
    return bool(form.needs_address)


class GiveForm(Form):
    """A gift as a donor describes it. Make it with `for_form`, which leaves out what the giving form does not ask."""

    class Meta(Form.Meta):
        """The signed stamp stands in for the session's token: see `app.site.stamps`."""

        csrf = False

    asked_by: GivingForm
    terms: Terms
    wording_ids: list[int]

    frequency = RadioField(_l("How often"), validate_choice=False)
    amount_once = RadioField(_l("Amount"), validate_choice=False)
    amount_recurring = RadioField(_l("Amount"), validate_choice=False)
    other = MoneyField(_l("Other amount"))
    term = SelectField(_l("How long"), validate_choice=False)
    term_until = DayField(_l("Last day"))
    cover = BooleanField(_l("I also cover the payment fees"))
    fund = SelectField(_l("For"), validate_choice=False)
    donor_kind = RadioField(_l("I give as"), default=DonorKind.PERSON.value, validate_choice=False)
    company = TextField(_l("Company or organisation"), [Needed(_from_company)])
    legal_form = TextField(_l("Legal form"), [Needed()], longest=60)
    siren = TextField(_l("SIREN number"), [Needed(_company_wants_receipt)], longest=20)
    given_name = TextField(_l("First name"), [Needed(_from_person)], longest=100)
    family_name = TextField(_l("Last name"), [Needed(_from_person)], longest=100)
    email = TextField(_l("E-mail"), [InputRequired(_NEEDED), Email()], longest=254)
    phone = TextField(_l("Phone"), [Needed(lambda form: "phone" in form.asked_by.requires)], longest=40)
    wants_receipt = BooleanField(_l("I want a tax receipt"))
    wants_yearly = BooleanField(_l("One receipt for the whole year"))
    street = TextField(_l("Number and street"), [Needed(_with_address)], longest=200)
    postcode = TextField(_l("Postcode"), [Needed(_with_address)], longest=16)
    city = TextField(_l("Town"), [Needed(_with_address)], longest=120)
    country = SelectField(_l("Country"), validate_choice=False)
    country_other = TextField(_l("Which country?"), longest=80)
    tribute = RadioField(_l("Dedicate this gift"), default=NOBODY, validate_choice=False)
    honoree = TextField(_l("Name of this person"), [Needed(lambda form: form.is_tribute)])
    notify_name = TextField(_l("Whom shall we tell?"), [Needed()])
    notify_email = TextField(_l("Their e-mail"), [Needed(), Email()], longest=254)
    tribute_message = LongTextField(_l("A message for them"), [Needed()], longest=1000)
    comment = LongTextField(_l("A word to us"), [Needed()], longest=1000)
    anonymous = BooleanField(_l("Do not show my name in public"))
    consents = CheckboxesField(_l("May we write to you?"), coerce=int)
    website = StringField(_l("Leave this empty"))
    stamp = StringField()

    @classmethod
    def for_form(
        cls, asked_by: GivingForm, terms: Terms, wordings: Sequence[ConsentWording], *, has_tax_receipts: bool,
        **typed: Any,
    ) -> "GiveForm":  # fmt: skip
        """The page of one giving form in one currency, in the language in force.

        `typed` prefills it when nothing was sent yet.
        """
        form = cls(formdata=None)
        form.asked_by, form.terms, form.other.currency = asked_by, terms, terms.currency
        if form.is_submitted():
            form.process(request.form)
        else:
            form.process(data={"cover": asked_by.fee_cover is FeeCover.PRESELECTED, **typed})
        form.offer(wordings)
        form.leave_out(has_tax_receipts=has_tax_receipts)
        return form

    def offer(self, wordings: Sequence[ConsentWording]) -> None:
        """Fill in what there is to choose from."""
        asked_by = self.asked_by
        often = ([ONCE] if asked_by.takes_once else []) + list(asked_by.intervals)
        self.frequency.choices = offered((each, FREQUENCIES[each]) for each in often)
        for field, presets in (
            (self.amount_once, self.terms.presets_once),
            (self.amount_recurring, self.terms.presets_recurring),
        ):
            cards = [(str(minor), format_money(Money(minor, self.terms.currency), whole=True)) for minor in presets]
            field.choices = offered([*cards, (OTHER_AMOUNT, _("Other amount"))])
        self.term.choices = offered([
            ("", _("Until I stop it")),
            *((str(number), _("%(number)s times", number=number)) for number in NUMBERS),
            (UNTIL, _("Up to a day")),
        ])  # fmt: skip
        self.fund.choices = offered((str(fund.id), fund.public_name(language())) for fund in asked_by.open_funds)
        self.donor_kind.choices = offered([(DonorKind.PERSON, _("A person")), (DonorKind.COMPANY, _("A company"))])
        self.country.choices = offered([*usual_countries(), (OTHER, _("Another country"))])
        self.consents.choices = offered((each.id, each.text(language())) for each in wordings)
        self.wording_ids = [each.id for each in wordings]
        self.tribute.choices = offered(
            [(NOBODY, _("No")), (TributeKind.HONOUR, _("In honour of")), (TributeKind.MEMORY, _("In memory of"))]
        )

    def leave_out(self, *, has_tax_receipts: bool) -> None:
        """Take away what the giving form does not ask."""
        asks = set(self.asked_by.asks)
        gone = [name for name in ("phone", "comment", "anonymous") if name not in asks]
        gone += () if "term" in asks and self.asked_by.intervals else TERM
        gone += () if self.asked_by.fee_cover is not FeeCover.OFF else ("cover",)
        gone += () if self.consents.choices else ("consents",)
        gone += () if has_tax_receipts else ("wants_receipt",)
        gone += () if has_tax_receipts and self.asked_by.intervals else ("wants_yearly",)
        gone += () if has_tax_receipts or "address" in asks else ADDRESS
        gone += () if "company" in asks else COMPANY
        gone += () if "tribute" in asks else TRIBUTE
        for name in gone:
            del self[name]

    def typed(self, name: str) -> str:
        """What was typed into a field; "" where the field is not asked."""
        return str(self[name].data or "") if name in self else ""

    def is_ticked(self, name: str) -> bool:
        """Whether a box was ticked; not where it is not offered."""
        return name in self and bool(self[name].data)

    @property
    def kind(self) -> DonorKind:
        """Whose gift it is."""
        return DonorKind.COMPANY if self.typed("donor_kind") == DonorKind.COMPANY else DonorKind.PERSON

    @property
    def is_tribute(self) -> bool:
        """Whether somebody is honoured or remembered."""
        return self.typed("tribute") not in {"", NOBODY}

    @property
    def wants_tax_receipt(self) -> bool:
        """Whether the donor asked for a receipt that lowers their tax."""
        return self.is_ticked("wants_receipt")

    @property
    def has_more(self) -> bool:
        """Whether something was typed, or refused, in the part of the page that is folded away."""
        folded = ("company", "siren", "comment", "anonymous", "phone")
        is_more = self.is_tribute or self.kind is DonorKind.COMPANY
        return is_more or any(name in self and (self[name].data or self[name].errors) for name in folded)

    @property
    def needs_address(self) -> bool:
        """Whether the postal address must be given: the law wants it on a tax receipt, or the giving form does."""
        return "address" in self.asked_by.requires or self.wants_tax_receipt

    @property
    def interval(self) -> Interval | None:
        """How often; None means once."""
        return None if self.frequency.data in {ONCE, None} else Interval(self.frequency.data)

    @property
    def agreed(self) -> Agreed:
        """How long a recurring gift is to go on, once validated."""
        chosen = self.typed("term") if self.interval else ""
        if chosen == UNTIL:
            return Agreed(ends_on=self.term_until.data)
        return Agreed(charges=int(chosen)) if chosen else Agreed()

    @property
    def amounts(self) -> RadioField:
        """The amounts that belong to the chosen frequency."""
        return self.amount_recurring if self.frequency.data != ONCE else self.amount_once

    @property
    def gift(self) -> Money:
        """What the donor wants to give, once validated; without the fee they may cover."""
        if self.amounts.data == OTHER_AMOUNT:
            assert self.other.data is not None
            return Money(self.other.data.minor, self.other.data.currency)
        return Money(int(self.amounts.data), self.terms.currency)

    @property
    def country_code(self) -> str:
        """The ISO 3166 code of the country, once validated; "" where none is asked."""
        chosen = self.typed("country")
        return (country_named(self.typed("country_other")) or "") if chosen == OTHER else chosen

    def validate_frequency(self, field: RadioField) -> None:
        """One of those the giving form takes."""
        _refuse_unless_offered(field)

    def validate_amount_once(self, field: RadioField) -> None:
        """One of the presets, or an own amount."""
        if self.amounts is field:
            _refuse_unless_offered(field)

    def validate_amount_recurring(self, field: RadioField) -> None:
        """One of the presets, or an own amount."""
        if self.amounts is field:
            _refuse_unless_offered(field)

    def validate_other(self, field: MoneyField) -> None:
        """Within the bounds of the giving form; looked at only where no preset is chosen."""
        if self.amounts.data != OTHER_AMOUNT:
            field.errors = []
            return
        low, high = self.terms.smallest, self.terms.largest
        if field.data is None:
            if not field.errors:
                raise ValidationError(_("Write the amount you want to give."))
        elif field.data < low:
            raise ValidationError(_("The least that can be given here is %(amount)s.", amount=_whole(low)))
        elif field.data > high:
            raise ValidationError(
                _("For gifts above %(amount)s please write to us: a bank transfer suits them better.",
                  amount=_whole(high))
            )  # fmt: skip
        elif not is_payable(field.data):
            raise ValidationError(_("The last digit of an amount in this currency is nought."))

    def validate_term(self, field: SelectField) -> None:
        """One of those that are offered; looked at only where the gift is a recurring one. None is needed."""
        field.data = field.data or ""
        if self.frequency.data in set(Interval):
            _refuse_unless_offered(field)

    def validate_term_until(self, field: DayField) -> None:
        """A day up to which there is more than one charge; looked at only where a day is chosen."""
        if self.frequency.data not in set(Interval) or self.typed("term") != UNTIL:
            field.errors = []
            return
        on = today()
        second = nth_charge(2, on, Interval(self.frequency.data), on.day)
        if field.data is None:
            if not field.errors:
                raise ValidationError(str(_NEEDED))
        elif field.data < second:
            raise ValidationError(_("Choose %(day)s or a later day, or give once.", day=format_day(second)))
        elif field.data.year > on.year + FURTHEST_YEARS:
            raise ValidationError(_("Choose a day within fifty years."))

    def validate_fund(self, field: SelectField) -> None:
        """One of those the giving form offers; the only one need not be sent."""
        funds = self.asked_by.open_funds
        if len(funds) == 1:
            field.data = str(funds[0].id)
        _refuse_unless_offered(field)

    def validate_donor_kind(self, field: RadioField) -> None:
        """A person or a company."""
        _refuse_unless_offered(field)

    def validate_tribute(self, field: RadioField) -> None:
        """In honour, in memory, or neither."""
        _refuse_unless_offered(field)

    def validate_siren(self, field: TextField) -> None:
        """Nine digits with their check digit (Luhn), as INSEE gives them."""
        if _from_company(self):
            if not siren_numbers.is_valid(self.typed("siren")):
                raise ValidationError(_("A SIREN number has nine digits; these do not fit together."))
            field.data = siren_numbers.compact(self.typed("siren"))

    def validate_phone(self, field: TextField) -> None:
        """Digits, with the usual signs between them."""
        if not _PHONE.fullmatch(field.data or ""):
            raise ValidationError(_("Write the number with digits, such as +33 6 12 34 56 78."))

    def validate_postcode(self, field: TextField) -> None:
        """Five digits in France."""
        if self.typed("country") == "FR" and not re.fullmatch(r"\d{5}", field.data or ""):
            raise ValidationError(_("A French postcode has five digits."))

    def validate_country(self, field: SelectField) -> None:
        """One of the usual ones, or another."""
        if self.needs_address or field.data:
            _refuse_unless_offered(field)

    def validate_country_other(self, field: TextField) -> None:
        """A country we know by that name."""
        if self.typed("country") == OTHER and self.needs_address and not country_named(field.data or ""):
            raise ValidationError(_("We do not know a country of this name. Check it, please."))


def _whole(amount: Money) -> str:
    return format_money(amount, whole=True)


def _refuse_unless_offered(field: Any) -> None:
    if str(field.data) not in {str(choice.value) for choice in field.choices or ()}:
        raise ValidationError(_("Choose one of these."))
