"""What staff type to set up their own fields: groups, fields by their type, and choices."""

from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from app.contacts.forms.relationships import KINDS
from app.contacts.models import ContactKind, CustomChoice, CustomField, CustomGroup, CustomType
from app.contacts.rules.custom_fields import (
    LONGEST,
    MOST_DECIMALS,
    USUAL,
    read_number,
    scaled,
    text_of_number,
    unscaled,
)
from app.contacts.services.custom_definitions import CHOOSING, FieldDetails, GroupDetails
from app.kernel.errors import Refused
from app.kernel.i18n import LANGUAGES, gettext, language
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS, exponent
from app.web.fields import CheckboxesField, LongTextField, TextField, offered
from app.web.forms import Form

NAMES = tuple(f"name_{code}" for code in LANGUAGES)
FIGURES = frozenset({CustomType.NUMBER, CustomType.MONEY})


class NamedForm(Form):
    """What has a name in each language, and a version."""

    name_fr = TextField(_l("Name in French"), longest=80)
    name_en = TextField(_l("Name in English"), longest=80)
    name_ne = TextField(_l("Name in Nepali"), longest=80)
    version = HiddenField()

    @property
    def names(self) -> dict[str, str]:
        """The name by language."""
        return {code: self[f"name_{code}"].data or "" for code in LANGUAGES}

    @property
    def seen_version(self) -> int:
        """The version that was shown; 0 if what came back is no number."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


class GroupForm(NamedForm):
    """A group of fields: its name, who has it, and who may read it."""

    kinds = CheckboxesField(_l("On the pages of"))
    is_restricted = BooleanField(_l("Only for those who may read what is kept from most staff"))

    @classmethod
    def of(cls, group: CustomGroup | None) -> "GroupForm":
        """Begin with a group as it is, or with a blank one for everybody."""
        shown = {"kinds": list(ContactKind)} if group is None else {
            **_names(group.names), "kinds": group.kinds, "is_restricted": group.is_restricted,
            "version": group.version,
        }  # fmt: skip
        form = cls(data=shown)
        form.kinds.choices = offered((each.value, label) for each, label in KINDS.items())
        return form

    def details(self) -> GroupDetails:
        """The typed values, in the shape the service takes."""
        kinds = tuple(map(ContactKind, self.kinds.data or ()))
        return GroupDetails(names=self.names, kinds=kinds, is_restricted=bool(self.is_restricted.data))


class FieldForm(NamedForm):
    """A field of a type; what does not belong to the type is not asked."""

    key = TextField(_l("Key"), longest=60)
    help_fr = TextField(_l("Help in French"), longest=300)
    help_en = TextField(_l("Help in English"), longest=300)
    help_ne = TextField(_l("Help in Nepali"), longest=300)
    is_required = BooleanField(_l("Must be filled in"))
    is_searchable = BooleanField(_l("Segments and searches may ask for it"))
    longest = IntegerField(_l("Most characters"), [Optional(), NumberRange(1, max(LONGEST.values()))])
    decimals = IntegerField(_l("Digits after the decimal sign"), [InputRequired(), NumberRange(0, MOST_DECIMALS)])
    currency = SelectField(_l("Currency"))
    least = TextField(_l("Smallest"), longest=40)
    most = TextField(_l("Largest"), longest=40)
    choices = LongTextField(_l("Choices, one on each line"), longest=20_000, render_kw={"rows": 6})

    kind: CustomType

    @classmethod
    def of(cls, field: CustomField | None, kind: CustomType, *, currency: str) -> "FieldForm":
        """Begin with a field as it is, or with a blank one of this type and currency."""
        form = cls(data=_shown(field) if field is not None else {
            "is_searchable": True, "decimals": 0, "currency": currency, "longest": USUAL.get(kind.value),
        })  # fmt: skip
        form.kind = kind
        form.currency.choices = offered((code, code) for code in EXPONENTS)
        asked = {
            "key": field is None, "longest": kind.value in LONGEST, "decimals": kind is CustomType.NUMBER,
            "currency": kind is CustomType.MONEY, "least": kind in FIGURES, "most": kind in FIGURES,
            "choices": kind in CHOOSING and field is None,
        }  # fmt: skip
        for name, is_asked in asked.items():
            if not is_asked:
                delattr(form, name)
        return form

    def validate(self, *arguments: Any, **options: Any) -> bool:
        """Whether all is well, bounds included."""
        is_valid = super().validate(*arguments, **options)
        for name in ("least", "most"):
            try:
                self._bound(name)
            except Refused as refusal:
                self.refuse(Refused(refusal.message, field=name))
                is_valid = False
        return is_valid

    def details(self) -> FieldDetails:
        """The typed values, in the shape the service takes."""
        return FieldDetails(
            names=self.names, type=self.kind, key=self._said("key") or "",
            helps={code: self[f"help_{code}"].data or "" for code in LANGUAGES},
            is_required=bool(self.is_required.data), is_searchable=bool(self.is_searchable.data),
            longest=self._said("longest"), decimals=self._said("decimals") or 0, currency=self._said("currency"),
            least=self._bound("least"), most=self._bound("most"),
            choices=tuple((self._said("choices") or "").splitlines()), language=language(),
        )  # fmt: skip

    def _said(self, name: str) -> Any:
        return self[name].data if name in self else None

    def _bound(self, name: str) -> int | None:
        """A bound scaled by the decimals that are typed above it, or in minor units."""
        typed = self._said(name)
        if not typed:
            return None
        decimals = self._said("decimals") or 0
        if self.kind is CustomType.MONEY:
            code = self._said("currency")
            decimals = exponent(code) if code in EXPONENTS else 0
        decimals = min(max(decimals, 0), MOST_DECIMALS)
        return scaled(read_number(typed, decimals, language()), decimals)


class ChoicesForm(Form):
    """More choices for a field."""

    choices = LongTextField(_l("More choices, one on each line"), [InputRequired()], longest=20_000,
                            render_kw={"rows": 4})  # fmt: skip

    @property
    def texts(self) -> list[str]:
        """One for each line."""
        return (self.choices.data or "").splitlines()


class ChoiceForm(NamedForm):
    """The name of a choice in each language."""

    @classmethod
    def of(cls, choice: CustomChoice) -> "ChoiceForm":
        """Begin with the choice as it is."""
        return cls(data={**_names(choice.names), "version": choice.version})


class DeleteForm(Form):
    """Yes, delete it: together with as many values as the page told."""

    expected = HiddenField()
    is_sure = BooleanField(_l("Yes, delete them for good"))

    @property
    def count(self) -> int:
        """How many contacts the person was told of."""
        typed = str(self.expected.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 12 else 0

    def agrees(self, count: int) -> bool:
        """Whether it was sent, and ticked if contacts have something in the field."""
        if not self.validate_on_submit():
            return False
        if count and not self.is_sure.data:
            self.refuse(Refused(gettext("Tick the box if you are sure."), field="is_sure"))
            return False
        return True


def _names(texts: dict[str, str], before: str = "name") -> dict[str, str]:
    return {f"{before}_{code}": texts.get(code, "") for code in LANGUAGES}


def _shown(field: CustomField) -> dict[str, Any]:
    decimals = exponent(field.currency) if field.currency else field.decimals
    bounds = {
        name: "" if kept is None else text_of_number(unscaled(kept, decimals), decimals, language())
        for name, kept in (("least", field.least), ("most", field.most))
    }
    parts = ("is_required", "is_searchable", "longest", "decimals", "currency", "version")
    told = {name: getattr(field, name) for name in parts}
    return {**_names(field.names), **_names(field.helps, "help"), **bounds, **told}
