"""Lists narrowed to who may be contacted find whom the rules say of each, one by one, on both databases."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select

from app.accounts.models import StaffUser
from app.contacts.models import Channel, Consent, Contact, Direction, HoldReason, Interaction, InteractionKind
from app.contacts.queries.consents import answers_of, counting, ever_asked
from app.contacts.queries.criteria import may_be_reached
from app.contacts.queries.narrowing import narrowed
from app.contacts.rules.consents import LawfulBasis, hindrance, how_it_stands, last_from_them, oldest_that_counts
from app.contacts.rules.reaching import Purpose, in_use, may_write
from app.contacts.services.consents import SpokenAnswer, undo_withdrawal, withdraw, write_down_answer
from app.contacts.services.purposes import retire_purpose
from app.giving.models import Gift, GiftStatus
from app.giving.services.gifts import reverse_gift
from app.kernel.actors import SYSTEM
from app.kernel.clock import date_of, start_of_day, today
from app.kernel.criteria import asking
from app.kernel.errors import Refused
from app.kernel.hearing import last_heard
from tests.factories.contacts import make_contact, make_purpose, make_wording
from tests.factories.giving import make_offline_gift
from tests.factories.tasks import make_interaction

pytestmark = pytest.mark.db
WAYS = {Channel.EMAIL: "emails", Channel.PHONE: "phones", Channel.POST: "addresses"}
FLAGS = {Channel.EMAIL: "no_email", Channel.PHONE: "no_phone", Channel.POST: "no_post"}


def everybody(db):
    return db.scalars(select(Contact).order_by(Contact.id)).unique().all()


def ways_of_a_kind(contact, channel):
    return getattr(contact, WAYS[channel])


def spoil(contact, how, day):
    """Each way to reach somebody is as `how` says."""
    for way in (*contact.emails, *contact.phones, *contact.addresses):
        if how == "on hold":
            way.hold_reason, way.hold_since = HoldReason.BOUNCED, day
        if how == "over":
            way.valid_until = day - timedelta(days=1)
        if how == "not yet":
            way.valid_from = day + timedelta(days=1)
        if how == "until today":
            way.valid_from, way.valid_until = day, day
    for address in contact.addresses:
        later, earlier = day + timedelta(days=40), day - timedelta(days=40)
        seasons = {"in season": (earlier, later), "out of season": (later, earlier)}
        if how in seasons:
            address.season_from, address.season_until = (each.month * 100 + each.day for each in seasons[how])


HOWS = ("", "on hold", "over", "not yet", "until today", "in season", "out of season", "none")


@pytest.fixture
def crowd(db):
    """Everybody there can be: dead or alive, with every objection, and with ways of every sort."""
    day = today()
    for is_deceased, wants_none, refuses, how in product((False, True), (False, True), (False, True), HOWS):
        bare = {"email": "", "phone": "", "street": "", "city": ""} if how == "none" else {}
        contact = make_contact(db, **bare)
        contact.is_deceased, contact.do_not_contact = is_deceased, wants_none
        contact.no_email = contact.no_phone = contact.no_post = refuses
        spoil(contact, how, day)
    db.flush()
    return everybody(db)


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("purpose", Purpose)
def test_whoever_may_be_reached_is_whom_the_rules_allow_one_by_one(db, crowd, channel, purpose):
    day = today()
    expected = {
        contact.id for contact in crowd
        if may_write(contact.standing, channel.value, purpose) and in_use(ways_of_a_kind(contact, channel), day)
    }  # fmt: skip

    found = set(db.scalars(select(Contact.id).where(may_be_reached(asking(db, Contact.id), channel, purpose))))

    assert found == expected
    assert expected


def say(db, contact, wording, *told):
    """Answers as (given, days ago), in the order they are written down."""
    for is_given, days in told:
        spoken = SpokenAnswer(
            wording_id=wording.id, is_given=is_given, source="staff:phone", answered_on=today() - timedelta(days=days)
        )
        write_down_answer(db, contact, spoken, actor=SYSTEM)
    db.flush()


SAID = (
    (), ((True, 0),), ((False, 0),), ((True, 400),), ((False, 400),), ((True, 400), (True, 10)),
    ((False, 10), (True, 30)),
    ((True, 10), (False, 30)), ((True, 5), (False, 5)), ((False, 5), (True, 5)), ((False, 1), (True, 400)),
)  # fmt: skip


def call(db, contact, direction, days):
    """Somebody rang, or we did."""
    who = db.scalars(select(StaffUser)).first() or StaffUser(email="a@example.org", name="Asha", password_hash="x")
    db.add(who)
    then = start_of_day(today() - timedelta(days=days)) + timedelta(hours=12)
    make_interaction(db, contact, who, kind=InteractionKind.CALL, direction=direction, happened_at=then)


def gift(db, contact, days):
    return make_offline_gift(db, contact, received_on=today() - timedelta(days=days))


def slip(db, contact):
    """An answer that one of us wrote down by mistake, and took back."""
    wording = make_wording(db, purpose="slips")
    say(db, contact, wording, (True, 300))
    (agreed,) = [each for each in answers_of(db, contact.id) if each.wording_id == wording.id]
    refusal = withdraw(db, contact, agreed, source="staff:page", actor=SYSTEM)
    db.flush()
    undo_withdrawal(db, contact, refusal, actor=SYSTEM)
    db.flush()


LAST_DAY = (today() - oldest_that_counts(today(), 12)).days
CAME = {
    "nothing": lambda _db, _contact: None,
    "a call to us": lambda db, contact: call(db, contact, Direction.INCOMING, 10),
    "a call to us on the last day": lambda db, contact: call(db, contact, Direction.INCOMING, LAST_DAY),
    "a call to us a day too early": lambda db, contact: call(db, contact, Direction.INCOMING, LAST_DAY + 1),
    "a call of ours": lambda db, contact: call(db, contact, Direction.OUTGOING, 10),
    "a meeting": lambda db, contact: call(db, contact, None, 10),
    "a gift": lambda db, contact: gift(db, contact, 10),
    "a gift of long ago": lambda db, contact: gift(db, contact, 399),
    "a gift that went back": lambda db, contact: reverse_gift(db, gift(db, contact, 10), "Bounced", actor=SYSTEM),
    "a refusal of something else": lambda db, contact: say(db, contact, make_wording(db, purpose="else"), (False, 10)),
    "a slip that was undone": slip,
}
"""What came from somebody since they answered, or did not."""


def from_them(db, contact, counted):
    """The last day they were heard of, found one by one."""
    spoken = answers_of(db, contact.id)
    undone = {each.undoes_id for each in spoken}
    days = [each.answered_on for each in spoken if each.id not in undone]
    calls = db.scalars(select(Interaction).where(Interaction.contact_id == contact.id)).all()
    days += [date_of(each.happened_at) for each in calls if each.direction is Direction.INCOMING]
    gifts = db.scalars(select(Gift).where(Gift.contact_id == contact.id)).all()
    days += [each.received_on for each in gifts if each.status is GiftStatus.RECEIVED]
    assert last_heard(db, contact.id, "Europe/Paris") == max(days, default=None)
    return last_from_them(counted.answered_on, max(days))


@pytest.mark.parametrize("basis", LawfulBasis)
@pytest.mark.parametrize("months", [None, 12])
def test_a_purpose_leaves_those_whom_the_rules_let_us_write_to_one_by_one(db, basis, months):
    make_purpose(db, "visits", lawful_basis=basis, keeps_months=months)
    old = make_wording(db, purpose="visits")
    for told, wants_none, refuses in product(SAID, (False, True), (False, True)):
        contact = make_contact(db)
        contact.do_not_contact, contact.no_email = wants_none, refuses
        say(db, contact, old, *told)
    undone = make_contact(db)
    say(db, undone, old, (True, 3))
    for told, came in product((((True, 400),), ((False, 400),), ((True, 400), (False, 390))), CAME):
        contact = make_contact(db)
        say(db, contact, old, *told)
        CAME[came](db, contact)
    make_wording(db, purpose="visits", texts={"fr": "Autres mots."})
    db.flush()
    db.expire_all()
    asked = next(each for each in ever_asked(db) if each.key == "visits:email")

    def lets_us(contact):
        counted = counting(answers_of(db, contact.id)).get(("visits", Channel.EMAIL))
        said = (counted.is_given, from_them(db, contact, counted)) if counted else (None, None)
        answer = how_it_stands(*said, months, today())
        has_way = in_use(contact.emails, today()) is not None
        return hindrance(contact.standing, "email", has_way=has_way, basis=asked.basis, answer=answer) is None

    expected = {contact.id for contact in everybody(db) if lets_us(contact)}

    found = set(db.scalars(narrowed(db, select(Contact), "visits:email").with_only_columns(Contact.id)))

    assert found == expected
    assert expected


def test_a_withdrawal_counts_at_once(db):
    wording, contact = make_wording(db, purpose="visits"), make_contact(db)
    say(db, contact, wording, (True, 3))
    query = select(Contact)
    assert list(db.scalars(narrowed(db, query, "visits:email"))) == [contact]

    withdraw(db, contact, db.scalars(select(Consent)).one(), source="staff:page", actor=SYSTEM)
    db.flush()

    assert list(db.scalars(narrowed(db, query, "visits:email"))) == []
    assert list(db.scalars(narrowed(db, query, ""))) == [contact]


def test_what_nobody_is_asked_about_narrows_to_nothing_but_a_refusal(db):
    wording = make_wording(db, purpose="visits")
    retire_purpose(db, make_purpose(db, "visits"), actor=SYSTEM)
    db.flush()
    db.expire(wording)

    for wish in ("visits:email", "unknown:post", "pigeon", "email:news"):
        with pytest.raises(Refused):
            narrowed(db, select(Contact), wish)


def test_the_list_and_a_segment_are_narrowed_and_keep_it_from_page_to_page(db, sign_in):
    wording = make_wording(db, purpose="visits")
    agreed, other = make_contact(db, given_name="Agreed"), make_contact(db, given_name="Silent")
    say(db, agreed, wording, (True, 3))
    for _ in range(60):
        say(db, make_contact(db), wording, (True, 1))
    db.commit()
    staff = sign_in("contacts.read")

    page = staff.get("/contacts/?for=visits:email")
    by_words = staff.get("/contacts/?for=visits:email&q=lefevre").text
    unknown = staff.get("/contacts/?for=gone:email")

    assert agreed.name in page.text
    assert other.name not in page.text
    assert "for=visits%3Aemail&amp;after=" in page.text or "for=visits:email&amp;after=" in page.text
    assert other.name not in by_words
    assert unknown.status_code == 200
    assert "not asked about this any more" in unknown.text
    assert agreed.name not in unknown.text


def test_what_is_taken_out_of_a_narrowed_list_is_narrowed_too(db, sign_in):
    wording = make_wording(db, purpose="visits")
    agreed, other = make_contact(db, given_name="Agreed"), make_contact(db, given_name="Silent")
    say(db, agreed, wording, (True, 3))
    db.commit()
    staff = sign_in("contacts.read", "contacts.export")

    table = staff.post("/contacts/export?for=visits:email", data={"file": "csv", "columns": ["given_name"]})
    everybody = staff.post(
        "/contacts/export?for=visits:email", data={"file": "csv", "columns": ["given_name"], "who": ""}
    )
    unknown = staff.get("/contacts/export?for=gone:email")
    junk = staff.post("/contacts/export", data={"file": "csv", "columns": ["given_name"], "who": "gone:email"})

    assert other.given_name in everybody.text
    assert junk.status_code == 422

    assert "not asked about this any more" in unknown.text
    assert table.mimetype == "text/csv"
    assert agreed.given_name in table.text
    assert other.given_name not in table.text
