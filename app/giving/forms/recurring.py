"""What staff type to change a recurring gift. Each form remembers what it showed, so that nobody overwrites unseen."""

from typing import Any, ClassVar

from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from app.giving.models import END_REASONS, ChangeKind, EndReason, ReceiptChoice, RecurringGift
from app.giving.services.changes import Wanted, seen_of
from app.giving.services.terms import MOST_CHARGES
from app.giving.wording import choices_of
from app.kernel.i18n import gettext as _
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


OPEN, NUMBER, LAST_DAY = "open", "charges", "day"


class TermForm(ChangeForm):
    """How long it goes on; of number and day only what belongs to the choice is taken."""

    kind = ChangeKind.TERM
    how = SelectField(
        _l("How long"), [InputRequired()],
        choices=offered([(OPEN, _l("Until somebody ends it")), (NUMBER, _l("For a number of charges")),
                         (LAST_DAY, _l("Up to a day"))]),
    )  # fmt: skip
    charges = IntegerField(
        _l("Charges in all"), [Optional(), NumberRange(1, MOST_CHARGES)],
        description=_l("Those that were made already count."), render_kw={"inputmode": "numeric"},
    )  # fmt: skip
    ends_on = DayField(_l("Last day"), [Optional()], description=_l("A charge on this day is still made."))

    def validate(self, extra_validators: Any = None) -> bool:
        """As usual; what belongs to the choice is needed."""
        is_good = super().validate(extra_validators)
        chosen = {NUMBER: self.charges, LAST_DAY: self.ends_on}.get(self.how.data or "")
        if chosen is not None and chosen.data is None and not chosen.errors:
            chosen.errors = [*chosen.errors, _("This is needed.")]
            return False
        return is_good

    def typed(self) -> dict[str, Any]:
        """A number, or a day, or neither."""
        return {
            "charges": self.charges.data if self.how.data == NUMBER else None,
            "ends_on": self.ends_on.data if self.how.data == LAST_DAY else None,
        }


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
    if kind == ChangeKind.TERM:
        return TermForm(data=begun | term_of(recurring))
    return EndForm(data=begun) if kind == ChangeKind.END else ResumeForm(data=begun)


def term_of(recurring: RecurringGift) -> dict[str, Any]:
    """How long it goes on now, as the form has it."""
    how = NUMBER if recurring.charges_agreed is not None else LAST_DAY if recurring.ends_on is not None else OPEN
    return {"how": how, "charges": recurring.charges_agreed, "ends_on": recurring.ends_on}


class ReceiptsForm(Form):
    """Which receipts its gifts get from now on."""

    seen = HiddenField()
    choice = SelectField(_l("Tax receipt"), [InputRequired()], choices=offered(choices_of(*ReceiptChoice)))
