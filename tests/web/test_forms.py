"""What every form does with the answers it refuses."""

import pytest
from flask import render_template_string
from werkzeug.datastructures import MultiDict
from wtforms.validators import InputRequired, Regexp

from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import speaking
from app.web.application import Application
from app.web.fields import TextField
from app.web.forms import Form

pytestmark = pytest.mark.db


class Coded(Form):
    class Meta(Form.Meta):
        """Nothing is sent from a page here."""

        csrf = False

    name = TextField(validators=[InputRequired(_l("This is needed."))])
    code = TextField(validators=[Regexp("^[A-Z]+$", message=_l("Use capital letters, digits, - and _ only."))])


@pytest.mark.parametrize(
    ("spoken", "needed"), [("en", "This is needed."), ("fr", "Cette réponse est nécessaire."), ("ne", None)]
)
def test_a_message_made_at_import_is_shown_whole_and_in_the_readers_language(
    app: Application, spoken: str, needed: str | None
) -> None:
    with app.test_request_context("/"), speaking(spoken):
        form = Coded(MultiDict({"name": "", "code": "winter 26"}))
        assert not form.validate()
        shown = render_template_string(
            "{% from 'components/forms.html' import form_errors %}{{ form_errors(form) }}", form=form
        )

        for field in (form.name, form.code):
            (message,) = field.errors
            assert isinstance(message, str)
            assert f"{message}</a></li>" in shown
        assert needed in {None, form.name.errors[0]}
