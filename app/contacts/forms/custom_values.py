"""What staff type into an organisation's own fields: a form made of the fields of a group, each by its type."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from wtforms import DateField, Field, RadioField, SelectField, ValidationError
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import TextInput

from app.contacts.forms.meanwhile import SharedForm
from app.contacts.queries.custom_fields import Filled, facts_of
from app.contacts.rules.custom_fields import (
    USUAL,
    YEARS,
    CustomType,
    FieldFacts,
    Value,
    read_value,
    text_of_number,
)
from app.contacts.services.custom_fields import field_name
from app.kernel.errors import Refused
from app.kernel.i18n import format_day, gettext, language
from app.kernel.money import Money, exponent
from app.kernel.text import clean
from app.web.fields import CheckboxesField, LongTextField, TextField, offered

YES, NO = "yes", "no"
BLANK = ("", "—")
Offers = Mapping[str, Sequence[tuple[int, str]]]


class FigureField(Field):
    """A number or an amount as people of the reader's language write it; `data` is Decimal, Money or None."""

    widget = TextInput()

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), *, facts: FieldFacts, **options: Any) -> None:
        super().__init__(label, list(validators), **options)
        self.facts = facts
        self.currency = facts.currency if facts.type is CustomType.MONEY else ""
        self.render_kw = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 60}

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.as_text()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the figure; its errors say what is wrong with it."""
        self.data = None
        typed = clean(str(valuelist[0])) if valuelist else ""
        self.raw_data = valuelist if typed else []
        try:
            self.data = next(iter(read_value(self.facts, typed, language())), None)
        except Refused as refusal:
            raise ValueError(str(refusal.message)) from refusal

    def as_text(self) -> str:
        """The figure as it is typed, or what was typed and is none."""
        if isinstance(self.data, Money):
            return text_of_number(self.data.to_decimal(), exponent(self.data.currency), language())
        if isinstance(self.data, Decimal):
            return text_of_number(self.data, self.facts.decimals, language())
        return str(self.raw_data[0]) if self.raw_data else ""

    def in_words(self, text: str) -> str:
        """The figure with its currency, if it has one."""
        return f"{text} {self.currency}".strip() if text else ""


class LongAgoField(DateField):
    """A date that may be of another century."""

    def pre_validate(self, form: Any) -> None:
        """Refuse years that are slips of the finger."""
        super().pre_validate(form)
        if self.data is not None and self.data.year not in YEARS:
            raise ValidationError(gettext("Check the year of this date."))

    def as_text(self) -> str:
        """The date in ISO 8601, or what was typed and is none."""
        return self.data.isoformat() if self.data else " ".join(map(str, self.raw_data or ()))

    def in_words(self, text: str) -> str:
        """The date as people write it."""
        try:
            return format_day(date.fromisoformat(text))
        except ValueError:
            return text


class SeveralField(CheckboxesField):
    """Several of some choices, that can be compared."""

    def as_text(self) -> str:
        """The chosen ones."""
        return ",".join(sorted(map(str, self.data or ())))

    def in_words(self, text: str) -> str:
        """Their names."""
        names = {str(each.value): str(each.label) for each in _options(self)}
        return ", ".join(names.get(each, each) for each in text.split(",") if each)


class AnotherContactField(RadioField):
    """A contact among those found; whether it may be chosen is for the service to say."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), validate_choice=False, **options)

    def in_words(self, text: str) -> str:
        """The contact's name."""
        return next((str(each.label) for each in _options(self) if str(each.value) == text), text) if text else ""


def _options(field: Any) -> Iterable[Any]:
    """The choices of a field with `value` and `label`, which the library's stubs take for pairs."""
    return field.iter_choices()  # type: ignore[no-any-return]


class ValuesForm(SharedForm):
    """The fields of one group for one contact; made by `values_form`."""

    FILLED: ClassVar[Sequence[Filled]] = ()

    @property
    def searches(self) -> dict[str, str]:
        """For each field that points to a contact, the name of the input that finds one."""
        return {field_name(each.field.key): find_name(each.field.key) for each in self.FILLED if _points(each)}

    def details(self) -> dict[str, list[Value]]:
        """The typed values by the fields' keys, as the service wants them."""
        return {each.field.key: _values(each, self[field_name(each.field.key)].data) for each in self.FILLED}


