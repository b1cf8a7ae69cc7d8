"""What staff type when they recognise somebody for a gift."""

from typing import Any

from wtforms import SelectField
from wtforms.validators import InputRequired

from app.contacts.models import Contact
from app.giving.models import CreditRole
from app.giving.services.soft_credits import CreditDetails
from app.giving.wording import choices_of
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import AtLeast, MoneyField, offered
from app.web.forms import Form


class CreditForm(Form):
    """Why somebody is recognised, and for how much of the gift."""

    role = SelectField(_l("Why"), choices=offered(choices_of(*CreditRole)))
    amount = MoneyField(_l("Amount"), [InputRequired(), AtLeast(1)])

    def process(self, *typed: Any, currency: str = "EUR", **known: Any) -> None:
        """Read what was typed, in the gift's currency."""
        self.amount.currency = currency
        super().process(*typed, **known)

    def details(self, contact: Contact) -> CreditDetails:
        """What the service wants to know, once the form is valid."""
        assert self.amount.data is not None
        return CreditDetails(contact=contact, role=CreditRole(self.role.data), amount=self.amount.data)
