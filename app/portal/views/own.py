"""What donors say of themselves: language, name and address, what they agree to; and the copy of what is theirs."""

import json

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.models import Contact
from app.contacts.queries.contacts import contact_to_change
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language, use_language
from app.portal.access import as_donor, donors_only, present_contact
from app.portal.forms import ButtonForm, DetailsForm, LanguageForm, answers_form, answers_in
from app.portal.queries.new_emails import waiting_email
from app.portal.services import agreeing, details
from app.portal.showing import own_data
from app.portal.views import bp
from app.web.application import db
from app.web.limits import limiter
from app.web.reading import reading_organisation


def _details_form(contact: Contact) -> DetailsForm:
    organisation = reading_organisation()
    return DetailsForm.of(contact, contact.address_on(today(organisation.time_zone)), organisation.country)


def _held() -> Contact:
    """Whose page it is, as they are this instant, held until the end: staff may be changing them too."""
    found = contact_to_change(db, present_contact().id)
    assert found is not None
    return found


@bp.route("/details", methods=["GET", "POST"])
@donors_only
@limiter.limit("20 per hour", methods=["POST"])
def own() -> ResponseReturnValue:
    """Their name and postal address; what differs waits for a person."""
    form = _details_form(present_contact())
    if form.validate_on_submit():
        try:
            is_new = details.say_details(db, _held(), form.details(), actor=as_donor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_thanks() if is_new else _("Nothing differs from what we have."), "success")
            return redirect(url_for(".own"), 303)
    chosen = LanguageForm(formdata=None, data={"language": present_contact().language})
    used = present_contact().email_on(today(reading_organisation().time_zone))
    return render_template(
        "portal/details.html", form=form, chosen=chosen, button=ButtonForm(formdata=None), used=used,
        waiting=waiting_email(db, present_contact()),
    ), form.status  # fmt: skip


def _thanks() -> str:
    return _("Thank you. One of us looks at it before it is used; until then we have what we had.")


@bp.route("/language", methods=["POST"])
@donors_only
@limiter.limit("30 per hour", methods=["POST"])
def speak() -> ResponseReturnValue:
    """Read and be written to in another language from now on."""
    form = LanguageForm()
    if form.validate_on_submit():
        details.read_in(db, _held(), form.language.data, actor=as_donor())
        use_language(form.language.data)
        flash(_("From now on we write to you in this language."), "success")
    else:
        flash(_("Choose one of the languages, please."), "danger")
    return redirect(url_for(".own"), 303)


@bp.route("/consents", methods=["GET", "POST"])
@donors_only
@limiter.limit("30 per hour", methods=["POST"])
def consents() -> ResponseReturnValue:
    """What they agreed to, to be answered again."""
    contact = present_contact()
    asked = agreeing.questions(db, contact)
    form = answers_form(asked, language())
    if form.validate_on_submit():
        agreeing.answer(db, _held(), answers_in(form, asked), language=language(), actor=as_donor())
        flash(_("Thank you. What you said holds from now on."), "success")
        return redirect(url_for(".consents"), 303)
    return render_template("portal/consents.html", form=form, asked=asked), form.status


@bp.route("/data")
@donors_only
def data() -> ResponseReturnValue:
    """All that is theirs, to read."""
    return render_template("portal/data.html", data=own_data(db, present_contact()))


@bp.route("/data.json")
@donors_only
@limiter.limit("20 per hour")
def data_file() -> ResponseReturnValue:
    """All that is theirs, as a file that other programs read."""
    text = json.dumps(own_data(db, present_contact()), ensure_ascii=False, indent=2)
    response = Response(text, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response
