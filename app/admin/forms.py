"""What administrators type about the organisation and the law's rates."""

import re
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from babel.dates import get_month_names
from flask_wtf.file import FileField
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError as NumberError
from stdnum.fr import siren
from wtforms import BooleanField, SelectField, ValidationError
from wtforms.validators import InputRequired, Optional, Regexp

from app.admin.services import OrganisationDetails, PictureChange
from app.giving.models import DonorKind
from app.giving.services.rates import RateDetails
from app.kernel.i18n import LANGUAGES, babel_locale, format_money, format_percent, gettext, ngettext
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS, Money
from app.kernel.organisation import Organisation, TaxRegime
from app.web.fields import CountryField, DayField, Email, LongTextField, TextField, offered
from app.web.forms import Form

REGIMES = {
    TaxRegime.NONE: _l("No tax reduction: plain receipts"),
    TaxRegime.FR_GENERAL_INTEREST: _l("France: general interest (articles 200 and 238 bis)"),
    TaxRegime.FR_ASSISTANCE: _l("France: help to people in need (article 200, 1 ter)"),
}
DONOR_KINDS = {DonorKind.PERSON: _l("Private donors"), DonorKind.COMPANY: _l("Companies")}
_WORDS = r"[^\d,;.<>=+/-]*"
_TIER = re.compile(rf"{_WORDS}(\d{{1,3}})(?!\d){_WORDS}(?:(\d[\d\s.]*){_WORDS})?")


