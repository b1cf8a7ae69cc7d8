"""What people type about second factors. A passkey is no text: the script of the page writes the browser's answer."""

from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from app.accounts.rules.one_time_codes import LONGEST
from app.accounts.rules.passkeys import LONGEST_ANSWER
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import TextField
from app.web.forms import Form


class CodeForm(Form):
    """The six figures an authenticator app shows."""

    code = TextField(_l("Code from your app"), [InputRequired()], longest=LONGEST)


class RecoveryCodeForm(Form):
    """One of the codes on paper."""

    code = TextField(_l("Recovery code"), [InputRequired()], longest=LONGEST)


class PasskeyForm(Form):
    """What a browser answered when a passkey was touched."""

    answer = HiddenField(validators=[InputRequired(), Length(max=LONGEST_ANSWER)])


class NewPasskeyForm(PasskeyForm):
    """A passkey that the browser has made, and what its owner calls it."""

    name = TextField(
        _l("Name"), [InputRequired()], longest=80, description=_l("So that you know it again: “My phone”.")
    )


class PasskeyNameForm(Form):
    """What the owner of a passkey calls it."""

    name = TextField(_l("Name"), [InputRequired()], longest=80)
