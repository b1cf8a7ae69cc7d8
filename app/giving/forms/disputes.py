"""What staff type about a dispute."""

from wtforms import BooleanField
from wtforms.validators import InputRequired

from app.kernel.i18n import lazy_gettext as _l
from app.payments.models.dispute_note import LONGEST_NOTE
from app.payments.services.disputes import NoteDetails
from app.web.fields import LongTextField
from app.web.forms import Form, PageKeyField


class DisputeNoteForm(Form):
    """A note; with the tick it says that the dispute was answered at the payment service."""

    key = PageKeyField()
    text = LongTextField(_l("Note"), [InputRequired(_l("Write a few words."))], longest=LONGEST_NOTE)
    says_answered = BooleanField(_l("It was answered at the payment service"))

    def details(self) -> NoteDetails:
        """The note as the service takes it."""
        return NoteDetails(text=self.text.data or "", says_answered=self.says_answered.data, token=self.key.data)
