"""What staff may choose of news of a segment: how often."""

from wtforms import SelectField

from app.contacts.models import Rhythm
from app.contacts.wording.subscriptions import RHYTHMS
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import offered
from app.web.forms import Form


class SubscriptionForm(Form):
    """How often."""

    every = SelectField(_l("How often"), choices=offered((each.value, words) for each, words in RHYTHMS.items()))

    @property
    def rhythm(self) -> Rhythm:
        """What was chosen."""
        return Rhythm(self.every.data)
