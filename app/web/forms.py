"""The base of all forms: CSRF on, messages in the reader's language, and refusals shown where they belong."""

from typing import Any

from babel.support import LazyProxy
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import Regexp

from app.kernel.errors import Refused
from app.kernel.i18n import gettext, plural_form
from app.kernel.text import make_token


class _Messages:
    """WTForms' own messages come from our catalogues, which have Nepali too."""

    def gettext(self, message: str) -> str:
        return gettext(message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return plural_form(singular, plural, count)


class Form(FlaskForm):  # type: ignore[misc]
    """What people fill in. After a refusal `status` is 422, so that nothing is committed."""

    form_errors: list[str]

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """WTForms' settings."""

        def get_translations(self, _form: Any) -> _Messages:
            """Ours, whatever the locale."""
            return _Messages()

    def validate(self, *arguments: Any, **options: Any) -> bool:
        """Whether all is well. Messages made at import become text here: pages take whatever is no text for a list."""
        is_valid = bool(super().validate(*arguments, **options))
        for field in self:
            if isinstance(field.errors, list):
                field.errors = [str(each) if isinstance(each, LazyProxy) else each for each in field.errors]
        return is_valid

    def refuse(self, refusal: Refused) -> None:
        """Show a rule's "no": at its field if it names one of ours, else above the form."""
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.form_errors = [*self.form_errors, str(refusal.message)]
        else:
            field.errors = [*field.errors, str(refusal.message)]

    @property
    def status(self) -> int:
        """422 once something is wrong, else 200."""
        return 422 if self.errors or self.form_errors else 200


class PageKeyField(HiddenField):
    """Names the page that a form stands on: whatever is sent from it again is the same, not another one.

    It holds in the database, so a second click needs no script to be harmless.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(default=make_token, validators=[Regexp(r"^[0-9A-HJKMNP-TV-Z]{26}$")], **options)
