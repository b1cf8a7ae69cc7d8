"""A rule's "no" is shown where it belongs, and nothing is kept."""

import pytest
from werkzeug.datastructures import MultiDict
from wtforms.validators import InputRequired

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import TextField
from app.web.forms import Form


class Named(Form):
    class Meta(Form.Meta):  # noqa: D106 - WTForms' own way
        csrf = False

    name = TextField(validators=[InputRequired()])


@pytest.fixture
def form(whole_app):
    with whole_app.test_request_context("/", method="POST"):
        yield Named(MultiDict({"name": "Asha"}))


def test_a_form_without_faults_is_fine(form):
    assert form.validate()
    assert form.status == 200


def test_a_missing_answer_is_refused(form):
    form = Named(MultiDict({}))

    assert not form.validate()
    assert form.status == 422


def test_a_refusal_stands_at_the_field_it_names(form):
    form.validate()
    form.refuse(Refused(_l("Somebody has this name already."), field="name"))

    assert form.name.errors == ["Somebody has this name already."]
    assert (form.form_errors, form.status) == ([], 422)


@pytest.mark.parametrize("field", [None, "", "no_such_field"])
def test_any_other_refusal_stands_above_the_form(form, field):
    form.validate()
    form.refuse(Refused(_l("Not today."), field=field))
    form.refuse(Refused(_l("Nor tomorrow."), field=field))

    assert form.form_errors == ["Not today.", "Nor tomorrow."]
    assert form.status == 422
