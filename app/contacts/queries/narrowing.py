"""Who may be contacted: contacts narrowed to those who can be reached by a channel, and for a purpose there.

One place for lists, exports and mailings. A wish is text, as addresses and forms carry it: "" for everybody, a channel
("email") for whoever can be reached there and has not objected, or a purpose and a channel ("news:email") for whoever
besides lets us write to them for it: because they agreed, or have not refused, by what the purpose rests on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, true
from sqlalchemy.orm import Session

from app.contacts.models import Channel, Contact
from app.contacts.queries.consents import Asked, ever_asked, stand
from app.contacts.queries.criteria import may_be_reached
from app.contacts.rules.consents import allowing, why_we_write
from app.kernel.criteria import Asking, asking
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

EVERYBODY = ""
FEW = 1000
"""Contacts that are asked about together when their keys are known: databases take some ten thousand values at most."""
GONE = _l("People are not asked about this any more. Choose again who may be contacted.")


def narrowed(db: Session, query: Select[Contact], wish: str) -> Select[Contact]:
    """Those of the contacts that a query finds who may be contacted as wished, for pages: one after the other.

    Raises:
        Refused: there is no such channel, or people are not asked about this purpose there (any more).

    """
    return query if wish == EVERYBODY else query.where(_met(db, wish, _OneByOne(**vars(asking(db, Contact.id)))))


def may_be_contacted(db: Session, wish: str) -> ColumnElement[bool]:
    """The same as a condition on contacts.

    Raises:
        Refused: as with `narrowed`.

    """
    return _met(db, wish, asking(db, Contact.id))


def still_wanted(db: Session, keys: Sequence[int], wish: str) -> list[int]:
    """Those of these contacts who may be contacted as wished this instant, in the order of their keys.

    It looks at what is known of them alone, and takes a moment however many others there are.

    Raises:
        Refused: as with `narrowed`.

    """
    if wish == EVERYBODY:
        return list(keys)
    found: list[int] = []
    for start in range(0, len(keys), FEW):
        few = keys[start : start + FEW]
        asked = _OfFew(**vars(asking(db, Contact.id)), few=few)
        those = select(Contact.id).where(Contact.id.in_(few), _met(db, wish, asked)).order_by(Contact.id)
        found += db.scalars(those)
    return found


@dataclass(frozen=True, kw_only=True)
class _OneByOne(Asking):
    """A question that is answered for each contact alone: a page is full, and its count high enough, after a few."""

    def among(self, keys: Select[Any]) -> ColumnElement[bool]:
        """Whether there is a row of this contact's. OFFSET keeps PostgreSQL from joining to all of the others first."""
        return keys.where(keys.selected_columns[0] == self.key).offset(0).exists()


@dataclass(frozen=True, kw_only=True)
class _OfFew(Asking):
    """A question about contacts whose keys are known: lists within it hold nobody else."""

    few: Sequence[int]

    def among(self, keys: Select[Any]) -> ColumnElement[bool]:
        """As of everybody."""
        return super().among(keys.where(keys.selected_columns[0].in_(self.few)))


def _met(db: Session, wish: str, asked: Asking) -> ColumnElement[bool]:
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


def facts_of(wish: str) -> dict[str, str]:
    """What the audit trail tells of a wish: the channel, and the purpose if there is one; nothing of everybody."""
    purpose, _colon, channel = wish.rpartition(":")
    return {name: said for name, said in (("purpose", purpose), ("channel", channel)) if said}


def asked_today(db: Session) -> list[Asked]:
    """What can be wished: every purpose and channel that people are asked about today."""
    return [pair for pair in ever_asked(db) if pair.is_asked]
