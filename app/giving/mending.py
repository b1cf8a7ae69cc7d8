"""Where a donor mends a recurring gift: pages of the gateway, asked for at the moment of the click."""

from app.giving.mending_letters import can_be_mended
from app.giving.models import FailedCharge, RecurringGift
from app.giving.services.failed_charges import open_charge_of
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Work
from app.payments.gateway import Gateway, GatewayUnavailable
from app.payments.models import Checkout


def open_method_page(work: Work, recurring_id: int, return_url: str, language: str) -> str:
    """The address of a page of the gateway on which the donor gives another card or account.

    Raises:
        Refused: it has ended, here or there, so that nothing would be charged to it.
        GatewayRefused: the gateway does not let us.
        GatewayUnavailable: no answer.

    """
    with work.database.reading() as db:
        recurring = db.get_one(RecurringGift, recurring_id)
        if not can_be_mended(db, recurring):
            raise Refused(_l("This regular gift has ended. You can begin a new one at any time."))
        checkout = db.get_one(Checkout, recurring.checkout_id)
    assert checkout.customer_reference is not None
    return work.ports.get(Gateway).method_page(checkout.customer_reference, return_url, language)


def open_confirmation_page(work: Work, recurring_id: int) -> str | None:
    """The address of a page of the gateway on which the donor confirms an overdue bill; None where none is open.

    Raises:
        GatewayUnavailable: no answer.

    """
    gateway = work.ports.get(Gateway)
    with work.database.reading() as db:
        charge: FailedCharge | None = open_charge_of(db, recurring_id)
    if charge is None:
        return None
    bill = gateway.invoice(charge.invoice_reference)
    if not bill.is_open or not bill.page_url:
        return None
    if not gateway.may_send_to(bill.page_url):
        raise GatewayUnavailable("A page of a bill at an address that is not allowed")
    return bill.page_url
