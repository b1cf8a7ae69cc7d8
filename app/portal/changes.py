"""What donors choose to change of a recurring gift, and what they are told follows from it."""

from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from app.giving.forms.recurring import (
    LAST_DAY,
    NUMBER,
    OPEN,
    AmountForm,
    ChangeForm,
    DayForm,
    EndForm,
    PauseForm,
    TermForm,
    change_form,
    term_of,
)
from app.giving.models import ChangeKind, EndReason, RecurringGift
from app.giving.services.changes import seen_of
from app.giving.services.terms import MOST_CHARGES
from app.kernel.i18n import Text, format_day, format_money, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import DayField, LongTextField, offered

REASONS: dict[EndReason, Text] = {
    EndReason.HARDSHIP: _l("It is too much for me at the moment"),
    EndReason.COMPLETED: _l("I gave for as long as I wanted to"),
    EndReason.NO_INTEREST: _l("I would rather help elsewhere"),
    EndReason.UNKNOWN: _l("I would rather not say"),
}


class OwnEndForm(EndForm):
    """The end, with a reason that people give of themselves."""

    reason = SelectField(
        _l("Why do you end it?"), [InputRequired()],
        choices=offered([("", _l("Choose")), *((code.value, words) for code, words in REASONS.items())]),
    )  # fmt: skip
    note = LongTextField(_l("Is there something you want to tell us?"), longest=1000)


class OwnTermForm(TermForm):
    """How long, in words for whoever gives."""

    how = SelectField(
        _l("How long"), [InputRequired()],
        choices=offered([(OPEN, _l("Until I end it")), (NUMBER, _l("For a number of payments")),
                         (LAST_DAY, _l("Up to a day"))]),
    )  # fmt: skip
    charges = IntegerField(
        _l("Payments in all"), [Optional(), NumberRange(1, MOST_CHARGES)],
        description=_l("Those that you made already count."),
        render_kw={"inputmode": "numeric"},
    )  # fmt: skip
    ends_on = DayField(_l("Last day"), [Optional()], description=_l("A payment on this day is still made."))


def own_change_form(kind: str, recurring: RecurringGift) -> ChangeForm:
    """The form for a change (a value of `ChangeKind`), beginning with how the recurring gift is now."""
    if kind == ChangeKind.END:
        return OwnEndForm(data={"seen": seen_of(recurring)})
    if kind == ChangeKind.TERM:
        return OwnTermForm(data={"seen": seen_of(recurring), **term_of(recurring)})
    return change_form(kind, recurring)


def _while_paused(form: PauseForm) -> str:
    if form.until.data is None:
        return _("Nothing is charged until you come back here and let it go on.")
    day = format_day(form.until.data)
    return _("Nothing is charged before %(day)s. What falls into the pause is left out.", day=day)


def _until_when(form: TermForm) -> str:
    wanted = form.wanted()
    if wanted.charges is not None:
        return ngettext("It ends by itself after %(num)s payment in all; those that you made already count.",
                        "It ends by itself after %(num)s payments in all; those that you made already count.",
                        wanted.charges)  # fmt: skip
    if wanted.ends_on is not None:
        return _("It goes on up to %(day)s and then ends by itself.", day=format_day(wanted.ends_on))
    return _("It goes on until you end it.")


def what_follows(form: ChangeForm, recurring: RecurringGift) -> str:
    """What will be so once it is done, from what was typed in order."""
    if isinstance(form, AmountForm) and form.amount.data is not None:
        old, new = format_money(recurring.amount), format_money(form.amount.data)
        return _("From the next payment on it is %(new)s instead of %(old)s.", new=new, old=old)
    if isinstance(form, PauseForm):
        return _while_paused(form)
    if isinstance(form, DayForm):
        return _("It is charged on day %(day)s of the month; in shorter months on the last day.", day=form.day.data)
    if isinstance(form, TermForm):
        return _until_when(form)
    if isinstance(form, EndForm):
        return _("Nothing more is charged, and this cannot be undone. You can begin a new one at any time.")
    return _("It goes on: the next payment is the one that is due anyway.")
