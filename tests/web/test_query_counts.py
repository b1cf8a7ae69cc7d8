"""Every page asks the database a fixed number of questions, whatever there is in it, and never more than twenty.

A donor's own page asks at most twelve.

Pages are found by themselves. One with a new argument in its address needs a line in SAMPLES; data of a new kind
belongs into `more_of_everything`, or its pages are measured empty.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from werkzeug.routing import Rule

from app.accounts.models import Role, StaffUser
from app.contacts.models import (
    BulkAction,
    BulkDeed,
    ConsentPurpose,
    Contact,
    ContactEmail,
    ContactKind,
    ContactNote,
    CustomChoice,
    CustomField,
    CustomGroup,
    CustomType,
    HouseholdMember,
    Interaction,
    Relationship,
    RelationshipType,
    Segment,
    SegmentKind,
    Task,
)
from app.contacts.models.file import ContactFile
from app.contacts.models.tag import Tag
from app.contacts.services import ConsentAnswer, record_consents
from app.contacts.services.custom_fields import set_values
from app.contacts.services.files import attach_to_note, prepare
from app.currencies.ecb_files import Line, RateFile
from app.currencies.importing import begin_import
from app.currencies.models import ExchangeRate, RateImport
from app.funds.models import Campaign, Fund
from app.giving.letters import mailbox_of
from app.giving.links import MendLinks
from app.giving.models import (
    ChangeKind,
    ChargeTry,
    CreditRole,
    FailedCharge,
    FormFund,
    Gift,
    GivingForm,
    Receipt,
    ReceiptStatus,
    RecurringChange,
    RecurringGift,
    SoftCredit,
    StatutoryRate,
)
from app.kernel.actors import SYSTEM, ActorKind
from app.kernel.audit import act_as
from app.kernel.clock import now, today
from app.kernel.jobs import Job, JobStatus
from app.kernel.money import Money
from app.payments.models import (
    Checkout,
    Dispute,
    GatewayEvent,
    Interval,
    LineKind,
    Method,
    Payment,
    Payout,
    PayoutLine,
)
from app.web.application import Application
from tests.conftest import SignIn
from tests.factories.contacts import make_contact, make_wording
from tests.factories.custom_fields import make_field, make_group
from tests.factories.files import a_picture, attach
from tests.factories.funds import make_campaign, make_fund
from tests.factories.giving import (
    dispute_gift,
    french_organisation,
    make_form,
    make_offline_gift,
    make_online_gift,
    make_submission,
    refund_gift,
)
from tests.factories.households import join_a_household, make_tie
from tests.factories.payments import make_event, make_payout
from tests.factories.segments import make_segment
from tests.factories.tags import make_tag
from tests.factories.tasks import make_interaction, make_task
from tests.portal.conftest import session_for

pytestmark = pytest.mark.db
MOST = 20
MOST_OF_DONORS = 12
LITTLE, MORE = 2, 6
Sample = Callable[[Session], Any]


def first(column: "InstrumentedAttribute[Any]", *where: Any) -> Sample:
    """The value of the oldest record that is like this."""
    return lambda db: db.scalar(select(column).where(*where).order_by(column.class_.id).limit(1))


ONLINE = Gift.form_id.is_not(None)
PAID = Checkout.id.in_(select(Payment.checkout_id))
OF_DONOR = select(RecurringGift.contact_id).order_by(RecurringGift.id).limit(1).scalar_subquery()
"""Whoever gives regularly has all that a donor's own page shows."""
HOUSEHOLD = Contact.kind == ContactKind.HOUSEHOLD
OF_HOUSEHOLDS = ("add", "add_new", "edit", "leave", "move", "split", "join", "greetings")


def mend_token(db: Session) -> str:
    """The link by which the first of them is mended, as the installation of the tests makes it."""
    links = MendLinks("", "a secret that is only for tests, and long enough")
    gift = db.get_one(RecurringGift, first(RecurringGift.id)(db))
    return links.mend(gift, today(), mailbox_of(db, gift.contact, gift.submission_id)).rpartition("/")[2]


