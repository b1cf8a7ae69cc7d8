"""The ways in which the product says no. People see the message; programs get a problem document."""

from app.kernel.i18n import Text


class Refused(Exception):
    """A rule said no. Nothing has changed, or the transaction is rolled back.

    `message` is shown to people as it is; `field` names the input it is about, when there is one.
    """

    def __init__(self, message: Text, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field


class NotFound(Exception):
    """There is no such record, or the actor may not know of it."""


class Outside(Exception):
    """Something outside (gateway, mail server) did not answer or answered wrongly; trying again may help."""
