"""What people type to sign in, and what administrators type about staff."""

from collections.abc import Sequence
from dataclasses import replace

from wtforms import BooleanField, HiddenField, PasswordField, SelectField
from wtforms.validators import EqualTo, InputRequired, Length

from app.accounts.models import Role
from app.accounts.rules.one_time_codes import LONGEST as LONGEST_CODE
from app.accounts.rules.passkeys import LONGEST_ANSWER
from app.accounts.rules.passwords import LONGEST
from app.accounts.services import StaffDetails
from app.kernel.actors import Capability
from app.kernel.i18n import LANGUAGES
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import CheckboxesField, Email, TextField, offered
from app.web.forms import Form


class SignInForm(Form):
    """E-mail address and password."""

    email = TextField(_l("E-mail address"), [InputRequired()])
    password = PasswordField(_l("Password"), [InputRequired(), Length(max=LONGEST)])


class ConfirmForm(Form):
    """One proof more of who one is: the password, a code of one's app, or what a browser answered for a passkey.

    `carries` says that the page holds what was typed elsewhere, to be sent again.
    """

    password = PasswordField(_l("Password"), [Length(max=LONGEST)])
    code = TextField(_l("Code from your app"), longest=LONGEST_CODE)
    answer = HiddenField(validators=[Length(max=LONGEST_ANSWER)])
    next = HiddenField()
    carries = HiddenField()


class InvitationForm(Form):
    """Somebody who is asked to work here."""

    name = TextField(_l("Name"), [InputRequired()])
    email = TextField(_l("E-mail address"), [InputRequired(), Email()])
    language = SelectField(_l("Language"), choices=offered(LANGUAGES.items()))
    role_ids = CheckboxesField(_l("Roles"))

    def details(self, roles: Sequence[Role]) -> StaffDetails:
        """The typed values, with the roles they name."""
        return StaffDetails(
            email=self.email.data or "", name=self.name.data or "", language=self.language.data, roles=roles
        )


class StaffForm(InvitationForm):
    """A staff user, as an administrator writes them down."""

    is_active = BooleanField(_l("May sign in"), default=True)

    def details(self, roles: Sequence[Role]) -> StaffDetails:
        """The typed values, with the roles they name."""
        return replace(super().details(roles), is_active=self.is_active.data)


class ForgottenForm(Form):
    """Where to send a link to a new password."""

    email = TextField(_l("E-mail address"), [InputRequired(), Email()])


class ChosenPasswordForm(Form):
    """A password that one chooses through a mailed link."""

    password = PasswordField(
        _l("New password"), [InputRequired(), Length(max=LONGEST)], description=_l("12 characters or more.")
    )
    again = PasswordField(_l("New password again"), [InputRequired(), EqualTo("password", _l("The two do not agree."))])


class RoleForm(Form):
    """A role: a name and what it allows."""

    name = TextField(_l("Name"), [InputRequired()], longest=80)
    needs_second_factor = BooleanField(
        _l("Asks for a second factor"),
        description=_l("Whoever has this role sets up an app or a passkey at their next click, before anything else."),
    )
    capabilities = CheckboxesField(_l("What it allows"))

    def offer(self, capabilities: Sequence[Capability]) -> None:
        """Offer every capability there is."""
        self.capabilities.choices = offered((each.name, str(each.label)) for each in capabilities)


class RolesForm(Form):
    """What all roles allow, at once; the ticks are read by the view. `state` is what the reader saw."""

    state = HiddenField()


class PasswordForm(Form):
    """One's own new password."""

    old_password = PasswordField(_l("Present password"), [InputRequired(), Length(max=LONGEST)])
    password = PasswordField(
        _l("New password"), [InputRequired(), Length(max=LONGEST)], description=_l("12 characters or more.")
    )
    again = PasswordField(_l("New password again"), [EqualTo("password", _l("The two do not agree."))])


class OwnLanguageForm(Form):
    """The language one reads the back office in."""

    language = SelectField(_l("Language"), choices=offered(LANGUAGES.items()))


class OwnRemindersForm(Form):
    """Whether one is mailed what is due."""

    gets_reminders = BooleanField(_l("Mail me each morning what is due"))