def find_name(key: str) -> str:
    """The input in which a contact is looked for."""
    return f"find_{key}"


def version_of(filled: Sequence[Filled]) -> int:
    """A number that is another one as soon as a field or what is in it has changed."""
    told = [(each.field.id, each.field.version, sorted(map(str, each.values))) for each in filled]
    return int(hashlib.sha256(repr(told).encode()).hexdigest()[:12], 16)


def values_form(filled: Sequence[Filled], offers: Offers, **options: Any) -> ValuesForm:
    """A form of these fields with what is in them; `offers` are contacts to choose from, by the key of the field."""
    inputs: dict[str, Any] = {}
    for each in filled:
        inputs[field_name(each.field.key)] = _input(each, offers)
        if _points(each):
            inputs[find_name(each.field.key)] = TextField(gettext("Find a contact"), longest=100)
    parts = tuple(field_name(each.field.key) for each in filled)
    made = type("ValuesFormOfGroup", (ValuesForm,), {**inputs, "PARTS": parts, "FILLED": filled})
    form: ValuesForm = made(data={field_name(each.field.key): _shown(each) for each in filled}, **options)
    if "formdata" in options or not form.is_submitted():
        form.shows(version_of(filled))
    return form


def _points(each: Filled) -> bool:
    return each.field.type is CustomType.CONTACT


def _input(each: Filled, offers: Offers) -> Any:
    """The input of a field, by its type."""
    field, code = each.field, language()
    facts, must = facts_of(field), [InputRequired() if field.is_required else Optional()]
    told: dict[str, Any] = {"label": field.name(code), "validators": must, "description": field.help(code)}
    choices = [
        (str(one.id), _choice_name(one.name(code), is_retired=one.id in facts.retired))
        for one in field.choices if one.id not in facts.retired or one.id in each.values
    ]  # fmt: skip
    longest = field.longest or USUAL.get(field.type.value, 0)
    people = {**each.names, **dict(offers.get(field.key, ()))}
    found = [("", gettext("Nobody")), *((str(key), name) for key, name in people.items())]
    makers: dict[CustomType, Callable[[], Any]] = {
        CustomType.TEXT: lambda: TextField(longest=longest, **told),
        CustomType.LONG_TEXT: lambda: LongTextField(longest=longest, render_kw={"rows": 4}, **told),
        CustomType.DATE: lambda: LongAgoField(**told),
        CustomType.CHOICE: lambda: SelectField(choices=offered([BLANK, *choices]), **told),
        CustomType.CHOICES: lambda: SeveralField(choices=offered(choices), **told),
        CustomType.YES_NO: lambda: SelectField(
            choices=offered([BLANK, (YES, gettext("Yes")), (NO, gettext("No"))]), **told
        ),
        CustomType.CONTACT: lambda: AnotherContactField(choices=offered(found), **told),
        CustomType.NUMBER: lambda: FigureField(facts=facts, **told),
        CustomType.MONEY: lambda: FigureField(facts=facts, **told),
    }
    return makers[field.type]()


def _choice_name(name: str, *, is_retired: bool) -> str:
    return gettext("%(name)s (no longer offered)", name=name) if is_retired else name


def _shown(each: Filled) -> Any:
    """What an input begins with."""
    kind, values = each.field.type, each.values
    if kind is CustomType.CHOICES:
        return [str(value) for value in values]
    value = values[0] if values else None
    if kind is CustomType.YES_NO:
        return "" if value is None else YES if value else NO
    if kind in {CustomType.CHOICE, CustomType.CONTACT}:
        return "" if value is None else str(value)
    return value


def _values(each: Filled, data: Any) -> list[Value]:
    """What was typed as values. A choice or contact that is no number is one that there is not."""
    if data is None or data in ("", []):
        return []
    if each.field.type is CustomType.YES_NO:
        return [data == YES]
    if each.field.type in {CustomType.CHOICE, CustomType.CHOICES, CustomType.CONTACT}:
        return [_number(one) for one in (data if isinstance(data, list) else [data])]
    return [data]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
