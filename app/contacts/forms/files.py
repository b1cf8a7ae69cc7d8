"""What staff send in: a file, and who may read it."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField, MultipleFileField
from wtforms import SelectField, ValidationError

from app.contacts.models.visibility import Visibility
from app.contacts.services.files import MOST_AT_ONCE
from app.contacts.wording.visibility import WHO_READS
from app.kernel.i18n import gettext
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import offered
from app.web.forms import Form

TYPES = ".pdf,.png,.jpg,.jpeg,.webp,.gif,.docx,.xlsx,.pptx,.odt,.ods,.odp,.txt,.csv"
"""What browsers offer first. They may send anything; what is in a file decides."""


class SeveralFilesField(MultipleFileField):  # type: ignore[misc]
    """Some files, of `largest` bytes together; no more of them is read. `sent` are their names with what is in them."""

    largest = 0
    sent: Sequence[tuple[str, bytes]] = ()

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' signature
        """Read them."""
        chosen = [each for each in self.data or () if each and each.filename]
        if len(chosen) > MOST_AT_ONCE:
            raise ValidationError(gettext("%(most)s files at most at a time.", most=MOST_AT_ONCE))
        left, found = self.largest, []
        for each in chosen:
            found.append((str(each.filename), each.stream.read(left + 1)))
            left -= len(found[-1][1])
            if left < 0:
                size = self.largest // 1_000_000
                raise ValidationError(gettext("This is too much at once: %(size)s MB at most.", size=size))
        self.sent = found


class FileForm(Form):
    """One file of at most `largest` bytes."""

    TYPES = TYPES
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
