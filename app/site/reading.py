"""From what a donor typed to what the service takes."""

from typing import Any

from app.giving.form_rules import fee_to_cover
from app.giving.models import ReceiptChoice, Terms
from app.giving.services.submissions import SubmissionDetails
from app.kernel.i18n import language
from app.kernel.money import Money
from app.site.forms import GiveForm
from app.site.stamps import Stamp

PLAIN = ("company", "legal_form", "siren", "given_name", "family_name", "email", "phone", "comment")
ADDRESS = ("street", "postcode", "city")
TOLD = ("honoree", "notify_name", "notify_email")


def cover_of(fee_permille: int, terms: Terms, gift: Money) -> Money:
    """What covering the payment fee adds to a gift on these terms."""
    return fee_to_cover(gift, fee_permille, terms.fee_fixed_minor)


def details_of(form: GiveForm, stamp: Stamp, source: dict[str, str], *, is_test: bool) -> SubmissionDetails:
    """The gift as validated, from the page with this stamp, reached from this source."""
    cover = (
        cover_of(form.asked_by.fee_permille, form.terms, form.gift)
        if form.is_ticked("cover")
        else Money(0, form.gift.currency)
    )
    return SubmissionDetails(
        page_key=stamp.page_key,
        donor_kind=form.kind,
        language=language(),
        gift=form.gift,
        fee_cover=cover,
        interval=form.interval,
        fund_id=int(form.fund.data),
        is_anonymous=form.is_ticked("anonymous"),
        is_test=is_test,
        answers={**_answers(form), "source": source},
    )


def _answers(form: GiveForm) -> dict[str, Any]:
    """What the model keeps beside the gift itself; fields of companies are dropped from a person's."""
    answers: dict[str, Any] = {name: form.typed(name) for name in PLAIN if form.typed(name)}
    if form.kind != "company":
        answers = {name: value for name, value in answers.items() if name not in {"company", "legal_form", "siren"}}
    if form.needs_address or form.typed("street"):
        answers |= {name: form.typed(name) for name in ADDRESS} | {"country": form.country_code}
    if form.is_tribute:
        answers["tribute"] = {"kind": form.typed("tribute"), "message": form.typed("tribute_message")}
        answers["tribute"] |= {name: form.typed(name) for name in TOLD}
    if "consents" in form:
        given = set(form.consents.data or ())
        answers["consents"] = [{"wording_id": each, "is_given": each in given} for each in form.wording_ids]
    if not form.agreed.is_open:
        answers["term"] = form.agreed.as_answer()
    answers["receipt_choice"] = _receipt_choice(form).value
    return answers


def _receipt_choice(form: GiveForm) -> ReceiptChoice:
    """A tax receipt where one was asked for; where no tax rules apply everybody gets the plain one."""
    if "wants_receipt" not in form:
        return ReceiptChoice.EACH
    if not form.wants_tax_receipt:
        return ReceiptChoice.NONE
    return ReceiptChoice.YEARLY if form.interval and form.is_ticked("wants_yearly") else ReceiptChoice.EACH
