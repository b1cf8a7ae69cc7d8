"""What staff may type about one way to reach somebody: a row for each e-mail, phone and postal address.

Besides what it is, each says until when it holds, and whether it is on hold; an address may have its season.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from markupsafe import Markup
from wtforms import EmailField, Field, FieldList, HiddenField, SelectField, TelField, ValidationError
from wtforms.validators import Length, Optional
from wtforms.widgets import html_params

from app.contacts.models import HoldReason
from app.contacts.rules.postal import area_type
from app.contacts.rules.reaching import MONTH, is_day_of_year
from app.contacts.wording.reaching import AREAS, HOLDS, HOLDS_OF
from app.kernel.i18n import babel_locale, gettext
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.text import clean
from app.web.fields import CountryField, DayField, Email, LongTextField, TextField, offered
from app.web.forms import Form

MOST_ROWS = 20
PARTS = ("street", "postcode", "city", "region", "country")
FOLDED = ("valid_from", "valid_until", "hold_reason", "season_from", "season_until")
"""What stands folded away in a row unless it says something."""


def _option(value: int, label: str, chosen: int) -> Markup:
    return Markup("<option {}>{}</option>").format(
        Markup(html_params(value=value or "", selected=value == chosen)),  # noqa: S704 - it escapes
        label,
    )


class YearDayWidget:
    """Two lists beside each other: the day, which the label names, and the month."""

    def __call__(self, field: "YearDayField", **options: Any) -> Markup:
        """Draw them."""
        month, day = divmod(field.data or 0, MONTH)
        months = babel_locale().months["stand-alone"]["wide"]
        told = {key: value for key, value in options.items() if key.startswith("aria")}
        days = Markup().join([_option(0, gettext("Day"), day), *(_option(n, str(n), day) for n in range(1, 32))])
        names = Markup().join(
            [_option(0, gettext("Month"), month), *(_option(n, months[n], month) for n in range(1, 13))]
        )
        label = f"{field.label.text} – {gettext('Month')}"
        first = html_params(id=field.id, name=f"{field.name}-day", class_="select", **told)
        second = html_params(name=f"{field.name}-month", class_="select", aria_label=label, **told)
        drawn = f'<span class="year-day"><select {first}>{days}</select><select {second}>{names}</select></span>'
        return Markup(drawn)  # noqa: S704 - html_params and Markup.format escape


class YearDayField(Field):
    """A day of any year, from two lists. `data` is month × 100 + day, or None; half a day is kept to be shown again."""

    widget = YearDayWidget()

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take what was sent; without it, `data`."""
        super().process(None, data if isinstance(data, int) else None, extra_filters)
        if formdata is not None and f"{self.name}-day" in formdata:
            day, month = (_number(formdata.get(f"{self.name}-{part}")) for part in ("day", "month"))
            self.data = month * MONTH + day or None

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' signature
        """Refuse half a day, and days that no year has."""
        if self.data is None or is_day_of_year(self.data):
            return
        month, day = divmod(self.data, MONTH)
        is_whole = bool(month and day)
        raise ValidationError(
            gettext("There is no such day in any year.") if is_whole else gettext("Give both the day and the month.")
        )


def _number(typed: Any) -> int:
    """A number of at most two digits; 99 for anything else, which is no day and no month."""
    text = str(typed or "").strip()
    return int(text or 0) if len(text) < 3 and (not text or (text.isascii() and text.isdecimal())) else MONTH - 1


