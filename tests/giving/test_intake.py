"""Payments become gifts: once, whatever comes twice or in another order."""

import random
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from app.contacts.models import Consent, Contact, ContactKind
from app.giving.books import check
from app.giving.models import (
    DonorKind,
    Gift,
    GiftStatus,
    GivingTotal,
    Receipt,
    ReceiptChoice,
    RecurringGift,
    RecurringStatus,
    Tribute,
    TributeStatus,
)
from app.kernel.actors import GATEWAY
from app.kernel.events import publish
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.events import (
    CheckoutCompleted,
    PaymentBegun,
    PaymentFailed,
    PaymentReturned,
    PaymentSettled,
    SubscriptionChanged,
)
from app.payments.gateway import SubscriptionState
from app.payments.models import Interval, Method, PaymentStatus, SubscriptionStatus
from tests.factories.contacts import make_contact, make_wording
from tests.factories.funds import make_campaign, make_fund
from tests.factories.giving import gift_of, give_back, make_form, make_online_gift, make_submission, payment_of

pytestmark = pytest.mark.db


def told(reference, status, next_on, **more):
    """The gateway's word on a subscription."""
    state = SubscriptionState(reference=reference, checkout_token=None, status=status, next_on=next_on, **more)
    return SubscriptionChanged(state)


def happen(db, *facts):
    for fact in facts:
        publish(db, fact, actor=GATEWAY)
    db.commit()


def count(db, model):
    return db.scalar(select(func.count()).select_from(model))


def test_a_card_payment_becomes_a_received_gift_of_a_new_contact(db):
    campaign = make_campaign(db)
    form = make_form(db, campaign_id=campaign.id)
    submission = make_submission(
        db, form=form, fee_cover_minor=120, is_anonymous=True,
        answers={"comment": "Courage !", "source": {"utm_source": "newsletter"}},
    )  # fmt: skip

    gift = make_online_gift(db, submission)
    db.commit()

    assert gift.status is GiftStatus.RECEIVED
    assert gift.amount == Money(5000, "EUR")
    assert gift.contact.name == "Jeanne Moreau"
    assert gift.contact.primary_address.city == "Lyon"
    assert [(part.fund_id, part.amount_minor) for part in gift.allocations] == [(form.funds[0].fund_id, 5000)]
    assert (gift.campaign_id, gift.fee_cover_minor, gift.is_anonymous) == (campaign.id, 120, True)
    assert (gift.comment, gift.source) == ("Courage !", {"utm_source": "newsletter"})
    assert submission.contact_id == gift.contact_id


def test_the_same_fact_twice_makes_one_gift(db):
    submission = make_submission(db)
    payment = payment_of(db, submission)

    happen(db, PaymentSettled(payment.id), CheckoutCompleted(submission.checkout_id))
    happen(db, PaymentSettled(payment.id), PaymentBegun(payment.id))

    assert count(db, Gift) == 1
    assert db.scalars(select(GivingTotal)).one().gifts == 1


