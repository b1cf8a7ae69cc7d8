"""Roles in the reader's words: `{{ role.name|role_name }}` in templates."""

from app.kernel.i18n import Text
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
