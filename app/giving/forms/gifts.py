"""What staff type about gifts: filters of the list, an offline gift, a reversal, a refund."""

from collections.abc import Sequence
from typing import Any, Self

from wtforms import BooleanField, HiddenField, SelectField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Optional

from app.contacts.models import Contact
from app.funds.models import Campaign, Fund
from app.giving.models import Gift, GiftStatus, ReceiptChoice
from app.giving.queries.gifts import GiftFilter
from app.giving.services.gifts import OfflineGift
from app.giving.services.refunds import RefundDetails
from app.giving.wording import choices_of
from app.kernel.i18n import Text, gettext
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.models import Method
from app.web.fields import AtLeast, DayField, LongTextField, MoneyField, TextField, offered
from app.web.forms import Form, PageKeyField

OFFLINE = (Method.CHEQUE, Method.TRANSFER, Method.CASH, Method.PLATFORM, Method.OTHER)
ALL = ("", _l("All"))
STATES: list[tuple[str, Text]] = [
    *choices_of(*GiftStatus),
    ("disputed", _l("Disputed by the bank")),
    ("returned", _l("Refunded or lost, also in part")),
]


def key_or_none(value: Any) -> int | None:
    """The key a select sent; None where nothing is chosen."""
    return int(value) if value not in {"", None} else None


def _key(field: Any) -> int | None:
    """A key that a link put into the address; whatever is none finds nothing."""
    typed = str(field.data or "")
    if not typed:
        return None
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0


class GiftFilterForm(Form):
    """The filters above the list of gifts, from the address."""

    class Meta(Form.Meta):
        """A GET form changes nothing and needs no token."""

        csrf = False

    q = TextField(_l("Donor"), longest=100)
    since = DayField(_l("From"), [Optional()])
    until = DayField(_l("To"), [Optional()])
    fund = SelectField(_l("Fund"), coerce=key_or_none)
    campaign = SelectField(_l("Campaign"), coerce=key_or_none)
    method = SelectField(_l("Method"), default="", choices=offered([ALL, *choices_of(*Method)]))
    state = SelectField(_l("State"), default="", choices=offered([ALL, *STATES]))
    origin = SelectField(
        _l("Origin"),
        default="",
        choices=offered([ALL, ("online", _l("Online")), ("offline", _l("By post, bank or hand"))]),
    )
    at_least = MoneyField(_l("From amount"))
    at_most = MoneyField(_l("To amount"))
    contact = HiddenField()
    form = HiddenField()

    @property
    def typed(self) -> dict[str, str]:
        """The filters in use as the address has them, so that another address can carry them on."""
        return {field.name: field.raw_data[0] for field in self if field.raw_data and field.raw_data[0]}

    @property
    def has_more(self) -> bool:
        """Whether one of the rarer filters is in use, so that they are to be seen."""
        rarer = (self.campaign, self.method, self.origin, self.at_least, self.at_most)
        return any(field.data or field.errors for field in rarer)

    @classmethod
    def of(cls, typed: Any, funds: Sequence[Fund], campaigns: Sequence[Campaign]) -> Self:
        """The form as the address has it."""
        form = cls(formdata=typed)
        form.fund.choices = offered([("", gettext("All")), *((str(fund.id), fund.name) for fund in funds)])
        form.campaign.choices = offered([("", gettext("All")), *((str(each.id), each.name) for each in campaigns)])
        return form

    def wanted(self) -> GiftFilter:
        """The filter, once the form is valid."""
        return GiftFilter(
            text=self.q.data or "",
            contact_id=_key(self.contact),
            form_id=_key(self.form),
            since=self.since.data,
            until=self.until.data,
            fund_id=self.fund.data,
            campaign_id=self.campaign.data,
            method=Method(self.method.data) if self.method.data else None,
            state=self.state.data or "",
            origin=self.origin.data or "",
            at_least=self.at_least.data.minor if self.at_least.data else None,
            at_most=self.at_most.data.minor if self.at_most.data else None,
        )


