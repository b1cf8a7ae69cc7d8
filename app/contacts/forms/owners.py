"""Who of us looks after a contact, chosen."""

from collections.abc import Sequence

from wtforms import SelectField

from app.accounts.models import StaffUser
from app.contacts.forms.tasks import name_of, with_whoever
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import offered
from app.web.forms import Form


class OwnerForm(Form):
    """One of us, whoever it is now even if they have left, or nobody."""

    owner = SelectField(_l("Looked after by"))

    def __init__(self, people: Sequence[StaffUser], now: StaffUser | None) -> None:
        super().__init__(data={"owner": str(now.id) if now is not None else ""})
        self._people = {str(each.id): each for each in (people if now is None else with_whoever(people, now))}
        people_by_key = [(key, name_of(each)) for key, each in self._people.items()]
        self.owner.choices = offered([("", _l("Nobody")), *people_by_key])

    @property
    def chosen(self) -> StaffUser | None:
        """Who was chosen."""
        return self._people.get(self.owner.data or "")