SAMPLES: dict[str, Sample] = {
    "contact_id": first(Contact.id),
    "fund_id": first(Fund.id),
    "campaign_id": first(Campaign.id),
    "event_id": first(GatewayEvent.id),
    "gift_id": first(Gift.id),
    "dispute_id": first(Dispute.id),
    "recurring_id": first(RecurringGift.id),
    "recurring.change kind": lambda _db: "amount",
    "gifts.refund gift_id": first(Gift.id, ONLINE),
    "action_id": first(BulkAction.id),
    "deed": lambda _db: "tag",
    "segment_id": first(Segment.id, Segment.kind == SegmentKind.LIVE),
    "task_id": first(Task.id),
    "interaction_id": first(Interaction.id),
    "file_id": first(ContactFile.id),
    "note_id": first(ContactNote.id),
    "purpose_id": first(ConsentPurpose.id),
    "tag_id": first(Tag.id),
    "tie_id": first(Relationship.id),
    "type_id": first(RelationshipType.id),
    "group_id": first(CustomGroup.id),
    "field_id": first(CustomField.id, CustomField.type == CustomType.CHOICES),
    "choice_id": first(CustomChoice.id),
    "custom_fields.new_field kind": lambda _db: "number",
    "member_id": first(HouseholdMember.id, HouseholdMember.until.is_(None)),
    **{f"households.{page} contact_id": first(Contact.id, HOUSEHOLD) for page in OF_HOUSEHOLDS},
    "receipt_id": first(Receipt.id, Receipt.status == ReceiptStatus.ISSUED),
    "form_id": first(GivingForm.id),
    "user_id": first(StaffUser.id),
    "role_id": first(Role.id),
    "rate_id": first(StatutoryRate.id),
    "currencies.correct rate_id": first(ExchangeRate.id),
    "import_id": first(RateImport.id),
    "code": lambda _db: "USD",
    "record_type": lambda _db: "gift",
    "record_id": first(Gift.id),
    "payout_id": first(Payout.id),
    "line_id": first(PayoutLine.id, ~PayoutLine.is_explained),
    "slug": first(GivingForm.slug),
    "kind": lambda _db: "svg",
    "receipts.pdf token": first(Receipt.token),
    "receipts.download token": first(Receipt.token),
    "portal.receipt receipt_id": first(Receipt.id, Receipt.contact_id == OF_DONOR),
    "portal.mend token": mend_token,
    "portal.change recurring_id": first(RecurringGift.id),
    "portal.change kind": lambda _db: "amount",
    "year": lambda _db: 2026,
    "site.preview token": first(GivingForm.preview_token),
    "site.thanks token": first(Checkout.token, PAID),
    "site.back token": first(Checkout.token, PAID),
}
"""What stands for an argument, by its name or by its endpoint and name."""
NO_PAGES = {
    "static", "organisation.logo", "health.alive", "health.ready", "metrics.show", "provider.leave", "provider.arrive",
    "provider.confirm", "mailed_links.follow", "mailed_links.choose", "security.passkey", "security.remove_passkey",
    "portal.follow", "portal.follow_email",
}  # fmt: skip
"""What answers programs, what leads away at once, and what is one record of one's own."""
ALSO = (
    "/contacts/?for=news:email", "/gifts/2",
    "/search?q=maya", "/contacts/?q=maya", "/gifts?method=card", "/gifts/new?q=maya", "/gifts?state=returned",
    "/receipts?text=maya", "/segments/new?ready=lybunt", "/segments/new?kind=fixed", "/tasks/?owner=all",
    "/tasks/?shown=done&owner=all", "/payouts/1?shown=unexplained", "/payouts/1?shown=transfer",
)  # fmt: skip


