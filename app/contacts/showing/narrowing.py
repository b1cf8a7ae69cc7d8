"""The control "Who may be contacted" on lists of contacts: what is chosen, what can be, and who is left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flask import request
from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.contacts.queries.consents import Asked, ever_asked
from app.contacts.queries.narrowing import EVERYBODY, asked_today, may_be_contacted, narrowed
from app.contacts.wording.consents import CHANNELS, LETS_US, REACHED
from app.kernel.errors import Refused
from app.kernel.i18n import Text, language
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.pages import MOST_COUNTED, Sort, count, paginate
from app.web.paging import Pager, is_to_be_counted, pager

CAN_BE_REACHED = _l("Can be reached")
COUNTED = 1000
"""How far those who may be contacted are counted for a page that nobody should wait for."""
PARAMETER = "for"
"""What the page's address calls it: `?for=news:email`."""


@dataclass
class Who:
    """Who of a list is wanted. `refusal` says why nobody is shown, once a list was narrowed to what is no more."""

    db: Session
    wish: str
    refusal: str = ""
    groups: list[tuple[Text, list[tuple[str, str]]]] = field(default_factory=list)
    """What can be chosen besides everybody, under headings."""

    @property
    def is_narrowed(self) -> bool:
        """Whether not everybody is wanted."""
        return self.wish != EVERYBODY

    @property
    def words(self) -> str:
        """Who is wanted, in words."""
        return wishes_in_words(self.db, [self.wish]).get(self.wish, "")

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The same without headings."""
        return [pair for _heading, pairs in self.groups for pair in pairs]

    def narrow(self, query: Select[Contact]) -> Select[Contact]:
        """Those of the contacts that a query finds who are wanted; nobody where the wish can be met no more."""
        try:
            return narrowed(self.db, query, self.wish)
        except Refused as refused:
            self.refusal = str(refused.message)
            return query.where(false())

    def page_of(self, contacts: Select[Contact]) -> Pager:
        """The page that the address asks for of those who are wanted, by name. It says how many of them there are.

        Whom we may contact is looked up for each of them alone, so only some are counted, unless the reader asks.
        """
        those, order = self.narrow(contacts), [Sort(Contact.sort_key), Sort(Contact.id)]
        most = None if is_to_be_counted() else COUNTED if self.is_narrowed else MOST_COUNTED
        counted = those if most is not None or self.refusal else self._all_of(contacts)
        total = count(self.db, counted, most)
        page = paginate(self.db, those, order, cursor=request.args.get("after"), total=total)
        return pager(page, most=most, can_count=True)

    def _all_of(self, contacts: Select[Contact]) -> Select[Contact]:
        """The same contacts, found all at once: quicker than one by one where no page of them is wanted."""
        return contacts.where(may_be_contacted(self.db, self.wish))

    def among(self, contacts: Sequence[Contact]) -> list[Contact]:
        """Those of these contacts who are wanted, in their order."""
        if not self.is_narrowed or not contacts:
            return list(contacts)
        these = select(Contact).where(Contact.id.in_([contact.id for contact in contacts]))
        wanted = set(self.db.scalars(self.narrow(these).with_only_columns(Contact.id)))
        return [contact for contact in contacts if contact.id in wanted]


def who_is_wanted(db: Session) -> Who:
    """What the page's address asks for, with all that it could."""
    reached = [(channel.value, str(words)) for channel, words in REACHED.items()]
    asked = [(each.key, _named(each)) for each in asked_today(db)]
    groups = [(CAN_BE_REACHED, reached), *([(_l("For a purpose"), asked)] if asked else [])]
    return Who(db, request.args.get(PARAMETER, ""), groups=groups)


def wishes_in_words(db: Session, wishes: Collection[str]) -> Mapping[str, str]:
    """Wishes in words, but for everybody; also such that people are not asked about any more. One question at most."""
    narrow = {wish for wish in wishes if wish != EVERYBODY}
    reached = {channel.value: f"{CAN_BE_REACHED} · {words}" for channel, words in REACHED.items()}
    asked = {each.key: _named(each) for each in ever_asked(db)} if narrow - reached.keys() else {}
    return {wish: (reached | asked).get(wish, wish) for wish in narrow}


def _named(asked: Asked) -> str:
    return f"{asked.newest.purpose_name(language())} · {CHANNELS[asked.channel]} ({LETS_US[asked.basis]})"
