"""What staff type about a line of a payout."""

from wtforms.validators import InputRequired

from app.kernel.i18n import lazy_gettext as _l
from app.payments.models.payout_line import LONGEST_EXPLANATION
from app.web.fields import LongTextField
from app.web.forms import Form


class ExplanationForm(Form):
    """What a line is."""

    explanation = LongTextField(
        _l("What is it?"), [InputRequired(_l("Please say in a few words what this is."))], longest=LONGEST_EXPLANATION
    )
