"""What staff type about ties between contacts, and about the kinds of ties there are."""

from collections.abc import Sequence
from datetime import date

from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import InputRequired, Optional

from app.contacts.models import ContactKind, Relationship, RelationshipType
from app.contacts.services.relationships import TieDetails, TypeDetails
from app.kernel.i18n import LANGUAGES, gettext, language
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import CheckboxesField, DayField, LongTextField, TextField, offered
from app.web.forms import Form

KINDS = {
    ContactKind.PERSON: _l("People"),
    ContactKind.HOUSEHOLD: _l("Households"),
    ContactKind.ORGANISATION: _l("Organisations"),
}


class DatedForm(Form):
    """The days of a tie, and what else is to be said of it."""

    since = DayField(_l("Since"), [Optional()])
    until = DayField(_l("Until"), [Optional()])
    is_primary = BooleanField(_l("Their main employer"))
    note = LongTextField(_l("Note"), longest=1000)
    version = HiddenField()

    @property
    def seen_version(self) -> int:
        """The version that was shown; 0 if what came back is no number."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


class TieForm(DatedForm):
    """A new tie: what the one contact is to the other."""

    kind = SelectField(_l("What they are"), [InputRequired()])

    @classmethod
    def between(cls, sayable: Sequence[tuple[RelationshipType, bool]]) -> "TieForm":
        """With the types that can be said of these two."""
        form = cls()
        named = [(_value(kind, is_forward), _name(kind, is_forward)) for kind, is_forward in sayable]
        form.kind.choices = offered([("", gettext("Choose…")), *named])
        form.has_employment = any(kind.is_employment for kind, _is_forward in sayable)
        return form

    has_employment: bool = False

    def details(self) -> TieDetails:
        """The typed values, in the shape the service takes."""
        key, _colon, side = str(self.kind.data).partition(":")
        return TieDetails(
            type_id=int(key), is_forward=side != "back", since=self.since.data, until=self.until.data,
            is_primary=bool(self.is_primary.data), note=self.note.data or "",
        )  # fmt: skip


class TieEditForm(DatedForm):
    """A tie there is: its days and note."""

    @classmethod
    def of(cls, tie: Relationship) -> "TieEditForm":
        """Begin with the tie as it is."""
        return cls(obj=tie)

    def details(self, tie: Relationship) -> TieDetails:
        """The typed values, in the shape the service takes."""
        return TieDetails(
            type_id=tie.type_id, since=self.since.data, until=self.until.data, is_primary=bool(self.is_primary.data),
            note=self.note.data or "",
        )  # fmt: skip


class EndForm(Form):
    """The last day of a tie or of a membership."""

    until = DayField(_l("Last day"), [InputRequired()])

    @classmethod
    def on(cls, day: date) -> "EndForm":
        """Proposing a day."""
        return cls(data={"until": day})


class TypeForm(Form):
    """A kind of tie, forwards and backwards, in each language."""

    forward_fr = TextField(_l("In French"), longest=80)
    forward_en = TextField(_l("In English"), longest=80)
    forward_ne = TextField(_l("In Nepali"), longest=80)
    backward_fr = TextField(_l("The other way round, in French"), longest=80)
    backward_en = TextField(_l("The other way round, in English"), longest=80)
    backward_ne = TextField(_l("The other way round, in Nepali"), longest=80)
    forward_kinds = CheckboxesField(_l("Said of"))
    backward_kinds = CheckboxesField(_l("Towards"))
    is_symmetric = BooleanField(_l("It reads the same both ways, as with spouses and friends"))
    version = HiddenField()

    @classmethod
    def of(cls, kind: RelationshipType | None) -> "TypeForm":
        """Begin with a kind of tie as it is, or with a blank one."""
        form = cls(data=_shown(kind) if kind is not None else {"forward_kinds": [ContactKind.PERSON.value]})
        for field in (form.forward_kinds, form.backward_kinds):
            field.choices = offered((each.value, label) for each, label in KINDS.items())
        return form

    def details(self) -> TypeDetails:
        """The typed values, in the shape the service takes."""
        return TypeDetails(
            forward_names={code: self[f"forward_{code}"].data or "" for code in LANGUAGES},
            backward_names={code: self[f"backward_{code}"].data or "" for code in LANGUAGES},
            forward_kinds=tuple(map(ContactKind, self.forward_kinds.data or ())),
            backward_kinds=tuple(map(ContactKind, self.backward_kinds.data or ())),
            is_symmetric=bool(self.is_symmetric.data),
        )

    @property
    def seen_version(self) -> int:
        """The version that was shown; 0 if what came back is no number."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


def _shown(kind: RelationshipType) -> dict[str, object]:
    names = {f"forward_{code}": kind.forward_names.get(code, "") for code in LANGUAGES}
    names |= {f"backward_{code}": kind.backward_names.get(code, "") for code in LANGUAGES}
    parts = ("forward_kinds", "backward_kinds", "is_symmetric", "version")
    return {**names, **{name: getattr(kind, name) for name in parts}}


def _value(kind: RelationshipType, is_forward: bool) -> str:  # noqa: FBT001 - a pair of the list of what can be said
    return f"{kind.id}:{'to' if is_forward else 'back'}"


def _name(kind: RelationshipType, is_forward: bool) -> str:  # noqa: FBT001 - see above
    return kind.words(language(), is_forward=is_forward)