class OrganisationForm(Form):
    """Who we are: what receipts, mails and public pages say of us."""

    name = TextField(_l("Name"), [InputRequired()], description=_l("As people know it."))
    tagline_fr = TextField(_l("A few words, in French"), longest=120)
    tagline_en = TextField(_l("A few words, in English"), longest=120)
    tagline_ne = TextField(_l("A few words, in Nepali"), longest=120)
    logo = FileField(_l("Logo"), description=_l("PNG, JPEG or WebP, 2 MB at most."))
    drop_logo = BooleanField(_l("Remove the logo"))
    signature = FileField(_l("Signature"), description=_l("A picture of it, printed on receipts sent by e-mail."))
    drop_signature = BooleanField(_l("Remove the signature"))
    colour = TextField(
        _l("Colour"), [Regexp(r"^#[0-9a-fA-F]{6}$", message=_l("Write a colour as #0d5c54."))], longest=7
    )
    website = TextField(_l("Website"), [Optional(), Regexp(r"^https?://\S+$", message=_l("Begin with https://"))])
    email = TextField(_l("E-mail for donors"), [Optional(), Email()])
    phone = TextField(_l("Phone"), longest=40)
    sender_address = TextField(
        _l("Sender of mails"), [InputRequired(), Email()], description=_l("Mails to donors come from this address.")
    )
    legal_name = TextField(_l("Legal name"), description=_l("As in the statutes, when it differs."))
    legal_form = TextField(_l("Legal form"))
    siren = TextField(_l("SIREN"), longest=20)
    rna = TextField(
        _l("RNA"), [Optional(), Regexp(r"^W\d[\dA-Z]\d{7}$", message=_l("W and nine signs, such as W751234567."))]
    )
    street = LongTextField(_l("Street"), longest=300)
    postcode = TextField(_l("Postcode"), longest=20)
    city = TextField(_l("City"))
    country = CountryField(_l("Country"), [InputRequired()])
    purpose = LongTextField(
        _l("Purpose"), longest=1000, description=_l("Printed on receipts: the object of the statutes.")
    )
    receipt_category = TextField(
        _l("Category"), longest=300, description=_l("The one sentence of the French form that applies to you.")
    )
    recognised_on = TextField(_l("Recognition"), description=_l("Decree or ruling with its date, if there is one."))
    tax_regime = SelectField(
        _l("Tax regime"), choices=lambda: offered((key.value, str(label)) for key, label in REGIMES.items())
    )
    signatory_name = TextField(_l("Who signs receipts"))
    signatory_role = TextField(_l("Their office"), description=_l("President, treasurer…"))
    creditor_identifier = TextField(
        _l("SEPA creditor identifier"),
        longest=40,
        description=_l("Printed in letters on direct debits, unless the payment service tells which one it uses."),
    )
    debit_notice_days = SelectField(
        _l("Tell donors before each direct debit"),
        coerce=int,
        choices=lambda: offered(_notices()),
        description=_l("Fourteen days, unless your donors agreed to a shorter notice when they gave their mandate."),
    )
    fiscal_year_start_month = SelectField(
        _l("The fiscal year begins in"), coerce=int, choices=lambda: offered(_months())
    )
    currency = SelectField(_l("Currency"), choices=lambda: offered((code, code) for code in sorted(EXPONENTS)))
    language = SelectField(_l("Language"), choices=offered(LANGUAGES.items()))
    lapse_days = SelectField(
        _l("Close lapsed recurring gifts"), coerce=int, choices=lambda: offered(_days()),
        description=_l("Counted from when the payment service gave up. The donor is told once, kindly."),
    )  # fmt: skip
    charge_tries = SelectField(
        _l("Tries of a charge"), coerce=int, choices=lambda: offered(_tries()),
        description=_l("As set at the payment service. Before the last one the donor gets a second mail."),
    )  # fmt: skip
    time_zone = SelectField(
        _l("Time zone"), choices=lambda: offered((zone, zone) for zone in sorted(available_timezones()))
    )

    def validate_siren(self, field: Any) -> None:
        """Nine digits that check."""
        try:
            field.data = siren.validate(field.data) if field.data else ""
        except NumberError as bad:
            raise ValidationError(
                gettext("This SIREN is not right: nine digits, the last of which checks the others.")
            ) from bad

    def validate_creditor_identifier(self, field: Any) -> None:
        """As the SEPA rulebook makes them: its check digits are right."""
        try:
            field.data = at_02.validate(field.data) if field.data else ""
        except NumberError as bad:
            raise ValidationError(gettext("This is no creditor identifier. It looks like FR72ZZZ123456.")) from bad

    def validate_time_zone(self, field: Any) -> None:
        """One that the system knows."""
        if not re.fullmatch(r"[A-Za-z0-9_+/-]+", field.data or ""):
            raise ValidationError(gettext("Choose only from what is offered."))

    @classmethod
    def of(cls, organisation: Organisation) -> "OrganisationForm":
        """The form as the organisation is now."""
        taglines = {f"tagline_{code}": organisation.tagline.get(code, "") for code in LANGUAGES}
        return cls(obj=organisation, data=taglines)

    def logo_change(self) -> PictureChange:
        """What is to become of the logo."""
        return PictureChange(self.logo.data.read() if self.logo.data else None, self.drop_logo.data)

    def signature_change(self) -> PictureChange:
        """What is to become of the signature."""
        return PictureChange(self.signature.data.read() if self.signature.data else None, self.drop_signature.data)

    def details(self) -> OrganisationDetails:
        """The typed values."""
        known = OrganisationDetails.__dataclass_fields__
        typed = {name: self[name].data for name in known if name in self and name != "tax_regime"}
        plain: dict[str, Any] = {name: "" if value is None else value for name, value in typed.items()}
        taglines = {code: self[f"tagline_{code}"].data for code in LANGUAGES if self[f"tagline_{code}"].data}
        plain |= {"lapse_days": self.lapse_days.data, "charge_tries": self.charge_tries.data}
        plain |= {"tagline": taglines, "tax_regime": TaxRegime(self.tax_regime.data)}
        return OrganisationDetails(**plain)


def _notices() -> list[tuple[int, str]]:
    """How long before; in the end not at all."""
    days = [(each, ngettext("%(num)s day before", "%(num)s days before", each)) for each in reversed(range(1, 29))]
    return [*days, (0, gettext("Not by us: the payment service writes"))]


def _months() -> list[tuple[int, str]]:
    return list(get_month_names("wide", context="stand-alone", locale=babel_locale()).items())


def _days() -> list[tuple[int, str]]:
    """After how many days lapsed recurring gifts may be closed."""
    days = [(days, ngettext("after %(num)s day", "after %(num)s days", days)) for days in (7, 14, 30, 60, 90, 180, 365)]
    return [(0, gettext("never by themselves")), *days]


