"""What staff type to change a recurring gift. Each form remembers what it showed, so that nobody overwrites unseen."""

from typing import Any, ClassVar

from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from app.giving.models import END_REASONS, ChangeKind, EndReason, RecurringGift
from app.giving.services.changes import Wanted, seen_of
from app.giving.wording import choices_of
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import AtLeast, DayField, LongTextField, MoneyField, offered
from app.web.forms import Form


class ChangeForm(Form):
    """What all of them share: what was shown."""

    kind: ClassVar[ChangeKind]
    seen = HiddenField()

    def wanted(self) -> Wanted:
        """The change as the flow takes it, once the form is valid."""
        return Wanted(kind=self.kind, **self.typed())

    def typed(self) -> dict[str, Any]:
        """What was typed, by the names of `Wanted`."""
        return {}


class AmountForm(ChangeForm):
    """Another amount."""

    kind = ChangeKind.AMOUNT
    amount = MoneyField(
        _l("New amount"),
        [InputRequired(), AtLeast(1)],
        description=_l("What each charge asks for, from the next one on."),
    )

    def process(self, *typed: Any, currency: str = "EUR", **known: Any) -> None:
        """Read what was typed, in the recurring gift's currency."""
        self.amount.currency = currency
        super().process(*typed, **known)

    def typed(self) -> dict[str, Any]:
        """Another amount."""
        return {"amount": self.amount.data}


class PauseForm(ChangeForm):
    """A pause, with or without an end."""

    kind = ChangeKind.PAUSE
    until = DayField(
        _l("Until"), [Optional()], description=_l("Charges begin again on this day. Leave it empty for an open end.")
    )

    def typed(self) -> dict[str, Any]:
        """A pause."""
        return {"until": self.until.data}


class ResumeForm(ChangeForm):
    """Nothing to type: only whether."""

    kind = ChangeKind.RESUME


class DayForm(ChangeForm):
    """Another day of the month."""

    kind = ChangeKind.DAY
    day = IntegerField(
        _l("Day of the month"), [InputRequired(), NumberRange(1, 31)],
        description=_l("1 to 31. Months that are shorter are charged on their last day."),
        render_kw={"inputmode": "numeric"},
    )  # fmt: skip

    def typed(self) -> dict[str, Any]:
        """Another day."""
        return {"day": self.day.data}


class EndForm(ChangeForm):
    """The end, with its reason."""

    kind = ChangeKind.END
    reason = SelectField(_l("Why it ends"), choices=offered([("", _l("Choose")), *choices_of(*END_REASONS)]),
                         validators=[InputRequired()])  # fmt: skip
    note = LongTextField(_l("Note for the team"), longest=1000)

    def typed(self) -> dict[str, Any]:
        """The end."""
        return {"reason": EndReason(self.reason.data), "note": self.note.data or ""}


def change_form(kind: str, recurring: RecurringGift) -> ChangeForm:
    """The form for a change (a value of `ChangeKind`), beginning with how the recurring gift is now."""
    begun: dict[str, Any] = {"seen": seen_of(recurring)}
    if kind == ChangeKind.AMOUNT:
        return AmountForm(currency=recurring.currency, data=begun | {"amount": recurring.amount})
    if kind == ChangeKind.PAUSE:
        return PauseForm(data=begun | {"until": recurring.paused_until})
    if kind == ChangeKind.DAY:
        planned = recurring.next_on.day if recurring.next_on else None
        return DayForm(data=begun | {"day": recurring.charge_day or planned})
    return EndForm(data=begun) if kind == ChangeKind.END else ResumeForm(data=begun)
