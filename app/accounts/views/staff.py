"""The pages on staff users and their roles."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts import access, queries
from app.accounts.forms import RoleForm, StaffForm
from app.accounts.models import Role, StaffUser
from app.accounts.services import create_staff, edit_staff, keep_role
from app.accounts.wording import role_name
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.fields import offered
from app.web.nav import features
from app.web.records import get_or_404

bp = Blueprint("staff", __name__, url_prefix="/staff")
bp.add_app_template_filter(role_name)


def _staff_form(user: StaffUser | None) -> StaffForm:
    form = StaffForm(obj=user) if user else StaffForm()
    form.role_ids.choices = offered((str(role.id), role_name(role.name)) for role in queries.all_roles(db))
    if not form.is_submitted():
        form.role_ids.data = [str(role.id) for role in user.roles] if user else []
    return form


@bp.route("/")
@requires(access.MANAGE_STAFF)
def index() -> ResponseReturnValue:
    """Everybody who works here, and the roles."""
    return render_template(
        "accounts/staff/index.html", staff=queries.all_staff(db), roles=queries.all_roles(db),
        capabilities=features().capabilities,
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
def new() -> ResponseReturnValue:
    """Give somebody access."""
    form = _staff_form(None)
    if form.validate_on_submit():
        try:
            create_staff(db, form.details(queries.roles(db, form.role_ids.data or [])), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s can sign in now.", name=form.name.data), "success")
            return redirect(url_for(".index"), 303)
    return render_template("accounts/staff/edit.html", form=form, user=None), form.status


@bp.route("/<int:user_id>", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
def edit(user_id: int) -> ResponseReturnValue:
    """Change somebody's access."""
    user = get_or_404(StaffUser, user_id)
    form = _staff_form(user)
    if form.validate_on_submit():
        try:
            edit_staff(db, user, form.details(queries.roles(db, form.role_ids.data or [])), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".index"), 303)
    return render_template("accounts/staff/edit.html", form=form, user=user), form.status


@bp.route("/roles/new", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
def new_role() -> ResponseReturnValue:
    """Make a role."""
    return _role(None)


@bp.route("/roles/<int:role_id>", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
def role(role_id: int) -> ResponseReturnValue:
    """Change what a role allows."""
    return _role(get_or_404(Role, role_id))


def _role(kept: Role | None) -> ResponseReturnValue:
    form = RoleForm(obj=kept) if kept else RoleForm()
    form.offer(features().capabilities)
    if form.validate_on_submit():
        try:
            keep_role(db, kept, form.name.data or "", form.capabilities.data or [], actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".index"), 303)
    return render_template("accounts/staff/role.html", form=form, role=kept), form.status
