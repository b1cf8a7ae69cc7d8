"""How a question to the gateway may end badly."""

from app.kernel.errors import Outside, Refused
from app.kernel.i18n import lazy_gettext as _l


class GatewayRefused(Refused):
    """The gateway said no for good; asking again will not help. `code` is its short code, never its prose."""

    def __init__(self, code: str) -> None:
        super().__init__(_l("The payment service did not accept this (%(code)s).", code=code))
        self.code = code


class GatewayUnavailable(Outside):
    """The gateway did not answer, or could not: asking again later may help and is safe."""


class BadSignature(Exception):
    """What came in is not a message of our gateway: wrong signature, form, age or mode."""