class Row(Form):
    """One row of a list within a form; the form around it carries the CSRF token."""

    KIND: ClassVar[str] = ""
    TYPED: ClassVar[tuple[str, ...]] = ()
    """What makes a row: one of which none of these is typed is left out."""

    class Meta(Form.Meta):
        """WTForms' settings."""

        csrf = False

    id = HiddenField()
    label = TextField(_l("Label"), longest=40)
    valid_from = DayField(_l("Valid from"), [Optional()])
    valid_until = DayField(_l("Valid until"), [Optional()])
    hold_reason = SelectField(_l("On hold, not to be used"), validate_choice=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.hold_reason.choices = offered([("", _l("No, it may be used")), *_reasons(self.KIND)])

    @property
    def key(self) -> int | None:
        """The key of the record that the row changes, if it names one."""
        typed = str(self.id.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None

    @property
    def is_filled(self) -> bool:
        """Whether it says more than blanks."""
        return any(self[name].data for name in self.TYPED)

    @property
    def says_more(self) -> bool:
        """Whether what is folded away says something, or something in it is wrong."""
        folded = [self[name] for name in FOLDED if name in self]
        return any(field.data or field.errors for field in folded)

    @property
    def original(self) -> str:
        """What was typed, before any tidying."""
        texts = [str((self[name].raw_data or [""])[0]) for name in self.TYPED]
        return "\n".join(text for text in texts if text)

    def validate_valid_until(self, field: Any) -> None:
        """The last day is not before the first."""
        first = self.valid_from.data
        if field.data is not None and first is not None and field.data < first:
            raise ValidationError(gettext("The last day is before the first one."))

    def validate_hold_reason(self, field: Any) -> None:
        """One of the reasons there are."""
        if field.data and field.data not in list(HoldReason):
            raise ValidationError(gettext("Not a valid choice."))

    def details(self) -> dict[str, Any]:
        """What the service wants to know of the row."""
        told: dict[str, Any] = {name: self[name].data or "" for name in (*self.TYPED, "label")}
        reason = HoldReason(self.hold_reason.data) if self.hold_reason.data else None
        days = {"valid_from": self.valid_from.data, "valid_until": self.valid_until.data}
        return {**told, **days, "hold_reason": reason, "id": self.key, "original": self.original}


def _reasons(kind: str) -> Sequence[tuple[str, str]]:
    return [(reason.value, HOLDS[reason]) for reason in HOLDS_OF.get(kind, ())]


class EmailRow(Row):
    """An e-mail address."""

    KIND, TYPED = "emails", ("address",)
    address = EmailField(
        _l("E-mail address"), [Optional(), Length(max=200), Email()], filters=[lambda value: clean(value or "")]
    )


class PhoneRow(Row):
    """A phone number."""

    KIND, TYPED = "phones", ("typed",)
    typed = TelField(_l("Phone number"), [Length(max=40)], filters=[lambda value: clean(value or "")])


class AddressRow(Row):
    """A postal address."""

    KIND, TYPED = "addresses", PARTS[:4]
    street = LongTextField(_l("Street"), longest=300, render_kw={"rows": 2})
    postcode = TextField(_l("Postcode"), longest=20)
    city = TextField(_l("City"), longest=100)
    region = TextField(_l("Region"), longest=100)
    country = CountryField(_l("Country"))
    season_from = YearDayField(_l("Each year from"))
    season_until = YearDayField(_l("Each year until"))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.region.label.text = str(AREAS.get(area_type(self.country.data or ""), AREAS["region"]))

    @property
    def is_filled(self) -> bool:
        """A country or a region alone is no address."""
        return any(self[name].data for name in PARTS[:3])

    def validate_season_until(self, field: Any) -> None:
        """A season has two ends."""
        if (field.data is None) is not (self.season_from.data is None):
            raise ValidationError(gettext("A season needs both its first and its last day."))

    def details(self) -> dict[str, Any]:
        """What the service wants to know of the row."""
        season = {"season_from": self.season_from.data, "season_until": self.season_until.data}
        return {**super().details(), **season, "country": self.country.data or ""}


class Rows(FieldList):  # type: ignore[type-arg]  # generic in its stubs only
    """Rows that keep their numbers, at most `MOST_ROWS`; numbers that nobody's browser sends are left out."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        offset = len(prefix) + 1
        for name in formdata:
            number = name[offset:].split("-", 1)[0] if name.startswith(f"{prefix}-") else ""
            if number.isascii() and number.isdecimal() and len(number) < 6:
                yield int(number)

    def remove(self, name: str) -> None:
        """Take out the row of this name ("emails-1"), if there is one; those after it move up."""
        place = next((place for place, entry in enumerate(self.entries) if entry.name == name), None)
        if place is not None:
            self.pop_entry(place)  # type: ignore[call-arg]  # newer than its stubs

    def add(self, **values: Any) -> None:
        """Put in one more row, unless there are too many."""
        if len(self.entries) < MOST_ROWS:
            self.append_entry(values)