def more_of_everything(db: Session, how_much: int) -> None:
    """So many more records of each kind, those that belong together on the records that are looked at."""
    known_rates = db.scalar(select(func.count(ExchangeRate.id))) or 0
    for turn in range(how_much):
        line = Line("USD", date(2026, 1, 1) + timedelta(days=known_rates + turn), "1.09")
        begin_import(db, RateFile([line], []), "eurofxref.csv", actor=SYSTEM)
        contact, fund, campaign = make_contact(db), make_fund(db), make_campaign(db)
        form = db.scalars(select(GivingForm).order_by(GivingForm.id)).first() or make_form(db, funds=[fund])
        form.funds.append(FormFund(fund_id=make_fund(db).id, place=len(form.funds)))
        known = db.get_one(Contact, first(Contact.id)(db))
        number = db.scalar(select(func.count(ContactEmail.id)))
        known.emails.append(ContactEmail(address=f"m{number}@example.org", folded=f"m{number}@example.org"))
        note = ContactNote(contact_id=known.id, text="Called.", author_name="Asha")
        db.add(note)
        attach_to_note(db, note, [prepare("photo.png", a_picture())], actor=SYSTEM)
        shares = {"fund": db.get_one(Fund, first(Fund.id)(db)), "campaign_id": first(Campaign.id)(db) or campaign.id}
        make_offline_gift(db, known, **shares)
        make_offline_gift(db, known, amount=Money(5000, "USD"), **shares)
        gift = make_offline_gift(db, contact, **shares)
        db.flush()
        db.add(SoftCredit(gift_id=gift.id, contact_id=known.id, role=CreditRole.SOLICITOR, amount_minor=100))
        make_offline_gift(db, make_contact(db, street="", city="", postcode="", country=""), **shares)
        for interval in (None, Interval.MONTH):
            make_online_gift(db, make_submission(db, form=form, interval=interval))
        more_of_recurring_gifts(db)
        refund_gift(db, make_online_gift(db, make_submission(db, form=form)), 1000)
        dispute_gift(db, make_online_gift(db, make_submission(db, form=form)))
        make_event(db)
        paid = db.scalars(select(Payment).where(Payment.checkout_id.is_not(None)).order_by(Payment.id)).all()
        make_payout(db, paid, [LineKind.FEE, LineKind.OTHER, LineKind.TRANSFER])
        wording = make_wording(db)
        told = [ConsentAnswer(wording.id, is_given=True)]
        record_consents(db, known, told, source="staff:phone", language="fr", actor=SYSTEM)
        db.add(Job(kind="mail.send", ids={"message_id": 1}, status=JobStatus.PARKED, last_error="Outside at send:1"))
        role = Role(name=f"Role {contact.id}", capabilities=["gifts.read", "contacts.read"])
        owner = StaffUser(email=f"{contact.id}@example.org", name="Ram", password_hash="x", roles=[role])
        db.add(owner)
        make_form(db, funds=[fund])
        more_of_a_contact(db, known, contact, owner)
    db.flush()


def more_of_recurring_gifts(db: Session) -> None:
    """One more charge and one more change of the first of them."""
    gift = db.scalars(select(RecurringGift).order_by(RecurringGift.id)).first()
    assert gift is not None
    more = make_online_gift(db, make_submission(db, interval=Interval.MONTH))
    more.recurring_gift_id = gift.id
    change = RecurringChange(
        recurring_gift_id=gift.id, kind=ChangeKind.RESUME, interval=gift.interval, currency=gift.currency,
        old_amount_minor=1000, new_amount_minor=1000, old_yearly_minor=12000, new_yearly_minor=12000,
        asked_by="Asha Gurung", asked_as=ActorKind.STAFF,
    )  # fmt: skip
    change.finish(now())
    db.add(change)
    checkout = db.get_one(Checkout, gift.checkout_id)
    checkout.customer_reference = "cus_1"
    gift.method_kind, gift.method_last_four, gift.card_expires_on = Method.CARD, "4242", today()
    failed = FailedCharge(
        recurring_gift_id=gift.id, invoice_reference=f"in_{more.id}", amount_minor=1000, currency=gift.currency,
        failed_at=now(), read_at=now(), tries=2,
    )  # fmt: skip
    failed.attempts = [ChargeTry(number=number, tried_at=now()) for number in (1, 2)]
    db.add(failed)


