"""What staff type about households: members, how they are greeted, who leaves together."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField
from wtforms.validators import Optional

from app.contacts.models import Contact, ContactKind, Household, HouseholdMember
from app.contacts.services.details import ContactDetails
from app.contacts.services.households import GreetingDetails, MemberDetails
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import CheckboxesField, DayField, TextField, offered
from app.web.forms import Form


def version_in(field: Any) -> int:
    """The version that a form was made from; 0 if what came back is no number."""
    typed = str(field.data or "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


class MemberForm(Form):
    """A member: their place in the household, since when, and in which strings they stand."""

    role = TextField(_l("Role"), longest=60)
    since = DayField(_l("Since"), [Optional()])
    is_in_name = BooleanField(_l("In the name of the household"))
    is_in_formal = BooleanField(_l("In the formal greeting"))
    is_in_informal = BooleanField(_l("In the informal greeting"))
    version = HiddenField()

    @classmethod
    def of(cls, member: HouseholdMember | None) -> Any:
        """Begin with a member as they are; somebody new stands in every string."""
        new = {"is_in_name": True, "is_in_formal": True, "is_in_informal": True}
        return cls(obj=member) if member is not None else cls(data=new)

    def member_details(self) -> MemberDetails:
        """The typed values, in the shape the service takes."""
        return MemberDetails(
            role=self.role.data or "", since=self.since.data, is_in_name=bool(self.is_in_name.data),
            is_in_formal=bool(self.is_in_formal.data), is_in_informal=bool(self.is_in_informal.data),
        )  # fmt: skip


class NewMemberForm(MemberForm):
    """Somebody we did not know, who belongs to the household."""

    title = TextField(_l("Title"), longest=30)
    given_name = TextField(_l("First name"), longest=100)
    family_name = TextField(_l("Last name"), longest=100)

    def person_details(self, language: str) -> ContactDetails:
        """The new person; we write to them in the household's language."""
        return ContactDetails(
            kind=ContactKind.PERSON, title=self.title.data or "", given_name=self.given_name.data or "",
            family_name=self.family_name.data or "", language=language,
        )  # fmt: skip


class GreetingsForm(Form):
    """The three strings, each by hand or left empty to follow from the members."""

    name = TextField(_l("Name"), longest=200)
    formal = TextField(_l("Formal greeting"), longest=300)
    informal = TextField(_l("Informal greeting"), longest=300)
    version = HiddenField()

    @classmethod
    def of(cls, household: Contact, row: Household | None) -> "GreetingsForm":
        """Begin with what is written by hand."""
        return cls(
            data={
                "name": household.group_name if row is None or row.is_name_manual else "",
                "formal": row.formal_greeting if row is not None and row.is_formal_manual else "",
                "informal": row.informal_greeting if row is not None and row.is_informal_manual else "",
                "version": row.version if row is not None else 0,
            }
        )

    def details(self) -> GreetingDetails:
        """The typed values, in the shape the service takes."""
        return GreetingDetails(
            name=self.name.data or "", formal=self.formal.data or "", informal=self.informal.data or ""
        )


class SplitForm(Form):
    """Who leaves together into a household of their own."""

    leaving = CheckboxesField(_l("Who leaves"))

    @classmethod
    def of(cls, members: Sequence[HouseholdMember]) -> "SplitForm":
        """With the members there are."""
        form = cls()
        form.leaving.choices = offered((str(each.id), each.person.name) for each in members)
        return form

    @property
    def keys(self) -> list[int]:
        """The memberships that were ticked."""
        return [int(key) for key in self.leaving.data or ()]
