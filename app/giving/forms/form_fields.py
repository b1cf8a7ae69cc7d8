"""Fields that only the editor of giving forms has: a list of amounts, an order of funds, a list of origins."""

import re
from collections.abc import Sequence
from typing import Any

from wtforms import DecimalField, Field, StringField, TextAreaField, ValidationError
from wtforms.widgets import TextInput

from app.giving.form_rules import is_origin
from app.kernel.i18n import babel_locale
from app.kernel.i18n import gettext as _
from app.kernel.money import Money, exponent
from app.kernel.text import clean

MOST_SIGNS = 400
_BETWEEN = re.compile(r"[;\n]|,\s|\s+")


class AmountsField(Field):
    """Several amounts in one line, such as "10, 20, 50". `data` is a list of minor units of `currency`."""

    widget = TextInput()
    currency = "EUR"

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)
        self.render_kw = {"autocomplete": "off"}

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return ", ".join(_written(Money(minor, self.currency)) for minor in self.data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the amounts; commas, semicolons, spaces and new lines part them."""
        self.data = []
        typed = clean(str(valuelist[0])) if valuelist else ""
        if len(typed) > MOST_SIGNS:
            raise ValueError(_("That is too long."))
        try:
            self.data = [Money.parse(part.replace(",", "."), self.currency).minor for part in _parts(typed)]
        except ValueError as bad:
            raise ValueError(_("Write amounts with commas between them, such as 10, 20, 50.")) from bad


def _parts(typed: str) -> list[str]:
    """The amounts as typed. A comma without a space is a decimal one only if there is one in the part."""
    rough = [part.strip(", ") for part in _BETWEEN.split(typed)]
    parts = [piece for part in rough for piece in (part.split(",") if part.count(",") > 1 else [part])]
    return [part for part in parts if part]


def _written(amount: Money) -> str:
    digits = exponent(amount.currency) if amount.minor % 10 ** exponent(amount.currency) else 0
    text = f"{amount.to_decimal():.{digits}f}"
    return text.replace(".", ",") if babel_locale().language == "fr" else text


class OrderedChoicesField(StringField):
    """Choices in an order of one's own: several lists to choose from, empty ones skipped. `data` is a list of keys."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)
        self.choices: list[tuple[int, str]] = []

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the keys in the order of the lists."""
        try:
            self.data = [int(value) for value in valuelist if value]  # type: ignore[assignment]
        except ValueError as bad:
            raise ValueError(_("Choose only from what is offered.")) from bad

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' signature
        """Refuse what was not offered."""
        known = {key for key, _label in self.choices}
        if any(key not in known for key in self.chosen):
            raise ValidationError(_("Choose only from what is offered."))

    @property
    def chosen(self) -> list[int]:
        """The keys, in order."""
        return [int(key) for key in self.data or ()]

    @property
    def places(self) -> list[int | None]:
        """What each list shows: the chosen keys, then two empty ones while there is something left to choose."""
        room = min(len(self.choices), len(self.chosen) + 2)
        return [*self.chosen, *([None] * (room - len(self.chosen)))]


class PercentField(DecimalField):
    """A percentage, typed and shown with the reader's decimal sign."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        text = "" if self.data is None else f"{self.data:.1f}"
        return text.replace(".", ",") if babel_locale().language == "fr" else text

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it; a comma is a point."""
        super().process_formdata([str(value).replace(",", ".").strip(" %") for value in valuelist])
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(_("Write a number, such as 1.5."))


class OriginsField(TextAreaField):
    """Origins of sites, one a line. `data` is a list of them."""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the lines; a trailing slash is forgiven."""
        typed = clean(str(valuelist[0])) if valuelist else ""
        lines = [line.strip().rstrip("/").lower() for line in typed.splitlines()]
        self.data = [line for line in dict.fromkeys(lines) if line]  # type: ignore[assignment]
        bad = next((line for line in self.data or () if not is_origin(line)), None)
        if bad is not None:
            raise ValueError(_("“%(origin)s” is not the origin of a site.", origin=bad[:80]))
