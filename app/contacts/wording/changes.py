"""What the form of a contact says, in words, for whoever is shown what somebody else changed meanwhile.

It comes from the browser, so anything may stand where a date or a reason should: then it is shown as it came.
"""

from collections.abc import Mapping
from datetime import date

from app.contacts.models import HoldReason
from app.contacts.rules.reaching import is_day_of_year
from app.contacts.wording.reaching import HOLDS, season_words, validity_words
from app.kernel.i18n import LANGUAGES, format_day
from app.kernel.i18n import gettext as _

MARKS = ("is_deceased", "do_not_contact", "no_email", "no_phone", "no_post")
DAYS = ("birth_on", "deceased_on")
TYPED = ("address", "typed", "street", "postcode", "city", "region", "country")


def words_of_part(part: str, text: str) -> str:
    """A part of the contact itself."""
    if part in MARKS:
        return _("Yes") if text else _("No")
    if part in DAYS and (day := _day(text)) is not None:
        return format_day(day)
    return LANGUAGES.get(text, text) if part == "language" else text


def words_of_row(name: str, row: Mapping[str, str]) -> str:  # noqa: ARG001 - every list is worded alike
    """A way to reach somebody: what it is, its label, and what is said of its use."""
    what = ", ".join(text for part in TYPED if (text := row.get(part, "")))
    label = f" ({row['label']})" if row.get("label") else ""
    reason = row.get("hold_reason", "")
    said = [
        validity_words(_day(row.get("valid_from", "")), _day(row.get("valid_until", ""))),
        season_words(*(_year_day(row.get(part, "")) for part in ("season_from", "season_until"))),
        str(HOLDS[HoldReason(reason)]) if reason in list(HoldReason) else reason,
    ]
    return " · ".join([what + label, *filter(None, said)])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _year_day(text: str) -> int | None:
    value = int(text) if len(text) < 5 and text.isascii() and text.isdecimal() else 0
    return value if is_day_of_year(value) else None
