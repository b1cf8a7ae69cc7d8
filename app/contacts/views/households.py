"""The pages of households: members come, move and leave; two households join, one splits; how they are greeted."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.contacts.access import EDIT_CONTACTS
from app.contacts.forms.households import GreetingsForm, MemberForm, NewMemberForm, SplitForm, version_in
from app.contacts.forms.relationships import EndForm
from app.contacts.models import Contact, ContactKind, HouseholdMember
from app.contacts.queries import households as queries
from app.contacts.queries.search import search_contacts
from app.contacts.services import households as services
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.reading import reading_organisation
from app.web.records import get_or_404

bp = Blueprint("households", __name__, url_prefix="/contacts/<int:contact_id>/household")
MOST_FOUND = 50


def panel(session: Session, contact: Contact) -> dict[str, Any]:
    """A household's members and greetings, or the household of a person; nothing for organisations."""
    if contact.kind is ContactKind.PERSON:
        return {"membership": contact.membership}
    if contact.kind is ContactKind.ORGANISATION:
        return {}
    return vars(queries.belonging(session, contact))


@bp.route("/choose")
@requires(EDIT_CONTACTS)
def choose(contact_id: int) -> ResponseReturnValue:
    """Which household a person belongs to: one there is, or a new one."""
    return _choose("choose", get_or_404(Contact, contact_id), ContactKind.HOUSEHOLD)


@bp.route("/make", methods=["POST"])
@requires(EDIT_CONTACTS)
def make(contact_id: int) -> ResponseReturnValue:
    """A new household of one person, to which others are added."""
    person = get_or_404(Contact, contact_id)
    made = services.make_household(db, [person], actor=current_actor())
    return _back(made, _("%(name)s is made. Add whoever else belongs to it.", name=made.name))


@bp.route("/members/new", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def add(contact_id: int) -> ResponseReturnValue:
    """Let somebody belong to the household: first who, then what is said of them."""
    household, key = _household(contact_id), request.args.get("person", 0, type=int)
    if not key:
        return _choose("add", household, ContactKind.PERSON)
    person, form = get_or_404(Contact, key), MemberForm.of(None)
    if form.validate_on_submit():
        try:
            services.add_member(db, household, person, form.member_details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(household, _("%(name)s belongs to the household.", name=person.name))
    return _page("member", form, household, person=person, member=None), form.status


@bp.route("/members/new-person", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def add_new(contact_id: int) -> ResponseReturnValue:
    """Add a person we did not know as a member."""
    household, form = _household(contact_id), NewMemberForm.of(None)
    if form.validate_on_submit():
        person = form.person_details(household.language)
        try:
            services.add_new_member(db, household, person, form.member_details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(household, _("The new person belongs to the household."))
    return _page("member", form, household, person=None, member=None), form.status


@bp.route("/members/<int:member_id>/edit", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(contact_id: int, member_id: int) -> ResponseReturnValue:
    """What is said of a member, and in which strings they stand."""
    household, member = _household(contact_id), _member(contact_id, member_id)
    form = MemberForm.of(member)
    if form.validate_on_submit():
        version = version_in(form.version)
        try:
            services.edit_member(db, member, form.member_details(), version=version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(member.version)
        else:
            return _back(household, _("%(name)s is saved.", name=member.person.name))
    return _page("member", form, household, person=member.person, member=member), form.status


@bp.route("/members/<int:member_id>/leave", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def leave(contact_id: int, member_id: int) -> ResponseReturnValue:
    """Let a member leave."""
    household, member = _household(contact_id), _member(contact_id, member_id)
    form = EndForm.on(today(reading_organisation().time_zone))
    if form.validate_on_submit() and form.until.data is not None:
        try:
            services.leave_household(db, member, form.until.data, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(household, _("%(name)s is a former member.", name=member.person.name))
    return _page("leave", form, household, member=member), form.status


@bp.route("/members/<int:member_id>/move", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def move(contact_id: int, member_id: int) -> ResponseReturnValue:
    """Let a member leave for another household."""
    household, member = _household(contact_id), _member(contact_id, member_id)
    if request.method == "GET":
        return _choose("move", household, ContactKind.HOUSEHOLD, member=member)
    to = get_or_404(Contact, request.form.get("to", 0, type=int))
    services.move_member(db, member, to, actor=current_actor())
    return _back(to, _("%(name)s belongs to this household now.", name=member.person.name))


@bp.route("/split", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def split(contact_id: int) -> ResponseReturnValue:
    """Some members leave into a household of their own."""
    household = _household(contact_id)
    form = SplitForm.of(queries.members_of(db, household.id))
    if form.validate_on_submit():
        try:
            made = services.split_household(db, household, form.keys, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(made, _("%(name)s is a household of its own now.", name=made.name))
    return _page("split", form, household), form.status


@bp.route("/join", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def join(contact_id: int) -> ResponseReturnValue:
    """Everybody of another household moves into this one."""
    household = _household(contact_id)
    if request.method == "GET":
        return _choose("join", household, ContactKind.HOUSEHOLD)
    other = get_or_404(Contact, request.form.get("to", 0, type=int))
    services.join_households(db, household, other, actor=current_actor())
    return _back(household, _("The two are one household now; %(name)s is archived.", name=other.name))


@bp.route("/greetings", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def greetings(contact_id: int) -> ResponseReturnValue:
    """The name and the greetings, by hand or after the members."""
    household = _household(contact_id)
    row = queries.greeting_row(db, household.id)
    form = GreetingsForm.of(household, row)
    if form.validate_on_submit():
        details, version = form.details(), version_in(form.version)
        try:
            services.write_greetings(db, household, details, version=version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(row.version if row is not None else 0)
        else:
            return _back(household, _("The greetings are saved."))
    computed = queries.computed_greetings(db, household)
    return _page("greetings", form, household, computed=computed, row=row), form.status


def _household(contact_id: int) -> Contact:
    contact = get_or_404(Contact, contact_id)
    if contact.kind is not ContactKind.HOUSEHOLD:
        raise NotFound
    return contact


def _member(contact_id: int, member_id: int) -> HouseholdMember:
    member = get_or_404(HouseholdMember, member_id)
    if member.household_id != contact_id or member.until is not None:
        raise NotFound
    return member


def _choose(name: str, contact: Contact, kind: ContactKind, **shown: Any) -> str:
    """A search for contacts of one kind, other than this one."""
    text = request.args.get("q", "")[:100]
    found = search_contacts(db, text, MOST_FOUND) if text else []
    fitting = [each for each in found if each.kind is kind and each.id != contact.id]
    return render_template(f"contacts/households/{name}.html", contact=contact, text=text, found=fitting, **shown)


def _page(name: str, form: Any, household: Contact, **shown: Any) -> str:
    return render_template(f"contacts/households/{name}.html", form=form, contact=household, **shown)


def _back(household: Contact, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("contacts.show", contact_id=household.id) + "#household", 303)