def test_a_direct_debit_is_pending_and_then_received_on_the_day_the_money_comes(db):
    submission = make_submission(db)
    payment = payment_of(db, submission, method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING)
    happen(db, PaymentBegun(payment.id))
    gift = gift_of(db, payment)
    assert gift.status is GiftStatus.PENDING
    assert not gift.kept
    assert count(db, GivingTotal) == 0

    payment.settle(datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    happen(db, PaymentSettled(payment.id))

    assert gift.status is GiftStatus.RECEIVED
    assert gift.received_on == date(2026, 4, 1), "half past midnight in Paris"


def test_a_debit_that_fails_leaves_a_failed_gift_and_no_figures(db):
    payment = payment_of(db, make_submission(db), method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING)
    happen(db, PaymentBegun(payment.id))

    payment.fail("insufficient_funds")
    happen(db, PaymentFailed(payment.id), PaymentFailed(payment.id))

    assert gift_of(db, payment).status is GiftStatus.FAILED
    assert count(db, GivingTotal) == 0


def test_a_failure_that_is_the_first_word_of_a_payment_is_kept_too(db):
    payment = payment_of(db, make_submission(db), status=PaymentStatus.FAILED)

    happen(db, PaymentFailed(payment.id))

    assert gift_of(db, payment).status is GiftStatus.FAILED


def test_the_fiscal_year_is_the_organisations(db):
    the_organisation(db).fiscal_year_start_month = 9
    submission = make_submission(db)
    payment = payment_of(db, submission, settled_at=datetime(2026, 8, 31, 12, tzinfo=UTC))
    happen(db, PaymentSettled(payment.id))

    assert gift_of(db, payment).fiscal_year == 2025


def test_a_company_is_an_organisation_with_its_siren(db):
    answers = {"company": "Atelier Himal", "legal_form": "SARL", "siren": "732829320"}
    submission = make_submission(db, donor_kind=DonorKind.COMPANY, answers=answers)

    contact = make_online_gift(db, submission).contact
    db.commit()

    assert (contact.kind, contact.name) == (ContactKind.ORGANISATION, "Atelier Himal")
    assert (contact.legal_form, contact.siren) == ("SARL", "732829320")


def test_a_known_donor_is_found_again(db):
    known = make_contact(db, given_name="Jeanne", family_name="Moreau", email="jeanne.moreau@example.org")

    gift = make_online_gift(db)
    db.commit()

    assert gift.contact_id == known.id
    assert count(db, Contact) == 1


def test_consents_are_recorded_once_and_forged_ones_are_left_out(db):
    wording = make_wording(db)
    consents = [{"wording_id": wording.id, "is_given": True}, {"wording_id": 999, "is_given": True}]
    submission = make_submission(db, answers={"consents": consents})
    payment = payment_of(db, submission, status=PaymentStatus.PROCESSING)

    happen(db, PaymentBegun(payment.id))
    payment.settle(datetime(2026, 3, 2, tzinfo=UTC))
    happen(db, PaymentSettled(payment.id))

    kept = db.scalars(select(Consent)).one()
    assert (kept.wording_id, kept.is_given, kept.source) == (wording.id, True, f"form:{submission.form.slug}")


def test_a_tribute_is_kept_with_the_person_to_tell(db):
    answers = {"tribute": {"kind": "memory", "honoree": "Pema", "notify_name": "Nima", "notify_email": "t@example.org"}}

    gift = make_online_gift(db, make_submission(db, answers=answers))
    db.commit()

    tribute = db.scalars(select(Tribute)).one()
    assert (tribute.gift_id, tribute.honoree, tribute.status) == (gift.id, "Pema", TributeStatus.TO_NOTIFY)


@pytest.mark.parametrize("tribute", [{}, {"kind": "nonsense", "honoree": "Pema"}, {"kind": "honour", "honoree": ""}])
def test_a_tribute_without_a_name_or_kind_is_none(db, tribute):
    make_online_gift(db, make_submission(db, answers={"tribute": tribute}))
    db.commit()

    assert count(db, Tribute) == 0


def test_money_is_booked_even_if_the_form_has_no_fund_any_more(db):
    submission = make_submission(db, fund_id=None)
    submission.form.funds = []

    gift = make_online_gift(db, submission)
    db.commit()

    assert sum(part.amount_minor for part in gift.allocations) == 5000


def test_a_regular_donor_gets_a_recurring_gift_that_the_first_charge_makes_active(db):
    submission = make_submission(db, interval=Interval.MONTH, amount=Money(1000, "EUR"))
    happen(db, CheckoutCompleted(submission.checkout_id))
    recurring = db.scalars(select(RecurringGift)).one()
    assert recurring.status is RecurringStatus.INCOMPLETE

    gift = make_online_gift(db, submission)
    db.commit()

    assert recurring.status is RecurringStatus.ACTIVE
    assert (gift.recurring_gift_id, gift.submission_id) == (recurring.id, submission.id)
    assert recurring.amount == Money(1000, "EUR")


def test_renewals_copy_what_the_donor_chose_and_not_the_comment(db):
    fund = make_fund(db)
    form = make_form(db, funds=[fund], campaign_id=make_campaign(db).id)
    answers = {"comment": "Hello", "receipt_choice": "yearly", "tribute": {"kind": "honour", "honoree": "Pema"}}
    submission = make_submission(db, form=form, interval=Interval.MONTH, is_anonymous=True, answers=answers)
    first = make_online_gift(db, submission)

    renewal = payment_of(db, submission, checkout_id=None, settled_at=datetime(2026, 4, 14, tzinfo=UTC))
    happen(db, PaymentSettled(renewal.id))

    gift = gift_of(db, renewal)
    assert gift.recurring_gift_id == first.recurring_gift_id
    assert gift.contact_id == first.contact_id
    assert (gift.comment, gift.submission_id, gift.is_anonymous) == ("", None, True)
    assert gift.campaign_id == form.campaign_id
    assert gift.receipt_choice is ReceiptChoice.YEARLY
    assert [part.fund_id for part in gift.allocations] == [fund.id]
    assert count(db, Tribute) == 1


def test_a_charge_that_comes_before_its_checkout_is_known_is_booked_when_it_is(db):
    submission = make_submission(db, interval=Interval.MONTH)
    checkout, reference = submission.checkout, submission.checkout.subscription_reference
    checkout.subscription_reference = None
    payment = payment_of(db, submission, checkout_id=None, subscription_reference=reference)
    publish(db, PaymentSettled(payment.id), actor=GATEWAY)
    assert count(db, Gift) == 0

    checkout.subscription_reference = reference
    happen(db, CheckoutCompleted(checkout.id))

    assert gift_of(db, payment).status is GiftStatus.RECEIVED


def test_a_charge_that_comes_first_with_its_checkout_begins_the_recurring_gift(db):
    submission = make_submission(db, interval=Interval.MONTH)
    payment = payment_of(db, submission)

    happen(db, PaymentSettled(payment.id), CheckoutCompleted(submission.checkout_id))

    assert count(db, RecurringGift) == 1
    assert db.scalars(select(RecurringGift)).one().status is RecurringStatus.ACTIVE


def test_what_the_gateway_says_of_a_subscription_is_the_state_of_the_recurring_gift(db):
    submission = make_submission(db, interval=Interval.MONTH)
    make_online_gift(db, submission)
    reference = submission.checkout.subscription_reference
    recurring = db.scalars(select(RecurringGift)).one()

    happen(db, told(reference, SubscriptionStatus.ACTIVE, date(2026, 4, 14)))
    assert recurring.next_on == date(2026, 4, 14)
    happen(db, told(reference, SubscriptionStatus.ENDED, None, reason="cancellation_requested"))
    happen(db, told(reference, SubscriptionStatus.ACTIVE, date(2026, 5, 14)))

    assert recurring.status is RecurringStatus.ENDED, "an old word does not bring it back"
    assert recurring.end_reason == "cancellation_requested"


def test_a_subscription_we_know_nothing_of_changes_nothing(db):
    happen(db, told("sub_unknown", SubscriptionStatus.ACTIVE, None))

    assert count(db, RecurringGift) == 0


def test_money_that_goes_back_leaves_the_gift_and_the_figures(db):
    gift = make_online_gift(db)
    payment = gift.payments[0].payment

    give_back(db, payment, 2000)
    happen(db, PaymentReturned(payment.id), PaymentReturned(payment.id))
    assert gift.kept == Money(3000, "EUR")
    assert db.scalars(select(GivingTotal)).one().amount_minor == 3000

    give_back(db, payment, 3000)
    happen(db, PaymentReturned(payment.id))
    assert not gift.kept
    assert count(db, GivingTotal) == 0


def test_an_amount_that_differs_from_what_was_typed_is_booked_as_paid(db):
    submission = make_submission(db, amount=Money(5000, "EUR"), fee_cover_minor=200)

    gift = make_online_gift(db, submission, amount=Money(100, "EUR"))
    db.commit()

    assert (gift.amount_minor, gift.fee_cover_minor) == (100, 100)


def test_what_was_received_is_never_edited(db):
    gift = make_online_gift(db)
    db.commit()

    for name, value in (("amount_minor", 1), ("currency", "USD"), ("received_on", date(2020, 1, 1))):
        with pytest.raises(Exception, match="never edited"):
            setattr(gift, name, value)


def test_money_nobody_can_place_is_named_by_the_books(db, upset_books):
    payment = payment_of(db, make_submission(db), checkout_id=None)
    happen(db, PaymentSettled(payment.id))

    assert check(db) == [f"Payment {payment.id} is settled, but no gift was made of it."]


@pytest.mark.parametrize("seed", range(12))
def test_facts_that_come_twice_and_shuffled_end_in_the_same_books(db, seed):
    """Every order of the same facts about one regular donor: a first charge, a renewal, and part of it refunded."""
    shuffle = random.Random(seed)
    submission = make_submission(db, interval=Interval.MONTH, amount=Money(1000, "EUR"))
    reference = submission.checkout.subscription_reference
    first = payment_of(db, submission)
    renewal = payment_of(db, submission, checkout_id=None, settled_at=datetime(2026, 4, 14, tzinfo=UTC))
    give_back(db, renewal, 400)
    facts = [
        CheckoutCompleted(submission.checkout_id), PaymentSettled(first.id), PaymentSettled(renewal.id),
        PaymentReturned(renewal.id), told(reference, SubscriptionStatus.ACTIVE, date(2026, 5, 14)),
    ] * 2  # fmt: skip
    shuffle.shuffle(facts)

    happen(db, *facts, PaymentReturned(renewal.id))

    recurring = db.scalars(select(RecurringGift)).one()
    assert recurring.status is RecurringStatus.ACTIVE
    assert sorted(gift.kept.minor for gift in db.scalars(select(Gift))) == [600, 1000]
    assert db.scalars(select(func.sum(GivingTotal.amount_minor))).one() == 1600
    assert count(db, Receipt) <= 4
