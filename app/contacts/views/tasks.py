"""Tasks: my own and others', on one page; ticked, put off and changed from wherever they are shown."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import READ_CONTACTS
from app.contacts.forms.tasks import TaskForm
from app.contacts.models import Contact, Task
from app.contacts.queries import tasks as queries
from app.contacts.rules.tasks import Snooze
from app.contacts.services import tasks as services
from app.contacts.showing.tasks import TaskList, a_task_form, just_done, other_owners, reader, with_done
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.addresses import safe_next
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@bp.route("/")
@requires(READ_CONTACTS)
def index() -> ResponseReturnValue:
    """What is to do, the soonest first: one's own tasks, or for those who lead them somebody else's."""
    shown = TaskList.asked_for(db, request.args)
    return render_template("contacts/tasks/index.html", shown=shown, form=a_task_form(db), ticked=just_done(db))


@bp.route("/new", methods=["GET", "POST"])
@requires(READ_CONTACTS)
def new() -> ResponseReturnValue:
    """Write down something to do, about the contact that the address names or about nobody."""
    asked = request.args.get("contact", "")
    is_key = asked.isascii() and asked.isdecimal() and len(asked) < 19
    contact = get_or_404(Contact, int(asked)) if is_key else None
    form = a_task_form(db)
    if form.validate_on_submit():
        try:
            services.record_task(db, contact, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The task is written down."), "success")
            return redirect(_place(contact), 303)
    return render_template("contacts/tasks/new.html", form=form, contact=contact, back=_place(contact)), form.status


@bp.route("/<int:task_id>/edit", methods=["GET", "POST"])
@requires(READ_CONTACTS)
def edit(task_id: int) -> ResponseReturnValue:
    """Change a task; whoever edits an older version sees what changed meanwhile and keeps what they typed."""
    task = _task_to_change(task_id) if request.method == "POST" else _task(task_id)
    people = other_owners(db)
    form = TaskForm(reader(db), people, task=task)
    if form.is_submitted() and form.version.data != str(task.version):
        fresh = TaskForm(reader(db), people, task=task, formdata=None)
        return _edit_page(form, task, changes=form.catch_up(fresh)), 409
    if form.validate_on_submit():
        try:
            services.edit_task(db, task, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The task is saved."), "success")
            return redirect(_place(task.contact), 303)
    return _edit_page(form, task), form.status


@bp.route("/<int:task_id>/done", methods=["POST"])
@requires(READ_CONTACTS)
def done(task_id: int) -> ResponseReturnValue:
    """Tick a task, and offer to take that back."""
    task = _task_to_change(task_id)
    services.complete_task(db, task, actor=current_actor())
    return redirect(with_done(_place(task.contact), task), 303)


@bp.route("/<int:task_id>/reopen", methods=["POST"])
@requires(READ_CONTACTS)
def reopen(task_id: int) -> ResponseReturnValue:
    """Take up again what was ticked."""
    task = _task_to_change(task_id)
    services.reopen_task(db, task, actor=current_actor())
    flash(_("“%(subject)s” is to do again.", subject=task.subject), "success")
    return redirect(with_done(_place(task.contact), None), 303)


@bp.route("/<int:task_id>/snooze/<to>", methods=["POST"])
@requires(READ_CONTACTS)
def snooze(task_id: int, to: str) -> ResponseReturnValue:
    """Put a task off."""
    until = Snooze(to) if to in set(Snooze) else abort(404)
    task = _task_to_change(task_id)
    services.snooze_task(db, task, until, actor=current_actor())
    is_tomorrow = until is Snooze.TOMORROW
    told = _("“%(subject)s” waits until tomorrow.") if is_tomorrow else _("“%(subject)s” waits until Monday.")
    flash(told % {"subject": task.subject}, "success")
    return redirect(with_done(_place(task.contact), None), 303)


@bp.route("/<int:task_id>/delete", methods=["GET", "POST"])
@requires(READ_CONTACTS)
def delete(task_id: int) -> ResponseReturnValue:
    """Take a task away, after asking."""
    if request.method == "GET":
        task = _task(task_id)
        return render_template("contacts/tasks/delete.html", task=task, back=_place(task.contact))
    task = _task_to_change(task_id)
    back = _place(task.contact)
    services.delete_task(db, task, actor=current_actor())
    flash(_("The task is deleted."), "success")
    return redirect(back, 303)


def _task(key: int) -> Task:
    """A task that the reader may know of."""
    task = get_or_404(Task, key, *queries.NAMED)
    services.refuse_strangers(task, current_actor())
    return task


def _task_to_change(key: int) -> Task:
    task = queries.task_to_change(db, key) if 0 < key <= LARGEST_KEY else None
    if task is None:
        raise NotFound
    services.refuse_strangers(task, current_actor())
    return task


def _place(contact: Contact | None) -> str:
    """The page the task was reached from; else its contact's, or one's own tasks."""
    there = url_for("contacts.show", contact_id=contact.id, _anchor="tasks") if contact else url_for("tasks.index")
    return safe_next(request.args.get("next"), there)


def _edit_page(form: TaskForm, task: Task, **shown: Any) -> str:
    return render_template("contacts/tasks/edit.html", form=form, task=task, back=_place(task.contact), **shown)
