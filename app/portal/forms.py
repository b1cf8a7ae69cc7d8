"""What donors may type and choose on their own page."""

from collections.abc import Mapping, Sequence

from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from app.contacts.models import Consent, Contact, ContactAddress, ContactKind
from app.contacts.queries.consents import Asked
from app.contacts.rules.postal import PostalAddress
from app.kernel.i18n import LANGUAGES
from app.kernel.i18n import lazy_gettext as _l
from app.portal.services.agreeing import is_open
from app.portal.services.details import OwnDetails
from app.web.fields import CountryField, Email, LongTextField, TextField, offered
from app.web.forms import Form

YES, NO = "yes", "no"


class AddressForm(Form):
    """To which address the link goes."""

    email = TextField(_l("Your e-mail address"), [InputRequired(), Email()])


class NewEmailForm(Form):
    """Where we are to write from now on."""

    email = TextField(_l("New e-mail address"), [InputRequired(), Email()])


class ButtonForm(Form):
    """A button and nothing else."""


class LanguageForm(Form):
    """In which language we write to them."""

    language = SelectField(_l("Language"), [InputRequired()], choices=offered(LANGUAGES.items()))


class DetailsForm(Form):
    """How they are called and where they live."""

    given_name = TextField(_l("First name"))
    family_name = TextField(_l("Last name"))
    group_name = TextField(_l("Name"))
    street = LongTextField(_l("Number and street"), longest=300)
    postcode = TextField(_l("Postcode"), longest=20)
    city = TextField(_l("Town"))
    country = CountryField(_l("Country"), [Optional()])

    @classmethod
    def of(cls, contact: Contact, place: ContactAddress | None, home: str) -> "DetailsForm":
        """The form with what we have; only the names that this kind of contact has."""
        kept = {part: getattr(place, part) for part in ("street", "postcode", "city", "country")} if place else {}
        names = {name: getattr(contact, name) for name in ("given_name", "family_name", "group_name")}
        form = cls(data={"country": home, **kept, **names})
        unused = ("group_name",) if contact.kind is ContactKind.PERSON else ("given_name", "family_name")
        for name in unused:
            del form[name]
        return form

    @property
    def shown(self) -> list[str]:
        """The fields that ask for a name."""
        return [name for name in ("given_name", "family_name", "group_name") if name in self]

    def details(self) -> OwnDetails:
        """The typed values."""
        names = {name: self[name].data or "" for name in self.shown}
        place = PostalAddress(
            street=self.street.data or "", postcode=self.postcode.data or "", city=self.city.data or "",
            country=self.country.data or "",
        )  # fmt: skip
        return OwnDetails(**names, place=place)


def answers_form(asked: Sequence[tuple[Asked, Consent | None]], language: str) -> Form:
    """A yes and a no for each of the words in force, the answer that counts chosen; fields are named "w7" by key.

    A box that was left unticked on a form chooses neither.
    """
    choices = offered(((YES, _l("Yes")), (NO, _l("No"))))
    fields: Mapping[str, RadioField] = {
        name_of(each): RadioField(each.newest.text(language), [Optional()], choices=choices) for each, _ in asked
    }
    known = {
        name_of(each): YES if said.is_given else NO for each, said in asked if said is not None and not is_open(said)
    }
    made: Form = type("AnswersForm", (Form,), dict(fields))(data=known)
    return made


def name_of(asked: Asked) -> str:
    """The name of the field that asks this."""
    return f"w{asked.newest.id}"


def answers_in(form: Form, asked: Sequence[tuple[Asked, Consent | None]]) -> dict[int, bool]:
    """What was answered, by wording; what was left open is no answer."""
    said = {each.newest.id: form[name_of(each)].data for each, _ in asked}
    return {wording_id: value == YES for wording_id, value in said.items() if value in {YES, NO}}
