"""The pages on staff users: who works here, invitations, and what an administrator may do for somebody."""

from typing import TypeVar

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts import access
from app.accounts.forms.staff import InvitationForm, StaffForm
from app.accounts.jobs import desk_of
from app.accounts.links import AccountLinks
from app.accounts.models import Role, StaffSession, StaffStatus, StaffUser
from app.accounts.queries import staff as queries
from app.accounts.queries.factors import factors_of
from app.accounts.services import edit_staff
from app.accounts.services.delegation import is_beyond
from app.accounts.services.invitations import invite, invite_again, send_reset_link, withdraw_invitation
from app.accounts.services.second_factors import forget_identities, reset_second_factor
from app.accounts.services.staff import sign_out_once, sign_out_staff
from app.accounts.wording import role_name
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.application import db, this_application
from app.web.auth import confirmed, current_actor, requires
from app.web.fields import offered
from app.web.records import get_or_404

bp = Blueprint("staff", __name__, url_prefix="/staff")
bp.add_app_template_filter(role_name)
FormWithRoles = TypeVar("FormWithRoles", bound=InvitationForm)


def _with_roles(form: FormWithRoles, user: StaffUser | None) -> FormWithRoles:
    """The form with the roles that the reader may give."""
    mine = [role for role in queries.all_roles(db) if not is_beyond(current_actor(), role.capabilities)]
    form.role_ids.choices = offered((str(role.id), role_name(role.name)) for role in mine)
    if not form.is_submitted():
        form.role_ids.data = [str(role.id) for role in user.roles] if user else []
    return form


def _chosen(form: InvitationForm) -> list[Role]:
    return queries.roles(db, form.role_ids.data or [])


def _links() -> AccountLinks:
    return this_application().ports.get(AccountLinks)


@bp.route("/")
@requires(access.MANAGE_STAFF)
def index() -> ResponseReturnValue:
    """Everybody who works here."""
    return render_template("accounts/staff/index.html", staff=queries.all_staff(db))


@bp.route("/new", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def new() -> ResponseReturnValue:
    """Invite somebody: they get a mail with a link, and choose their password themselves."""
    form = _with_roles(InvitationForm(), None)
    if form.validate_on_submit():
        try:
            invite(db, form.details(_chosen(form)), _links(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s is sent a link by mail, which is good for three days.", name=form.name.data), "success")
            return redirect(url_for(".index"), 303)
    return render_template("accounts/staff/new.html", form=form), form.status


@bp.route("/<int:user_id>", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def edit(user_id: int) -> ResponseReturnValue:
    """Somebody's access, invitation and sign-ins."""
    user = get_or_404(StaffUser, user_id)
    form = _with_roles(StaffForm(obj=user), user)
    if form.validate_on_submit():
        try:
            _save(user, form)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".index"), 303)
    return _page(user, form), form.status


def _save(user: StaffUser, form: StaffForm) -> None:
    """Change the user. An invitation that went to another address is sent anew."""
    old, desk = user.email, desk_of(this_application().work)
    edit_staff(db, user, form.details(_chosen(form)), actor=current_actor(), desk=desk)
    if user.email != old and user.status is StaffStatus.INVITED:
        invite_again(db, user, _links(), actor=current_actor())


def _page(user: StaffUser, form: StaffForm) -> str:
    at, idle = now(), this_application().settings.session_idle
    return render_template(
        "accounts/staff/edit.html", form=form, user=user, is_invited=user.status is StaffStatus.INVITED, now=at,
        is_active=user.status is StaffStatus.ACTIVE, invitation=queries.open_invitation(db, user),
        factors=factors_of(db, user),
        sessions=queries.open_sessions(db, user, at, idle), is_beyond=is_beyond(current_actor(), user.capabilities),
    )  # fmt: skip


@bp.route("/<int:user_id>/invite-again", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def again(user_id: int) -> ResponseReturnValue:
    """Send a new invitation in place of the one before."""
    user = get_or_404(StaffUser, user_id)
    invite_again(db, user, _links(), actor=current_actor())
    flash(_("%(name)s is sent a link by mail, which is good for three days.", name=user.name), "success")
    return redirect(url_for(".edit", user_id=user.id), 303)


@bp.route("/<int:user_id>/withdraw", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def withdraw(user_id: int) -> ResponseReturnValue:
    """Take an invitation back."""
    user = get_or_404(StaffUser, user_id)
    withdraw_invitation(db, user, actor=current_actor())
    flash(_("The invitation of %(name)s is withdrawn.", name=user.name), "success")
    return redirect(url_for(".index"), 303)


@bp.route("/<int:user_id>/reset", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def reset(user_id: int) -> ResponseReturnValue:
    """Send somebody a link to a new password."""
    user = get_or_404(StaffUser, user_id)
    send_reset_link(db, user, actor=current_actor())
    flash(_("%(name)s is sent a link by mail, which is good for half an hour.", name=user.name), "success")
    return redirect(url_for(".edit", user_id=user.id), 303)


@bp.route("/<int:user_id>/sessions/end", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def end_all(user_id: int) -> ResponseReturnValue:
    """End every sign-in of somebody."""
    user = get_or_404(StaffUser, user_id)
    sign_out_staff(db, user, actor=current_actor())
    flash(_("Every sign-in of %(name)s has ended.", name=user.name), "success")
    return redirect(url_for(".edit", user_id=user.id), 303)


@bp.route("/<int:user_id>/sessions/<int:session_id>/end", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def end_one(user_id: int, session_id: int) -> ResponseReturnValue:
    """End one sign-in of somebody."""
    record = get_or_404(StaffSession, session_id)
    if record.staff_user_id != user_id:
        abort(404)
    sign_out_once(db, record, actor=current_actor())
    flash(_("This sign-in has ended."), "success")
    return redirect(url_for(".edit", user_id=user_id), 303)


@bp.route("/<int:user_id>/second-factor/reset", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def reset_factors(user_id: int) -> ResponseReturnValue:
    """Take the second factors from somebody who lost them."""
    user = get_or_404(StaffUser, user_id)
    reset_second_factor(db, user, actor=current_actor())
    flash(_("%(name)s has no second factor any more, and is told by mail.", name=user.name), "success")
    return redirect(url_for(".edit", user_id=user.id), 303)


@bp.route("/<int:user_id>/identity/forget", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def untie(user_id: int) -> ResponseReturnValue:
    """Untie somebody from whom they are at the organisation's sign-in."""
    user = get_or_404(StaffUser, user_id)
    forget_identities(db, user, actor=current_actor())
    flash(
        _("%(name)s is untied. Their next sign-in there ties them anew, by e-mail address.", name=user.name), "success"
    )
    return redirect(url_for(".edit", user_id=user.id), 303)
