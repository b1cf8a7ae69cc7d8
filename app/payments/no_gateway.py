"""What stands behind the port while no key is set: giving online is closed, and says so kindly. Never a pretence."""

from collections.abc import Collection, Sequence
from typing import Any, NoReturn

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.payments.gateway import BadSignature, Finding, Topic


class NoGateway:
    """Refuses every call."""

    is_open = False
    version = ""

    def _closed(self, *_given: Any) -> NoReturn:
        raise Refused(_l("Giving online is closed for the moment. Please come back later, or write to us."))

    open_checkout = checkout = payment = invoice = subscription = change_subscription = _closed
    return_money = refund = refunds_of = dispute = fraud_warning = mandate = _closed
    payout = payouts_since = payout_parts = events_since = _closed
    pay_bill = method_page = adopt_method = subscriptions_of = owner_of_method = change_email = _closed

    def may_send_to(self, url: str) -> bool:  # noqa: ARG002 - the port's signature
        """Nobody is sent anywhere."""
        return False

    def page_of_dispute(self, reference: str) -> str:  # noqa: ARG002 - the port's signature
        """There is none."""
        return ""

    def topic_of(self, kind: str) -> None:
        """Nothing concerns us."""

    def kinds_about(self, topics: Collection[Topic]) -> Sequence[str]:  # noqa: ARG002 - the port's signature
        """None are."""
        return ()

    def read_event(self, body: bytes, signature: str) -> NoReturn:  # noqa: ARG002 - the port's signature
        """No message can be ours."""
        raise BadSignature("closed")

    def check(self) -> Sequence[Finding]:
        """What is missing."""
        return [Finding(is_good=False, text="STRIPE_SECRET_KEY is not set: giving online is closed.")]
