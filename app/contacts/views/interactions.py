"""Interactions with a contact: written down, changed and taken away."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS
from app.contacts.forms.tasks import InteractionForm
from app.contacts.models import Contact, Interaction, Task
from app.contacts.queries import tasks as queries
from app.contacts.services import interactions as services
from app.contacts.services.tasks import refuse_strangers
from app.contacts.showing.tasks import an_interaction_form, reader
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.reading import reading_organisation
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("interactions", __name__)


@bp.route("/contacts/<int:contact_id>/interactions/new", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def new(contact_id: int) -> ResponseReturnValue:
    """Write down what took place with a contact, beginning with the task it came of if the address names one."""
    contact = get_or_404(Contact, contact_id)
    form = an_interaction_form(db, **_of_task(contact))
    if form.validate_on_submit():
        try:
            services.record_interaction(db, contact, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("It stands on the timeline."), "success")
            return redirect(_timeline_of(contact.id), 303)
    return render_template("contacts/interactions/new.html", form=form, contact=contact), form.status


@bp.route("/interactions/<int:interaction_id>/edit", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(interaction_id: int) -> ResponseReturnValue:
    """Change an interaction; whoever edits an older version sees what changed meanwhile and keeps what they typed."""
    interaction = _to_change(interaction_id) if request.method == "POST" else get_or_404(Interaction, interaction_id)
    people, zone = queries.who_may_own(db), reading_organisation().time_zone
    form = InteractionForm(reader(db), people, zone, interaction=interaction)
    if form.is_submitted() and form.version.data != str(interaction.version):
        fresh = InteractionForm(reader(db), people, zone, interaction=interaction, formdata=None)
        return _edit_page(form, interaction, changes=form.catch_up(fresh)), 409
    if form.validate_on_submit():
        try:
            services.edit_interaction(db, interaction, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The interaction is saved."), "success")
            return redirect(_timeline_of(interaction.contact_id), 303)
    return _edit_page(form, interaction), form.status


@bp.route("/interactions/<int:interaction_id>/delete", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def delete(interaction_id: int) -> ResponseReturnValue:
    """Take an interaction away, after asking."""
    if request.method == "GET":
        interaction = get_or_404(Interaction, interaction_id)
        return render_template("contacts/interactions/delete.html", interaction=interaction)
    interaction = _to_change(interaction_id)
    back = _timeline_of(interaction.contact_id)
    services.delete_interaction(db, interaction, actor=current_actor())
    flash(_("The interaction is deleted."), "success")
    return redirect(back, 303)


def _of_task(contact: Contact) -> dict[str, Any]:
    """What the form begins with when a task about this contact led here: its words, and when it was done."""
    asked = request.args.get("task", "")
    task = db.get(Task, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    if task is None or task.contact_id != contact.id:
        return {}
    refuse_strangers(task, current_actor())
    return {"subject": task.subject, "notes": task.notes, "happened_at": task.done_at}


def _to_change(key: int) -> Interaction:
    interaction = queries.interaction_to_change(db, key) if 0 < key <= LARGEST_KEY else None
    if interaction is None:
        raise NotFound
    return interaction


def _timeline_of(contact_id: int) -> str:
    return url_for("contacts.show", contact_id=contact_id, _anchor="timeline")


def _edit_page(form: InteractionForm, interaction: Interaction, **shown: Any) -> str:
    return render_template("contacts/interactions/edit.html", form=form, interaction=interaction, **shown)