def more_of_a_contact(db: Session, known: Contact, contact: Contact, owner: StaffUser) -> None:
    """What is told of people themselves: ties, own fields, households, dealings, tags, files, segments."""
    make_tie(db, known, make_contact(db))
    group = db.scalars(select(CustomGroup).order_by(CustomGroup.id)).first() or make_group(db)
    several, another = make_field(db, CustomType.CHOICES, group), make_field(db, CustomType.CONTACT, make_group(db))
    pointing = make_field(db, CustomType.CONTACT, group)
    somebody = make_contact(db)
    db.flush()
    chosen = [each.id for each in several.choices]
    own = {several.key: chosen, another.key: [somebody.id], pointing.key: [somebody.id]}
    set_values(db, known, own, actor=SYSTEM)
    join_a_household(db, contact, first(Contact.id, HOUSEHOLD)(db))
    make_interaction(db, known, owner)
    make_tag(db, f"Tag {contact.id}", known)
    attach(db, known)
    segment = make_segment(db, owner)
    for deed, target in ((BulkDeed.ARCHIVE, None), (BulkDeed.OWNER, 1)):
        told: dict[str, Any] = {"question": {}, "last_id": 0, "target_id": target}
        db.add(BulkAction(deed=deed, asked_by=owner, segment=segment, **told))
    known.owner_id = owner.id
    for days in (-1, 0, 9):
        make_task(db, owner, known, days=days)
    make_task(db, owner, known).finish(now(), owner.id)


@contextmanager
def counting(app: Application) -> Iterator[list[str]]:
    """The statements that are asked of the database meanwhile, but for beginnings and settings."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SET ", "SAVEPOINT", "RELEASE")):
            asked.append(statement)

    engines = (app.database.engine, app.database.glances)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def addresses(app: Application) -> dict[str, str]:
    """Every page with the samples in its address."""
    known = app.url_map.bind("localhost")
    with app.database.reading() as db:
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        found = {rule.endpoint: known.build(rule.endpoint, samples_of(db, rule)) for rule in rules if is_page(rule)}
        whole = known.build("contacts.show", {"contact_id": SAMPLES["contact_id"](db), "timeline": "all"})
    return {**found, whole: whole, **{address: address for address in ALSO}}


def is_page(rule: Rule) -> bool:
    return rule.endpoint not in NO_PAGES


def samples_of(db: Session, rule: Rule) -> dict[str, Any]:
    found = {}
    for name in rule.arguments:
        sample = SAMPLES.get(f"{rule.endpoint} {name}") or SAMPLES.get(name)
        assert sample is not None, f"Say in SAMPLES what stands for {name} in {rule.rule}"
        found[name] = sample(db)
        assert found[name] is not None, f"more_of_everything makes nothing for {name} in {rule.rule}"
    return found


def as_donor(app: Application) -> FlaskClient:
    """A browser that is signed in to a donor's own page, and nowhere else."""
    client = app.test_client()
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        donor = db.scalars(select(Contact).where(Contact.id == OF_DONOR)).one()
        client.set_cookie("donor", session_for(db, donor), domain="localhost")
    return client


def statements_of(app: Application, client: FlaskClient, donor: FlaskClient) -> dict[str, list[str]]:
    """What each page asks when it is asked for again: what a process keeps ready is ready then."""
    found, wrong = {}, {}
    for page, address in addresses(app).items():
        reader = donor if page.startswith("portal.") else client
        reader.get(address)
        with counting(app) as asked:
            answer = reader.get(address)
        found[page] = list(asked)
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            wrong[page] = (address, answer.status_code)
    assert not wrong
    return found


def most(page: str) -> int:
    """How many questions a page may ask."""
    return MOST_OF_DONORS if page.startswith("portal.") else MOST


def extra(little: list[str], much: list[str]) -> list[str]:
    """The statements of the second list that are not in the first."""
    left = list(little)
    return [each for each in much if each not in left or left.remove(each) is not None]  # type: ignore[func-returns-value]


def test_pages_ask_the_same_few_questions_whatever_there_is(app: Application, sign_in: SignIn) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        more_of_everything(db, LITTLE)
    client, donor = sign_in(), as_donor(app)
    little = statements_of(app, client, donor)
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        more_of_everything(db, MORE)
    much = statements_of(app, client, donor)

    growing = {
        page: (len(asked), len(much[page]), extra(asked, much[page]))
        for page, asked in little.items() if len(much[page]) > len(asked)
    }  # fmt: skip
    many = {page: len(asked) for page, asked in much.items() if len(asked) > most(page)}
    told = [
        f"{page}: {few} -> {lot}\n" + "\n".join(f"      {each[:300]!r}" for each in sorted(set(new)))
        for page, (few, lot, new) in growing.items()
    ]
    assert not growing, "\n".join(told)
    assert not many