class OfflineGiftForm(Form):
    """A cheque, cash or a transfer. The first fund gets what the others leave."""

    key = PageKeyField()
    amount = MoneyField(_l("Amount"), [InputRequired(), AtLeast(1)])
    received_on = DayField(_l("Received on"), [InputRequired()], description=_l("The day the money reached you."))
    method = SelectField(_l("Method"), choices=offered(choices_of(*OFFLINE)))
    bank_reference = TextField(
        _l("Reference"), longest=100, description=_l("The cheque’s number, or what the bank statement says.")
    )
    fund = SelectField(_l("Fund"), coerce=key_or_none, validators=[InputRequired()])
    fund_2 = SelectField(_l("Second fund"), coerce=key_or_none)
    amount_2 = MoneyField(_l("Of which"))
    fund_3 = SelectField(_l("Third fund"), coerce=key_or_none)
    amount_3 = MoneyField(_l("Of which"))
    campaign = SelectField(_l("Campaign"), coerce=key_or_none)
    receipt_choice = SelectField(_l("Tax receipt"), choices=offered(choices_of(*ReceiptChoice)))
    is_thanked = BooleanField(_l("Thank the donor by e-mail, with the receipt"), default=True)
    is_anonymous = BooleanField(_l("Anonymous to the public"))
    is_test = BooleanField(_l("Only a trial: its receipt is a specimen without a number"))
    note = LongTextField(_l("Note for the team"), longest=2000)

    @classmethod
    def of(cls, currency: str, funds: Sequence[Fund], campaigns: Sequence[Campaign], **begun: Any) -> Self:
        """An empty form, or one that begins with another gift's values."""
        form = cls(currency=currency, **begun)
        known = [(str(fund.id), fund.name) for fund in funds]
        form.fund.choices = offered(known)
        form.fund_2.choices = form.fund_3.choices = offered([("", "—"), *known])
        form.campaign.choices = offered(
            [("", gettext("No campaign")), *((str(each.id), each.name) for each in campaigns)]
        )
        return form

    def process(self, *typed: Any, currency: str = "EUR", **known: Any) -> None:
        """Read what was typed, in the organisation's currency."""
        for field in (self.amount, self.amount_2, self.amount_3):
            field.currency = currency
        super().process(*typed, **known)

    def _check_part(self, fund: Any, part: Any) -> None:
        if (fund.data is None) != (part.data is None):
            raise ValidationError(gettext("Give both the fund and its part, or neither."))

    def validate_amount_2(self, field: Any) -> None:
        """A part belongs to a fund."""
        self._check_part(self.fund_2, field)

    def validate_amount_3(self, field: Any) -> None:
        """A part belongs to a fund."""
        self._check_part(self.fund_3, field)

    def shares(self) -> list[tuple[int, Money]]:
        """The gift divided over its funds: the first gets the rest."""
        pairs = ((self.fund_2.data, self.amount_2.data), (self.fund_3.data, self.amount_3.data))
        parts = [(fund, part) for fund, part in pairs if fund is not None and part is not None]
        rest = sum((-part for _fund, part in parts), start=self.amount.data)
        return [(self.fund.data, rest), *parts]

    def details(self, contact: Contact, *, corrects: Gift | None) -> OfflineGift:
        """The gift as the service takes it, once the form is valid."""
        assert self.received_on.data is not None
        return OfflineGift(
            contact=contact, amount=self.amount.data, received_on=self.received_on.data,
            method=Method(self.method.data), shares=self.shares(), bank_reference=self.bank_reference.data or "",
            campaign_id=self.campaign.data, receipt_choice=ReceiptChoice(self.receipt_choice.data),
            is_anonymous=self.is_anonymous.data, is_test=self.is_test.data, is_thanked=self.is_thanked.data,
            note=self.note.data or "", corrects=corrects, token=self.key.data or "",
        )  # fmt: skip


def values_of(gift: Gift) -> dict[str, Any]:
    """A gift's values as the form for its correction begins with. Its other funds are typed anew."""
    payment = gift.payments[0].payment
    return {
        "amount": gift.amount, "received_on": gift.received_on, "method": payment.method.value,
        "bank_reference": payment.bank_reference, "fund": gift.allocations[0].fund_id, "campaign": gift.campaign_id,
        "receipt_choice": gift.receipt_choice.value, "is_anonymous": gift.is_anonymous, "note": gift.staff_note,
        "is_thanked": False, "is_test": gift.is_test,
    }  # fmt: skip


class ReasonForm(Form):
    """Why something is reversed, voided or replaced."""

    reason = LongTextField(_l("Reason"), [DataRequired()], longest=500)


class RefundForm(Form):
    """How much goes back, and why."""

    key = PageKeyField()
    amount = MoneyField(_l("Amount"), [InputRequired(), AtLeast(1)])
    reason = LongTextField(_l("Reason"), [DataRequired()], longest=500)
    accepts_loss = BooleanField(_l("I know that the donor’s bank may take this debit back all the same"))

    def process(self, *typed: Any, currency: str = "EUR", **known: Any) -> None:
        """Read what was typed, in the payment's currency."""
        self.amount.currency = currency
        super().process(*typed, **known)

    def details(self) -> RefundDetails:
        """The refund as the service takes it."""
        return RefundDetails(
            amount=self.amount.data, reason=self.reason.data or "", token=self.key.data or "",
            accepts_loss=self.accepts_loss.data,
        )  # fmt: skip