def _tries() -> list[tuple[int, str]]:
    """How often a charge may be tried."""
    return [(0, gettext("not known")), *((count, str(count)) for count in range(2, 13))]


def _in_digits(value: Any) -> Any:
    """A kept number as it is typed."""
    return str(value) if isinstance(value, int) else value


class RateForm(Form):
    """One dated line of the tax table."""

    regime = SelectField(
        _l("Tax regime"),
        choices=lambda: offered((key.value, str(label)) for key, label in REGIMES.items() if key is not TaxRegime.NONE),
    )
    donor_kind = SelectField(
        _l("For whom"), choices=lambda: offered((key.value, str(label)) for key, label in DONOR_KINDS.items())
    )
    valid_from = DayField(_l("From"), [InputRequired()])
    valid_to = DayField(_l("Until"), [Optional()], description=_l("Empty: until further notice."))
    tiers = TextField(
        _l("Rates"),
        [InputRequired()],
        description=_l("“75 up to 2000, then 66” or just “66”: per cent, and euros a year."),
    )
    income_share_percent = TextField(_l("Limit, in per cent of taxable income"), longest=3, filters=[_in_digits])
    article = TextField(_l("Article of law"), [InputRequired()])
    source = TextField(_l("Source"), [InputRequired()], longest=400)
    note = LongTextField(_l("Note"), longest=1000)

    def validate_tiers(self, field: Any) -> None:
        """Rates that rise to an open end."""
        try:
            read_tiers(field.data or "")
        except ValueError as bad:
            raise ValidationError(gettext("Write rates such as “75 up to 2000, then 66”.")) from bad

    def validate_income_share_percent(self, field: Any) -> None:
        """A whole percentage, or nothing."""
        if field.data and not re.fullmatch("[0-9]{1,2}|100", field.data):
            raise ValidationError(gettext("Write a whole number from 0 to 100."))

    def details(self) -> RateDetails:
        """The typed values."""
        share = self.income_share_percent.data
        return RateDetails(
            regime=TaxRegime(self.regime.data), donor_kind=DonorKind(self.donor_kind.data),
            valid_from=self.valid_from.data or date.max, valid_to=self.valid_to.data,
            tiers=read_tiers(self.tiers.data or ""), income_share_percent=int(share) if share else None,
            article=self.article.data or "", source=self.source.data or "", note=self.note.data or "",
        )  # fmt: skip


def read_tiers(text: str) -> list[tuple[int | None, int]]:
    """“75 up to 2000, then 66” as [(200000, 75), (None, 66)]: ceilings in cents of a euro.

    Any words may stand around the figures, so that everybody can write them in their own language.

    Raises:
        ValueError: it does not read so.

    """
    tiers: list[tuple[int | None, int]] = []
    for part in re.split(r"[,;]", text.casefold()):
        found = _TIER.fullmatch(part)
        if found is None or int(found[1]) > 100:
            raise ValueError(f"Not rates: {text!r}")
        ceiling = Money.parse("".join(found[2].split()), "EUR").minor if found[2] else None
        tiers.append((ceiling, int(found[1])))
    ceilings = [ceiling for ceiling, _percent in tiers[:-1]]
    if tiers[-1][0] is not None or None in ceilings or ceilings != sorted(set(ceilings), key=lambda each: each or 0):
        raise ValueError(f"Not rates: {text!r}")
    return tiers


def write_tiers(tiers: list[Any]) -> str:
    """The reverse of `read_tiers`, in the reader's language."""
    parts = [
        gettext("%(percent)s up to %(ceiling)s", percent=percent, ceiling=ceiling // 100) if ceiling else str(percent)
        for ceiling, percent in tiers
    ]
    return gettext(", then ").join(parts)


def show_tiers(tiers: list[Any]) -> str:
    """The rates as people read them: “75% up to €2,000, then 66%”."""
    parts = [
        gettext("%(percent)s up to %(ceiling)s", percent=share, ceiling=format_money(Money(ceiling, "EUR"), whole=True))
        if ceiling
        else share
        for ceiling, share in ((ceiling, format_percent(percent / 100)) for ceiling, percent in tiers)
    ]
    return gettext(", then ").join(parts)
