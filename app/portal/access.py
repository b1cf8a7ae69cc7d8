"""The rule of the donor's own page: it answers nobody but a donor who is signed in, and only with what is theirs.

Their sign-in has a cookie and rows of its own. A member of staff who is signed in is nobody here, and a donor is nobody
in the back office; one browser may be both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import structlog
from flask import Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.contacts.models import Contact
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import now, today
from app.kernel.i18n import LANGUAGES, use_language
from app.portal.models import LONGEST, DonorSession
from app.portal.queries.people import readers_of, session_of_cookie
from app.portal.services.entering import see_session
from app.web.application import db, this_application
from app.web.auth import act_in_request, behind
from app.web.reading import reading_organisation
from app.web.security import cookie_name

SEEN_EVERY = 300
"""Seconds: how exact "last seen" is. An idle sign-in may end so much earlier, never later."""
CHOOSING = "portal.who"
NOBODY_YET = frozenset({CHOOSING, "portal.leave"})
"""What may be used before it is chosen whose page is to be seen."""
log = structlog.get_logger()


@dataclass(frozen=True)
class Donor:
    """Who is signed in: by which sign-in, whose page they see, and who else reads the same address."""

    session: DonorSession
    contact: Contact | None
    readers: Sequence[Contact]


def donor_cookie() -> str:
    """What the cookie is called that keeps a donor's sign-in."""
    return cookie_name("donor", is_secure=this_application().settings.is_secure)


def donor_of_request() -> Donor | None:
    """The donor who asks; None where there is no sign-in, it is over, or nobody may be shown by it any more."""
    if "donor" not in g:
        g.donor = _find_donor()
    return cast("Donor | None", g.donor)


def _find_donor() -> Donor | None:
    record = session_of_cookie(db, request.cookies.get(donor_cookie(), ""))
    if record is None or not record.is_good(now()):
        return None
    readers = readers_of(db, record.email.folded, today(reading_organisation().time_zone))
    if not readers:
        return None
    g.donor_seen = (record.id, record.last_seen_at)
    contact = next((each for each in readers if each.id == record.contact_id), None)
    return Donor(record, contact, readers)


def present_donor() -> Donor:
    """The donor who asks. Only for views that are for donors only."""
    found = donor_of_request()
    assert found is not None
    return found


def present_contact() -> Contact:
    """Whose page it is. Only for views that are for donors only."""
    found = present_donor().contact
    assert found is not None
    return found


def as_donor() -> Actor:
    """The one who acts: a donor, without a name, since the record it is about has one."""
    return Actor(ActorKind.PUBLIC, "Donor", None, frozenset(), request.remote_addr, g.get("request_id"))


def _gate() -> ResponseReturnValue | None:
    act_in_request(as_donor())
    donor = donor_of_request()
    if donor is None:
        return redirect(url_for("portal.enter"), 303)
    if donor.contact is None and request.endpoint not in NOBODY_YET:
        return redirect(url_for(CHOOSING), 303)
    if donor.contact is not None and request.args.get("lang") not in LANGUAGES:
        use_language(donor.contact.language)
    return None


donors_only = behind("donor", _gate)
"""Only a donor who is signed in may use this view."""


def keep_in_cookie(response: Response, cookie: str) -> None:
    """Make the browser keep this sign-in, out of reach of scripts and of other sites."""
    secure = this_application().settings.is_secure
    age = int(LONGEST.total_seconds())
    response.set_cookie(donor_cookie(), cookie, max_age=age, httponly=True, secure=secure, samesite="Lax")


def forget_cookie(response: Response) -> None:
    """Take the sign-in from the browser."""
    secure = this_application().settings.is_secure
    response.delete_cookie(donor_cookie(), httponly=True, secure=secure, samesite="Lax")


def note_donor_seen(_error: BaseException | None = None) -> None:
    """After the request, when its own transaction has ended: keep "last seen", at most every few minutes.

    A page that is only read never writes; what cannot be written now is written some other time.
    """
    seen = g.pop("donor_seen", None)
    if seen is None or (now() - seen[1]).total_seconds() < SEEN_EVERY:
        return
    try:
        with this_application().database.writing() as writing:
            see_session(writing, seen[0])
    except SQLAlchemyError as error:
        log.warning("last_seen", error=type(error).__name__)
