"""Who may be contacted: contacts narrowed to those who can be reached by a channel, and for a purpose there.

One place for lists, exports and mailings. A wish is text, as addresses and forms carry it: "" for everybody, a channel
("email") for whoever can be reached there and has not objected, or a purpose and a channel ("news:email") for whoever
besides lets us write to them for it: because they agreed, or have not refused, by what the purpose rests on.
"""

from sqlalchemy import ColumnElement, Select, and_, true
from sqlalchemy.orm import Session

from app.contacts.models import Channel, Contact
from app.contacts.queries.consents import Asked, ever_asked, stand
from app.contacts.queries.criteria import may_be_reached
from app.contacts.rules.consents import allowing, why_we_write
from app.kernel.criteria import Asking, asking
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

EVERYBODY = ""
GONE = _l("People are not asked about this any more. Choose again who may be contacted.")


def narrowed(db: Session, query: Select[Contact], wish: str) -> Select[Contact]:
    """Those of the contacts that a query finds who may be contacted as wished.

    Raises:
        Refused: there is no such channel, or people are not asked about this purpose there (any more).

    """
    return query if wish == EVERYBODY else query.where(may_be_contacted(db, wish))


def may_be_contacted(db: Session, wish: str) -> ColumnElement[bool]:
    """The same as a condition on contacts.

    Raises:
        Refused: as with `narrowed`.

    """
    asked = asking(db, Contact.id)
    if wish == EVERYBODY:
        return true()
    if wish in list(Channel):
        return may_be_reached(asked, Channel(wish))
    for pair in asked_today(db):
        if pair.key == wish:
            return lets_us_write(asked, pair)
    raise Refused(GONE, field="wish")


def lets_us_write(asked: Asking, pair: Asked) -> ColumnElement[bool]:
    """Those who can be reached by the channel and let us write to them for the purpose."""
    answers = allowing(pair.basis)
    return and_(may_be_reached(asked, pair.channel, why_we_write(pair.basis)), stand(asked, pair, sorted(answers)))


def asked_today(db: Session) -> list[Asked]:
    """What can be wished: every purpose and channel that people are asked about today."""
    return [pair for pair in ever_asked(db) if pair.is_asked]
