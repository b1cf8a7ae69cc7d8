"""Roles, sign-ins and features in the reader's words: `{{ role.name|role_name }}` in templates."""

from app.accounts.models import EndReason, SignInMethod, StaffSession
from app.kernel.i18n import Text
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l

_ROLES: dict[str, Text] = {
    "Administrator": _l("Administrator"),
    "Finance": _l("Finance"),
    "Fundraiser": _l("Fundraiser"),
    "Reader": _l("Reader"),
}


def role_name(name: str) -> str:
    """What a role that every organisation begins with is called; one of its own is called as it was written."""
    return str(_ROLES.get(name, name))


_FEATURES: dict[str, Text] = {
    "accounts": _l("Staff and audit trail"),
    "contacts": _l("People"),
    "funds": _l("Funds and campaigns"),
    "payments": _l("Online payments"),
    "giving": _l("Gifts, receipts and giving forms"),
    "admin": _l("Settings"),
    "reports": _l("Figures"),
    "operations": _l("The installation"),
}
METHODS: dict[SignInMethod, Text] = {
    SignInMethod.PASSWORD: _l("Password"),
    SignInMethod.PROVIDER: _l("Your organisation’s sign-in"),
    SignInMethod.PASSKEY: _l("Passkey"),
    SignInMethod.LINK: _l("Invitation"),
}
_ENDS: dict[EndReason, Text] = {
    EndReason.SIGNED_OUT: _l("Signed out"),
    EndReason.REPLACED: _l("Signed in anew"),
    EndReason.BY_OWNER: _l("Ended from another sign-in"),
    EndReason.BY_ADMINISTRATOR: _l("Ended by an administrator"),
    EndReason.NEW_PASSWORD: _l("The password was changed"),
    EndReason.NEW_SECOND_FACTOR: _l("The second factor was changed"),
    EndReason.SWITCHED_OFF: _l("The account was switched off"),
}


def feature_name(name: str) -> str:
    """What a part of the product is called, as a heading over what roles allow in it."""
    return str(_FEATURES.get(name, name.capitalize()))


def method_in_words(method: SignInMethod) -> str:
    """How somebody came in."""
    return str(METHODS[method])


def end_in_words(record: StaffSession) -> str:
    """Why a sign-in is over."""
    return str(_ENDS[record.end_reason]) if record.end_reason else _("Ran out by itself")
