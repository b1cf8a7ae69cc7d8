"""The cookie by which a browser is known again: whoever signed in with it before is no stranger to the account.

It lets nobody in. It keeps strangers' guesses from slowing down the owner, and tells the owner of new devices
(OWASP, "Slow down online guessing attacks with device cookies").
"""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.accounts.models import StaffUser
from app.accounts.rules.devices import device_in_words
from app.accounts.rules.keyed import keyed_hash
from app.accounts.services.signing_in import Attempt
from app.kernel.text import make_token, one_line
from app.web.application import this_application
from app.web.limits import by_address
from app.web.security import cookie_name

YEAR = 31_536_000
MOST_ACCOUNTS = 6
"""Accounts one browser is known to at once; the one that came in last drives out the first."""


@dataclass(frozen=True)
class Device:
    """A browser as its cookie tells: a mark of its own, and the accounts that signed in with it."""

    mark: str
    accounts: tuple[int, ...] = ()

    def knows(self, user: StaffUser | None) -> bool:
        """Whether this user signed in with it before."""
        return user is not None and user.id in self.accounts


def _cookie() -> str:
    return cookie_name("device", is_secure=this_application().settings.is_secure)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(this_application().settings.SECRET_KEY, salt="staff-device")


def device_of_request() -> Device:
    """The browser that asks; a new one where it has no cookie of ours, or one that is a year old."""
    try:
        found: Any = _signer().loads(request.cookies.get(_cookie(), ""), max_age=YEAR)
        return Device(str(found["mark"]), tuple(int(each) for each in found["accounts"]))
    except (BadSignature, KeyError, TypeError, ValueError):
        return Device(make_token())


def remember_device(response: Response, user: StaffUser) -> None:
    """Know this browser again as one the user signed in with."""
    device = device_of_request()
    accounts = (*(each for each in device.accounts if each != user.id), user.id)[-MOST_ACCOUNTS:]
    value = _signer().dumps({"mark": device.mark, "accounts": accounts})
    secure = this_application().settings.is_secure
    response.set_cookie(_cookie(), value, max_age=YEAR, path="/", samesite="Lax", httponly=True, secure=secure)


def attempt_of_request(email: str, user: StaffUser | None) -> Attempt:
    """An attempt to sign in with this address, as failures are counted."""
    device = device_of_request()
    is_known = device.knows(user)
    typed = one_line(email).casefold()
    return Attempt(
        account_key=keyed_hash(this_application().settings.SECRET_KEY, "failed-sign-in", typed),
        source=f"device:{device.mark}" if is_known else by_address(),
        is_known_device=is_known,
        address=request.remote_addr,
        device=device_in_words(request.user_agent.string),
    )
