"""Messages of fields are shown whole."""

from flask import render_template_string
from wtforms.validators import InputRequired

from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import TextField
from app.web.forms import Form


class _Asking(Form):
    name = TextField("Name", [InputRequired(_l("This is needed."))])


def test_a_message_that_is_worded_late_is_shown_whole(whole_app):
    with whole_app.test_request_context("/", method="POST", data={}):
        form = _Asking()
        form.validate()
        shown = render_template_string(
            "{% from 'components/forms.html' import field %}{{ field(form.name) }}", form=form
        )

    assert "This is needed." in shown
