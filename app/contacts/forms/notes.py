"""What staff may type into a note."""

from typing import Any, ClassVar

from wtforms import SelectField
from wtforms.validators import InputRequired

from app.contacts.forms.files import TYPES, SeveralFilesField
from app.contacts.forms.meanwhile import SharedForm
from app.contacts.models import ContactNote
from app.contacts.models.visibility import Visibility
from app.contacts.services.notes import NoteDetails
from app.contacts.wording.visibility import WHO_READS
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import LongTextField, offered


class NoteForm(SharedForm):
    """A note about a contact, and who may read it."""

    PARTS: ClassVar = ("text", "visibility")
    text = LongTextField(_l("Note"), [InputRequired()], longest=5000, render_kw={"rows": 3})
    visibility = SelectField(_l("Who may read it"), choices=offered(WHO_READS.items()), default=Visibility.EVERYBODY)

    files = SeveralFilesField(_l("Files"), render_kw={"accept": TYPES})

    def __init__(self, largest: int = 0, **options: Any) -> None:
        """A note with files of `largest` bytes together."""
        super().__init__(**options)
        self.files.largest = largest

    @classmethod
    def of(cls, note: ContactNote, largest: int = 0, **options: Any) -> "NoteForm":
        """Begin with a note as it is."""
        form = cls(largest, data={"text": note.text, "visibility": note.visibility.value}, **options)
        if "formdata" in options or not form.is_submitted():
            form.shows(note.version)
        return form

    def details(self) -> NoteDetails:
        """What the service wants to know."""
        return NoteDetails(text=self.text.data or "", visibility=Visibility(self.visibility.data))
