"""Why a way to reach somebody is not used, and what is known of it, in words."""

from datetime import date

from babel.dates import format_skeleton

from app.contacts.models import HoldReason
from app.contacts.rules.postal import Hint
from app.contacts.rules.reaching import MONTH, Use
from app.kernel.i18n import babel_locale, format_day
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l

A_LEAP_YEAR = 2028

HOLDS = {
    HoldReason.BOUNCED: _l("E-mails bounce"),
    HoldReason.RETURNED: _l("Mail came back"),
    HoldReason.UNREACHABLE: _l("Nobody answers"),
    HoldReason.ASKED: _l("They asked us to"),
    HoldReason.OTHER: _l("Another reason"),
}
HOLDS_OF: dict[str, tuple[HoldReason, ...]] = {
    "emails": (HoldReason.BOUNCED, HoldReason.ASKED, HoldReason.OTHER),
    "phones": (HoldReason.UNREACHABLE, HoldReason.ASKED, HoldReason.OTHER),
    "addresses": (HoldReason.RETURNED, HoldReason.ASKED, HoldReason.OTHER),
}
"""Which reasons are offered for which channel."""
USES = {
    Use.USED: _l("In use"),
    Use.ON_HOLD: _l("On hold"),
    Use.NOT_YET: _l("Not yet valid"),
    Use.OVER: _l("No longer valid"),
    Use.OUT_OF_SEASON: _l("Out of season"),
}
PHONE_KINDS = {
    "mobile": _l("Mobile"),
    "fixed": _l("Landline"),
    "free": _l("Free of charge"),
    "premium": _l("Costs extra"),
    "internet": _l("Over the internet"),
}
AREAS = {
    "region": _l("Region"),
    "province": _l("Province"),
    "state": _l("Federal state"),
    "county": _l("County"),
    "department": _l("Department"),
    "prefecture": _l("Prefecture"),
    "district": _l("District"),
    "emirate": _l("Emirate"),
    "island": _l("Island"),
    "parish": _l("Parish"),
}
"""What the largest part of a country is called, by `rules.postal.area_type`; a region where it is none of these."""
HINTS = {
    Hint.WRONG_POSTCODE: _l("The postcode %(postcode)s does not look right. Check it, please."),
    Hint.NO_POSTCODE: _l("The address in %(city)s has no postcode yet."),
    Hint.NO_CITY: _l("An address has no town yet: letters need one."),
    Hint.NO_STREET: _l("The address in %(city)s has no street yet."),
    Hint.UNKNOWN_REGION: _l("%(region)s is not a region of that country. Check it, please."),
}


def validity_words(first: date | None, last: date | None) -> str:
    """From when until when something holds; "" where that is not limited."""
    if first and last:
        return _("%(first)s to %(last)s", first=format_day(first), last=format_day(last))
    if first:
        return _("from %(day)s", day=format_day(first))
    return _("until %(day)s", day=format_day(last)) if last else ""


def season_words(first: int | None, last: int | None) -> str:
    """A season as two days of the year; "" where there is none."""
    if first is None or last is None:
        return ""
    return _("each year %(first)s to %(last)s", first=year_day_words(first), last=year_day_words(last))


def year_day_words(value: int) -> str:
    """A day of any year (month × 100 + day) as people write it: 15 June."""
    day = date(A_LEAP_YEAR, *divmod(value, MONTH))
    return str(format_skeleton("MMMd", day, locale=babel_locale()))
