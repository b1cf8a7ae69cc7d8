"""What somebody agreed to and refused: how it stands, all they ever said, and writing down what they say."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS, READ_CONTACTS
from app.contacts.forms.consents import AnswerForm
from app.contacts.models import Consent, Contact
from app.contacts.queries.consents import answers_of
from app.contacts.services.consents import undo_withdrawal, withdraw, write_down_answer
from app.contacts.showing.consents import stands_of
from app.contacts.views import parts
from app.contacts.wording.consents import BASES, CHANNELS, STAFF
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.notices import flash_with_undo
from app.web.reading import reading_organisation
from app.web.records import get_or_404

bp = Blueprint("consents", __name__, url_prefix="/contacts/<int:contact_id>/consents")


@bp.route("/")
@requires(READ_CONTACTS)
def show(contact_id: int) -> ResponseReturnValue:
    """How it stands for each purpose and channel, and the whole history."""
    return _page(get_or_404(Contact, contact_id), None)


@bp.route("/", methods=["POST"])
@requires(EDIT_CONTACTS)
def write_down(contact_id: int) -> ResponseReturnValue:
    """Write down what somebody said to one of us."""
    contact = get_or_404(Contact, contact_id)
    form = _form(contact)
    if form.validate():
        try:
            write_down_answer(db, contact, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("It is written down."), "success")
            return _back(contact)
    return _page(contact, form), form.status


@bp.route("/<int:consent_id>/withdraw", methods=["POST"])
@requires(EDIT_CONTACTS)
def take_back(contact_id: int, consent_id: int) -> ResponseReturnValue:
    """Write down that somebody takes an agreement back."""
    contact, agreed = _theirs(contact_id, consent_id)
    try:
        refusal = withdraw(db, contact, agreed, source=f"{STAFF}:page", actor=current_actor())
    except Refused as refused:
        flash(str(refused.message), "danger")
        return _back(contact)
    db.flush()
    back = url_for(".undo", contact_id=contact.id, consent_id=refusal.id)
    flash_with_undo(_("%(purpose)s is withdrawn.", purpose=agreed.wording.purpose_name(language())), back)
    return _back(contact)


@bp.route("/<int:consent_id>/undo", methods=["POST"])
@requires(EDIT_CONTACTS)
def undo(contact_id: int, consent_id: int) -> ResponseReturnValue:
    """Write down that a withdrawal was a slip of ours."""
    contact, refusal = _theirs(contact_id, consent_id)
    try:
        undo_withdrawal(db, contact, refusal, actor=current_actor())
    except Refused as refused:
        flash(str(refused.message), "danger")
    else:
        flash(_("The agreement stands again, from the day it was given."), "success")
    return _back(contact)


def _theirs(contact_id: int, consent_id: int) -> tuple[Contact, Consent]:
    """The contact and one of their answers.

    Raises:
        NotFound: there is no such contact, or the answer is not theirs.

    """
    contact, consent = get_or_404(Contact, contact_id), get_or_404(Consent, consent_id)
    if consent.contact_id != contact.id:
        raise NotFound
    return contact, consent


def _form(contact: Contact) -> AnswerForm:
    day = today(reading_organisation().time_zone)
    return AnswerForm.about([stand.asked for stand in stands_of(db, contact, [], day)], day)


def _page(contact: Contact, form: AnswerForm | None) -> str:
    answers, day = answers_of(db, contact.id), today(reading_organisation().time_zone)
    stands = stands_of(db, contact, answers, day)
    return render_template(
        "contacts/consents/show.html", contact=contact, stands=stands, answers=answers[::-1], channels=CHANNELS,
        form=form or AnswerForm.about([stand.asked for stand in stands], day), bases=BASES, language=language(),
        undone={answer.undoes_id for answer in answers}, day=day,
        sources=parts.sources(db, [answer.source for answer in answers]),
    )  # fmt: skip


def _back(contact: Contact) -> ResponseReturnValue:
    return redirect(url_for(".show", contact_id=contact.id), 303)
