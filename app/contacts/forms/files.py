"""What staff send in: a file, and who may read it."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectField, ValidationError

from app.contacts.models.visibility import Visibility
from app.contacts.wording.visibility import WHO_READS
from app.kernel.i18n import gettext
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import offered
from app.web.forms import Form


class FileForm(Form):
    """One file of at most `largest` bytes."""

    file = FileField(_l("File"))
    visibility = SelectField(_l("Who may read it"), choices=offered(WHO_READS.items()), default=Visibility.EVERYBODY)

    def __init__(self, largest: int, **options: Any) -> None:
        super().__init__(**options)
        self._largest = largest
        self.content = b""

    def validate_file(self, field: Any) -> None:
        """Read the file, but no more of it than it may have."""
        if not field.data or not field.data.filename:
            raise ValidationError(gettext("Choose a file first."))
        self.content = field.data.stream.read(self._largest + 1)
        if len(self.content) > self._largest:
            size = self._largest // 1_000_000
            raise ValidationError(gettext("This file is too large: %(size)s MB at most.", size=size))

    @property
    def filename(self) -> str:
        """What the browser says it is called."""
        return str(self.file.data.filename)

    @property
    def chosen(self) -> Visibility:
        """Who may read it."""
        return Visibility(self.visibility.data)
