"""Form fields of the field: amounts, dates, names, phones, countries. What is typed is cleaned and bounded here."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms import DateField as WtDateField
from wtforms import Field, SelectField, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from app.kernel.i18n import babel_locale, country_names, gettext
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money, exponent
from app.kernel.text import clean, one_line

_GROUPED = re.compile(r"-?[1-9]\d{0,2}([.,]\d{3})+")


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _as_one_line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _written(valuelist: list[Any]) -> list[Any]:
    """What was sent for a field; nothing where it is blank once cleaned, which WTForms takes for an answer."""
    return valuelist if valuelist and clean(str(valuelist[0])) else []


def offered(pairs: Iterable[tuple[Any, str]]) -> list[SelectChoice]:
    """(value, label) pairs as WTForms wants the choices of a field."""
    return [SelectChoice(value, label) for value, label in pairs]


class TextField(StringField):
    """One line of text, trimmed and without control characters or line ends."""

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), *, longest: int = 200, **options: Any
    ) -> None:
        filters = (*options.pop("filters", ()), _as_one_line)
        super().__init__(label, [*validators, Length(max=longest)], filters=filters, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the text; blanks alone are no answer where one is required."""
        super().process_formdata(valuelist)
        self.raw_data = _written(valuelist)


class LongTextField(TextAreaField):
    """Several lines of text, cleaned and bounded."""

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), *, longest: int = 5000, **options: Any
    ) -> None:
        filters = (*options.pop("filters", ()), _cleaned)
        super().__init__(label, [*validators, Length(max=longest)], filters=filters, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the text; blanks alone are no answer where one is required."""
        super().process_formdata(valuelist)
        self.raw_data = _written(valuelist)


class DayField(WtDateField):
    """A date, from the browser's own picker; years outside 1900-2200 are slips of the finger."""

    def pre_validate(self, form: Any) -> None:
        """Refuse dates nobody means."""
        super().pre_validate(form)
        if self.data is not None and not 1900 <= self.data.year <= 2200:
            raise ValidationError(gettext("Check the year of this date."))


class MoneyField(Field):
    """An amount in one currency, typed with a point or a comma. `data` is `Money` or None."""

    widget = TextInput()

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), *, currency: str = "EUR", **options: Any
    ) -> None:
        super().__init__(label, list(validators), **options)
        self.currency = currency
        self.render_kw = {"inputmode": "decimal", "autocomplete": "off", **(self.render_kw or {})}

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        text = f"{self.data.to_decimal():.{exponent(self.data.currency)}f}"
        return text.replace(".", ",") if babel_locale().language == "fr" else text

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the amount; 1 250,50 and 1,250.50 are understood, and 1,250 or 1.250 is more than a thousand."""
        self.data = None
        self.raw_data = _written(valuelist)
        typed = clean(str(valuelist[0])) if valuelist else ""
        if not typed:
            return
        try:
            self.data = Money.parse(plain_number(typed, exponent(self.currency)), self.currency)
        except ValueError as bad:
            raise ValueError(gettext("Write an amount, such as 25 or 12.50.")) from bad


def plain_number(typed: str, decimals: int) -> str:
    """A typed number without grouping, with a point: the last of comma and point is the decimal one.

    Three digits after it are a thousand's in currencies that have fewer decimals. Digits may be of any script.
    """
    bare = "".join(str(unicodedata.decimal(sign, sign)) for sign in typed if not sign.isspace() and sign not in "'’€$£")
    if "," in bare and "." in bare:
        grouping = "," if bare.rfind(".") > bare.rfind(",") else "."
        bare = bare.replace(grouping, "")
    if bare.count(",") > 1 or (decimals < 3 and _GROUPED.fullmatch(bare)):
        bare = bare.replace(",", "").replace(".", "")
    bare = bare.replace(",", ".")
    if not bare.isascii() or not bare.replace(".", "", 1).removeprefix("-").isdigit():
        raise ValueError(typed)
    return bare


class CountryField(SelectField):
    """A country by its ISO 3166 code, named in the reader's language."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), choices=lambda: offered([("", ""), *country_names()]), **options)


class CheckboxesField(SelectMultipleField):
    """Several of some choices, as checkboxes; `data` is a list of values, each one of the choices."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **{"choices": [], **options})


class Email:
    """Validator: an address that could exist, not looked up on the network."""

    def __call__(self, _form: Any, field: Any) -> None:
        """Refuse what cannot be an address, and keep the normalised form of what can."""
        try:
            field.data = validate_email(field.data or "", check_deliverability=False).normalized
        except EmailNotValidError as bad:
            raise ValidationError(gettext("This e-mail address does not look right. Check it, please.")) from bad


class AtLeast:
    """Validator: no less than this many minor units of the field's currency."""

    def __init__(self, minor: int) -> None:
        self.minor = minor

    def __call__(self, _form: Any, field: Any) -> None:
        """Refuse less."""
        if field.data is not None and field.data.minor < self.minor:
            raise ValidationError(str(_l("The amount is too small.")))
