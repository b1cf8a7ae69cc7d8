"""What people agreed to and refused is kept in exactly the words they read."""

import pytest
from sqlalchemy import select

from app.contacts.models import Channel, Consent
from app.contacts.queries.contacts import current_wordings, newest_consents
from app.contacts.services import ConsentAnswer, WordingDetails, publish_wording, record_consents
from app.kernel.actors import SYSTEM
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact, make_wording

pytestmark = pytest.mark.db


def answer(db, contact, wording, *, is_given):
    answers = [ConsentAnswer(wording.id, is_given)]
    return record_consents(db, contact, answers, source="form:school", language="fr", actor=SYSTEM)


def test_agreements_and_refusals_are_both_kept_and_the_newest_counts(db):
    contact, wording = make_contact(db), make_wording(db, purpose="visits")

    answer(db, contact, wording, is_given=True)
    answer(db, contact, wording, is_given=False)

    assert [consent.is_given for consent in db.scalars(select(Consent).order_by(Consent.id))] == [True, False]
    assert [consent.is_given for consent in newest_consents(db, contact.id)] == [False]


def test_new_words_are_a_new_version_and_old_answers_keep_the_old_words(db):
    contact, old = make_contact(db), make_wording(db, purpose="visits")
    answer(db, contact, old, is_given=True)

    new = make_wording(db, purpose="visits", texts={"fr": "Autres mots."})

    assert (old.version, old.is_current, new.version, new.is_current) == (1, False, 2, True)
    assert newest_consents(db, contact.id)[0].wording.text("fr") == "Je veux recevoir vos nouvelles."
    assert current_wordings(db, ["visits:email", "visits:email", "unknown:post"]) == [new]


def test_words_are_found_by_purpose_and_channel_in_the_order_asked_for(db):
    news, post = make_wording(db, purpose="visits"), make_wording(db, purpose="visits", channel=Channel.POST)

    assert current_wordings(db, ["visits:post", "visits:email"]) == [post, news]


def test_an_answer_to_words_we_never_showed_is_refused(db):
    with pytest.raises(Refused):
        record_consents(db, make_contact(db), [ConsentAnswer(999, True)], source="x", language="fr", actor=SYSTEM)


def test_words_in_no_language_are_refused(db):
    details = WordingDetails(purpose="news", channel=Channel.EMAIL, texts={"fr": "  "})

    with pytest.raises(Refused):
        publish_wording(db, details, actor=SYSTEM)


def test_they_stand_on_the_contacts_page_with_their_words(db, sign_in):
    contact, wording = make_contact(db), make_wording(db, purpose="visits")
    answer(db, contact, wording, is_given=True)
    db.commit()

    text = sign_in("contacts.read").get(f"/contacts/{contact.id}").get_data(as_text=True)

    assert "Je veux recevoir vos nouvelles." in text
