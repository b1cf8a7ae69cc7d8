"""What contacts can be searched by: who they are, where they live, what they agreed to, to whom they belong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, not_, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.accounts.models import StaffUser
from app.contacts.models import (
    Channel,
    Contact,
    ContactAddress,
    ContactEmail,
    ContactKind,
    ContactPhone,
    HouseholdMember,
    Interaction,
    Relationship,
    RelationshipType,
    Segment,
    SegmentKind,
    SegmentMember,
    Task,
    TaskStatus,
)
from app.contacts.models.tag import ContactTag, Tag
from app.contacts.queries.consents import Asked, ever_asked, stand
from app.contacts.rules.channels import email_key
from app.contacts.rules.consents import Answer
from app.contacts.rules.postal import postcode_key
from app.contacts.rules.reaching import MONTH, Purpose
from app.contacts.wording.consents import ANSWERS
from app.contacts.wording.tasks import KINDS as INTERACTIONS
from app.kernel.comparing import (
    Compile,
    compare,
    flag,
    instant_in,
    key_of,
    keys_chosen,
    of_column,
    of_instant,
    of_rows,
)
from app.kernel.conditions import OPPOSITES, Condition, Kind, Op
from app.kernel.criteria import NEVER_EMPTY, Asking, Choices, Criterion
from app.kernel.i18n import LANGUAGES, Text, country_names, language
from app.kernel.i18n import lazy_gettext as _l

WHO, WHERE, TIES, CONSENTS, DEALINGS = (
    _l("Who they are"), _l("How to reach them"), _l("To whom they belong"), _l("Consents"), _l("Dealings with us"),
)  # fmt: skip
GIVEN = Answer.GIVEN.value
KINDS = {
    ContactKind.PERSON: _l("Person"), ContactKind.HOUSEHOLD: _l("Household"),
    ContactKind.ORGANISATION: _l("Organisation"),
}  # fmt: skip
CHANNELS = {Channel.EMAIL: _l("by e-mail"), Channel.PHONE: _l("by phone"), Channel.POST: _l("by post")}
ADDRESS = select(ContactAddress.contact_id).where(ContactAddress.is_primary)
EMAIL, PHONE = select(ContactEmail.contact_id), select(ContactPhone.contact_id)
MEETING = select(Interaction.contact_id)
MEMBER = select(HouseholdMember.person_id).where(HouseholdMember.until.is_(None))
OPEN_TASK = select(Task.contact_id).where(Task.status == TaskStatus.OPEN, Task.contact_id.is_not(None))
LISTED = select(SegmentMember.contact_id).where(SegmentMember.is_in)


def criteria(db: Session) -> Iterable[Criterion]:
    """Everything about contacts themselves; consents by the purposes that there are."""
    return [*WHO_THEY_ARE, *HOW_TO_REACH, *THEIR_TIES, *_consents(db), *THEIR_DEALINGS]


def _offer(words: Mapping[Any, Text]) -> Choices:
    return lambda _db: [(each.value, str(text)) for each, text in words.items()]


def _types(db: Session) -> Sequence[tuple[str, str]]:
    """Every kind of tie, from both sides where they read differently."""
    found: list[tuple[str, str]] = []
    for each in db.scalars(select(RelationshipType).order_by(RelationshipType.id)):
        found.append((f"{each.id}:forward", each.words(language())))
        if not each.is_symmetric:
            found.append((f"{each.id}:backward", each.words(language(), is_forward=False)))
    return found


def _lists(db: Session) -> Sequence[tuple[str, str]]:
    """Fixed lists; a live segment within another could end in a circle."""
    here = (Segment.kind == SegmentKind.FIXED, Segment.archived_at.is_(None))
    found = db.execute(select(Segment.id, Segment.name).where(*here).order_by(Segment.name_key, Segment.id))
    return [(str(key), name) for key, name in found]


def _by_ids(keys: Select[int], column: SQLColumnExpression[int]) -> Compile:
    """A choice between records: the values are their keys, as text."""

    def ask(asking: Asking, condition: Condition) -> ColumnElement[bool]:
        wanted = keys_chosen(condition)
        is_any = condition.op in {Op.FILLED, Op.EMPTY}
        found = asking.among(keys if is_any else keys.where(column.in_(wanted)))
        return not_(found) if condition.op in {Op.NONE_OF, Op.EMPTY} else found

    return ask


def _ties(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    """Those who have a tie that has not ended, of one of these kinds, seen from their side."""
    current = or_(Relationship.until.is_(None), Relationship.until >= asking.day)
    sides: dict[str, list[int]] = {"forward": [], "backward": []}
    for value in condition.values:
        key, _colon, side = str(value).partition(":")
        if key_of(key) and side in sides:
            sides[side].append(key_of(key))
    first, second = select(Relationship.first_id).where(current), select(Relationship.second_id).where(current)
    if condition.op in {Op.ANY_OF, Op.NONE_OF}:
        both_ways = Relationship.is_symmetric & Relationship.type_id.in_(sides["forward"])
        first = first.where(Relationship.type_id.in_(sides["forward"]))
        second = second.where(or_(both_ways, Relationship.type_id.in_(sides["backward"])))
    found = asking.among(select(union_all(first, second).subquery().c[0]))
    return not_(found) if condition.op in {Op.NONE_OF, Op.EMPTY} else found


def _tied_to(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    """Those who have a tie that has not ended with somebody of this name."""
    current = or_(Relationship.until.is_(None), Relationship.until >= asking.day)
    other = aliased(Contact)
    first = select(Relationship.first_id).join(other, other.id == Relationship.second_id)
    second = select(Relationship.second_id).join(other, other.id == Relationship.first_id)
    positive = replace(condition, op=OPPOSITES.get(condition.op, condition.op))
    named = compare(other.sort_key, Kind.TEXT, positive, asking)
    either = union_all(*(side.where(current, named) for side in (first, second)))
    found = asking.among(select(either.subquery().c[0]))
    return found if positive == condition else not_(found)


def _consents(db: Session) -> list[Criterion]:
    """One criterion for each purpose and channel that was ever asked about."""
    return [
        Criterion(
            key=f"consent.{asked.purpose}.{asked.channel.value}",
            label=_l(
                "Consent: %(purpose)s, %(channel)s", purpose=asked.newest.purpose_name(language()),
                channel=CHANNELS[asked.channel],
            ),
            group=CONSENTS, kind=Kind.CHOICE, lacks=NEVER_EMPTY, choices=_offer(ANSWERS), compile=_consent(asked),
        )
        for asked in ever_asked(db)
    ]  # fmt: skip


def _consent(asked: Asked) -> Compile:
    """How they stand: the answer that counts, and for how long."""

    def ask(asking: Asking, condition: Condition) -> ColumnElement[bool]:
        found = stand(asking, asked, [answer for answer in Answer if answer.value in condition.values])
        return not_(found) if condition.op is Op.NONE_OF else found

    return ask


def may_be_reached(asking: Asking, channel: Channel, purpose: Purpose = Purpose.UNASKED) -> ColumnElement[bool]:
    """Whether a contact may be written to by a channel: as `rules.reaching.may_write` and `in_use` say of one of them.

    They live, have not objected, and have an address there that holds today, is in its season and not on hold. Whether
    they agreed is another question.
    """
    found: dict[Channel, tuple[SQLColumnExpression[bool], type[ContactEmail | ContactPhone | ContactAddress]]] = {
        Channel.EMAIL: (Contact.no_email, ContactEmail), Channel.PHONE: (Contact.no_phone, ContactPhone),
        Channel.POST: (Contact.no_post, ContactAddress),
    }  # fmt: skip
    refused, rows = found[channel]
    holds = select(rows.contact_id).where(
        rows.hold_reason.is_(None),
        or_(rows.valid_from.is_(None), rows.valid_from <= asking.day),
        or_(rows.valid_until.is_(None), rows.valid_until >= asking.day),
    )
    if rows is ContactAddress:
        holds = holds.where(_in_season(asking))
    if purpose is Purpose.REPLY:
        return and_(not_(Contact.is_deceased), asking.among(holds))
    objected = or_(Contact.is_deceased, refused, *([Contact.do_not_contact] if purpose is Purpose.UNASKED else []))
    return and_(not_(objected), asking.among(holds))


def _in_season(asking: Asking) -> ColumnElement[bool]:
    """Addresses of all the year and those in whose season the day lies, as `rules.reaching.is_in_season` says."""
    begins, ends = ContactAddress.season_from, ContactAddress.season_until
    value = asking.day.month * MONTH + asking.day.day
    has_begun, is_not_over = begins <= value, ends >= value
    within_a_year = and_(begins <= ends, has_begun, is_not_over)
    return or_(begins.is_(None), within_a_year, and_(begins > ends, or_(has_begun, is_not_over)))


def _tags(db: Session) -> Sequence[tuple[str, str]]:
    here = select(Tag.id, Tag.name).where(Tag.archived_at.is_(None)).order_by(Tag.key)
    return [(str(key), name) for key, name in db.execute(here)]


def _owners(db: Session) -> Sequence[tuple[str, str]]:
    """Whoever looks after a contact now, or could."""
    looks_after = select(Contact.owner_id).where(Contact.owner_id.is_not(None))
    people = select(StaffUser.id, StaffUser.name).where(or_(StaffUser.is_active, StaffUser.id.in_(looks_after)))
    return [(str(row[0]), row[1]) for row in db.execute(people.order_by(StaffUser.name, StaffUser.id))]


def _whose(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    keys = tuple(keys_chosen(condition))
    return of_column(Contact.owner_id, Kind.NUMBER)(asking, replace(condition, values=keys))


def _interactions(asking: Asking, condition: Condition) -> ColumnElement[bool]:
    when = instant_in(Interaction.happened_at, condition.period, asking)
    return of_rows(MEETING.where(when), Interaction.kind, Kind.CHOICE)(asking, condition)


WHO_THEY_ARE = (
    Criterion(
        key="contact.kind", label=_l("Kind"), group=WHO, kind=Kind.CHOICE, lacks=NEVER_EMPTY,
        choices=_offer(KINDS), compile=of_column(Contact.kind, Kind.CHOICE),
    ),
    Criterion(
        key="contact.name", label=_l("Name, last name first"), group=WHO, kind=Kind.TEXT, lacks=NEVER_EMPTY,
        compile=of_column(Contact.sort_key, Kind.TEXT),
    ),
    Criterion(
        key="contact.language", label=_l("Language we write in"), group=WHO, kind=Kind.CHOICE, lacks=NEVER_EMPTY,
        choices=lambda _db: list(LANGUAGES.items()), compile=of_column(Contact.language, Kind.CHOICE),
    ),
    Criterion(
        key="tag", label=_l("Tag"), group=WHO, kind=Kind.CHOICE, choices=_tags,
        compile=_by_ids(select(ContactTag.contact_id), ContactTag.tag_id),
    ),
    Criterion(
        key="contact.owner", label=_l("Looked after by"), group=WHO, kind=Kind.CHOICE, choices=_owners,
        compile=_whose,
    ),
    Criterion(
        key="contact.birth", label=_l("Birthday"), group=WHO, kind=Kind.DAY,
        compile=of_column(Contact.birth_on, Kind.DAY),
    ),
    Criterion(
        key="contact.deceased", label=_l("Deceased"), group=WHO, kind=Kind.FLAG,
        compile=of_column(Contact.is_deceased, Kind.FLAG),
    ),
    Criterion(
        key="contact.added", label=_l("Added on"), group=WHO, kind=Kind.DAY, lacks=NEVER_EMPTY,
        compile=of_instant(Contact.created_at),
    ),
)  # fmt: skip
HOW_TO_REACH = (
    Criterion(
        key="address.country", label=_l("Country"), group=WHERE, kind=Kind.CHOICE,
        choices=lambda _db: country_names(), compile=of_rows(ADDRESS, ContactAddress.country, Kind.CHOICE),
    ),
    Criterion(
        key="address.postcode", label=_l("Postcode"), group=WHERE, kind=Kind.TEXT,
        compile=of_rows(ADDRESS, ContactAddress.postcode_key, Kind.TEXT, folded=postcode_key),
    ),
    Criterion(
        key="address.city", label=_l("City"), group=WHERE, kind=Kind.TEXT,
        compile=of_rows(ADDRESS, ContactAddress.city_key, Kind.TEXT),
    ),
    Criterion(
        key="email.address", label=_l("E-mail address"), group=WHERE, kind=Kind.TEXT,
        compile=of_rows(EMAIL, ContactEmail.folded, Kind.TEXT, folded=email_key),
    ),
    Criterion(
        key="phone.number", label=_l("Phone number"), group=WHERE, kind=Kind.FLAG,
        compile=flag(lambda asking: asking.among(PHONE)),
    ),
    *(
        Criterion(
            key=f"reach.{channel.value}", label=_l("May be written to, %(channel)s", channel=words), group=WHERE,
            kind=Kind.FLAG, compile=flag(partial(may_be_reached, channel=channel)),
        )
        for channel, words in CHANNELS.items()
    ),
    Criterion(
        key="contact.do_not_contact", label=_l("Do not contact"), group=WHERE, kind=Kind.FLAG,
        compile=of_column(Contact.do_not_contact, Kind.FLAG),
    ),
)  # fmt: skip
THEIR_TIES = (
    Criterion(
        key="household.member", label=_l("Belongs to a household"), group=TIES, kind=Kind.FLAG,
        compile=flag(lambda asking: asking.among(MEMBER)),
    ),
    Criterion(
        key="relationship.type", label=_l("Relationship"), group=TIES, kind=Kind.CHOICE, choices=_types, compile=_ties
    ),
    Criterion(
        key="relationship.with", label=_l("Related to, last name first"), group=TIES, kind=Kind.TEXT, compile=_tied_to
    ),
    Criterion(
        key="list", label=_l("On the list"), group=TIES, kind=Kind.CHOICE, choices=_lists,
        compile=_by_ids(LISTED, SegmentMember.segment_id),
    ),
)  # fmt: skip
THEIR_DEALINGS = (
    Criterion(
        key="interaction.kind", label=_l("Call, meeting, letter…"), group=DEALINGS, kind=Kind.CHOICE, has_period=True,
        choices=_offer(INTERACTIONS), compile=_interactions,
    ),
    Criterion(
        key="task.open", label=_l("Something to do for them"), group=DEALINGS, kind=Kind.FLAG,
        compile=flag(lambda asking: asking.among(OPEN_TASK)),
    ),
)  # fmt: skip
