"""What kinds of fields there are, in words."""

from collections.abc import Mapping

from app.contacts.rules.custom_fields import CustomType
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l

TYPES: Mapping[CustomType, Text] = {
    CustomType.TEXT: _l("Text"),
    CustomType.LONG_TEXT: _l("Long text"),
    CustomType.NUMBER: _l("A number"),
    CustomType.MONEY: _l("Amount of money"),
    CustomType.DATE: _l("Date"),
    CustomType.CHOICE: _l("One of some choices"),
    CustomType.CHOICES: _l("Several of some choices"),
    CustomType.YES_NO: _l("Yes or no"),
    CustomType.CONTACT: _l("Another contact"),
}
USES: Mapping[CustomType, Text] = {
    CustomType.TEXT: _l("One line, such as a nickname or a number of a file."),
    CustomType.LONG_TEXT: _l("Several lines, such as a story or a dietary need."),
    CustomType.NUMBER: _l("Whole or with decimals; segments can ask for more or less."),
    CustomType.MONEY: _l("In one currency, such as an estimate of wealth."),
    CustomType.DATE: _l("A day, such as when somebody was first met."),
    CustomType.CHOICE: _l("A list of which one holds, such as a size."),
    CustomType.CHOICES: _l("A list of which several may hold, such as languages spoken."),
    CustomType.YES_NO: _l("Yes, no, or not known."),
    CustomType.CONTACT: _l("Somebody in your contacts, such as who introduced them."),
}
