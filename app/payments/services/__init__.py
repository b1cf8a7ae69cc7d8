"""What may be done with payments, without the network. What speaks to the gateway is in `app.payments.flows`."""

from app.payments.services.checkouts import CheckoutDetails, prepare_checkout
from app.payments.services.offline import OfflinePayment, record_offline_payment
from app.payments.services.refunds import left_to_refund, request_refund

__all__ = [
    "CheckoutDetails",
    "OfflinePayment",
    "left_to_refund",
    "prepare_checkout",
    "record_offline_payment",
    "request_refund",
]
