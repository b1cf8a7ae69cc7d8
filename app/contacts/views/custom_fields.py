"""Setting up an organisation's own fields: groups with their fields, in order, put away and taken out again."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import SET_UP_CONTACTS
from app.contacts.forms.custom_fields import ChoiceForm, ChoicesForm, DeleteForm, FieldForm, GroupForm
from app.contacts.forms.custom_values import values_form
from app.contacts.forms.relationships import KINDS
from app.contacts.models import CustomChoice, CustomField, CustomGroup, CustomType
from app.contacts.queries import custom_fields as queries
from app.contacts.queries.custom_fields import Filled
from app.contacts.services import custom_definitions as services
from app.contacts.wording.custom_fields import TYPES, USES
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.reading import reading_organisation
from app.web.records import get_or_404

bp = Blueprint("custom_fields", __name__, url_prefix="/settings/custom-fields")
STEPS = {"up": -1, "down": 1}
PLACED: dict[str, type[Any]] = {"group": CustomGroup, "field": CustomField, "choice": CustomChoice}


@bp.route("/")
@requires(SET_UP_CONTACTS)
def index() -> ResponseReturnValue:
    """Every group with its fields, those in use first."""
    shown = {"groups": queries.every_group(db), "filled": queries.fields_with_values(db), "kinds": KINDS}
    return render_template("contacts/custom_fields/index.html", types=TYPES, language=language(), **shown)


@bp.route("/groups/new", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def new_group() -> ResponseReturnValue:
    """Add a group."""
    form = GroupForm.of(None)
    if form.validate_on_submit():
        try:
            group = services.add_group(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The group is added. Now give it fields."), "success")
            return redirect(url_for(".choose_type", group_id=group.id), 303)
    return render_template("contacts/custom_fields/group.html", form=form, group=None), form.status


@bp.route("/groups/<int:group_id>", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def edit_group(group_id: int) -> ResponseReturnValue:
    """Rename a group, or say anew who has it and who reads it."""
    group = get_or_404(CustomGroup, group_id)
    form = GroupForm.of(group)
    if form.validate_on_submit():
        try:
            services.edit_group(db, group, form.details(), version=form.seen_version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(group.version)
        else:
            return _back(_("Saved."))
    return render_template("contacts/custom_fields/group.html", form=form, group=group), form.status


@bp.route("/groups/<int:group_id>/delete", methods=["POST"])
@requires(SET_UP_CONTACTS)
def delete_group(group_id: int) -> ResponseReturnValue:
    """Take away a group without fields."""
    try:
        services.delete_group(db, get_or_404(CustomGroup, group_id), actor=current_actor())
    except Refused as refusal:
        flash(str(refusal.message), "danger")
        return redirect(url_for(".index"), 303)
    return _back(_("The group is deleted."))


@bp.route("/groups/<int:group_id>/preview")
@requires(SET_UP_CONTACTS)
def preview(group_id: int) -> ResponseReturnValue:
    """How a group looks to whoever fills it in; nothing typed here is kept."""
    group = get_or_404(CustomGroup, group_id, queries.with_fields())
    filled = [Filled(field) for field in group.fields if field.archived_at is None]
    form, name = values_form(filled, {}, formdata=None), group.name(language())
    return render_template("contacts/custom_fields/preview.html", form=form, group=group, name=name)


@bp.route("/groups/<int:group_id>/fields/new")
@requires(SET_UP_CONTACTS)
def choose_type(group_id: int) -> ResponseReturnValue:
    """Of what type a new field is: it never changes."""
    group = get_or_404(CustomGroup, group_id)
    return render_template(
        "contacts/custom_fields/types.html", group=group, name=group.name(language()), types=TYPES, uses=USES
    )


@bp.route("/groups/<int:group_id>/fields/new/<kind>", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def new_field(group_id: int, kind: str) -> ResponseReturnValue:
    """Add a field of a type."""
    group, of_type = get_or_404(CustomGroup, group_id), CustomType(kind) if kind in set(CustomType) else abort(404)
    form = FieldForm.of(None, of_type, currency=reading_organisation().currency)
    if form.validate_on_submit():
        try:
            field = services.add_field(db, group, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(_("“%(name)s” is added.", name=field.name(language())))
    return _field_page(form, group, None), form.status


@bp.route("/fields/<int:field_id>", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def edit_field(field_id: int) -> ResponseReturnValue:
    """Rename a field, say anew what it demands, and look after its choices."""
    field = get_or_404(CustomField, field_id)
    form = FieldForm.of(field, field.type, currency=reading_organisation().currency)
    if form.validate_on_submit():
        try:
            services.edit_field(db, field, form.details(), version=form.seen_version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(field.version)
        else:
            return _back(_("Saved."))
    return _field_page(form, field.group, field), form.status


@bp.route("/fields/<int:field_id>/delete", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def delete_field(field_id: int) -> ResponseReturnValue:
    """Take away a field, after saying with how many values."""
    field = get_or_404(CustomField, field_id)
    name, count, form = field.name(language()), queries.count_values(db, field.id), DeleteForm()
    if form.agrees(count):
        try:
            services.delete_field(db, field, expected=form.count, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(_("“%(name)s” is deleted.", name=name))
    form.expected.data, form.is_sure.data = str(count), False
    page = render_template("contacts/custom_fields/delete.html", form=form, field=field, name=name, count=count)
    return page, form.status


@bp.route("/fields/<int:field_id>/choices", methods=["POST"])
@requires(SET_UP_CONTACTS)
def add_choices(field_id: int) -> ResponseReturnValue:
    """Add choices to a field."""
    field, form = get_or_404(CustomField, field_id), ChoicesForm()
    if form.validate_on_submit():
        try:
            services.add_choices(db, field, form.texts, language=language(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".edit_field", field_id=field.id, _anchor="choices"), 303)
    shown = FieldForm.of(field, field.type, currency=reading_organisation().currency)
    return _field_page(shown, field.group, field, more=form), form.status


@bp.route("/choices/<int:choice_id>", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def edit_choice(choice_id: int) -> ResponseReturnValue:
    """Name a choice in each language."""
    choice = get_or_404(CustomChoice, choice_id)
    field, form = get_or_404(CustomField, choice.field_id), ChoiceForm.of(choice)
    if form.validate_on_submit():
        try:
            services.edit_choice(db, choice, form.names, version=form.seen_version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(choice.version)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".edit_field", field_id=field.id, _anchor="choices"), 303)
    shown = {"form": form, "field": field, "name": field.name(language()), "choice": choice}
    return render_template("contacts/custom_fields/choice.html", **shown), form.status


@bp.route("/choices/<int:choice_id>/delete", methods=["POST"])
@requires(SET_UP_CONTACTS)
def delete_choice(choice_id: int) -> ResponseReturnValue:
    """Take away a choice that nobody has."""
    choice = get_or_404(CustomChoice, choice_id)
    place = _place(choice)
    try:
        services.delete_choice(db, choice, actor=current_actor())
    except Refused as refusal:
        flash(str(refusal.message), "danger")
        return redirect(place, 303)
    flash(_("The choice is deleted."), "success")
    return redirect(place, 303)


@bp.route("/<what>/<int:key>/move/<way>", methods=["POST"])
@requires(SET_UP_CONTACTS)
def move(what: str, key: int, way: str) -> ResponseReturnValue:
    """One place up or down in its list."""
    record, step = _placed(what, key), STEPS.get(way) or abort(404)
    services.move(db, record, step)
    return redirect(_place(record), 303)


@bp.route("/<what>/<int:key>/archive", methods=["POST"])
@requires(SET_UP_CONTACTS)
def archive(what: str, key: int) -> ResponseReturnValue:
    """Put it away with what contacts have in it."""
    record = _placed(what, key)
    services.archive(db, record, actor=current_actor())
    flash(_("It is put away. What contacts have in it is kept and comes back with it."), "success")
    return redirect(_place(record), 303)


@bp.route("/<what>/<int:key>/restore", methods=["POST"])
@requires(SET_UP_CONTACTS)
def restore(what: str, key: int) -> ResponseReturnValue:
    """Take it out again."""
    record = _placed(what, key)
    services.restore(db, record, actor=current_actor())
    flash(_("It is in use again."), "success")
    return redirect(_place(record), 303)


def _placed(what: str, key: int) -> Any:
    """A group, a field or a choice."""
    return get_or_404(PLACED[what] if what in PLACED else abort(404), key)


def _field_page(form: FieldForm, group: CustomGroup, field: CustomField | None, more: ChoicesForm | None = None) -> str:
    used = queries.choices_with_values(db, field.id) if field is not None else set()
    return render_template(
        "contacts/custom_fields/field.html", form=form, group=group, field=field, used=used, language=language(),
        type=TYPES[form.kind], use=USES[form.kind], more=more or ChoicesForm(formdata=None),
    )  # fmt: skip


def _place(record: CustomGroup | CustomField | CustomChoice) -> str:
    """Where it stands in a list."""
    if isinstance(record, CustomChoice):
        return url_for(".edit_field", field_id=record.field_id, _anchor="choices")
    group = record.id if isinstance(record, CustomGroup) else record.group_id
    return url_for(".index", _anchor=f"group-{group}")


def _back(message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for(".index"), 303)
