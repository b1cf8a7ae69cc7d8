"""The pages on roles: what each allows, all of them beside each other, and one at a time."""

import hashlib
import json
from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import access
from app.accounts.forms.staff import RoleForm, RolesForm
from app.accounts.models import Role
from app.accounts.queries import staff as queries
from app.accounts.services.delegation import is_beyond
from app.accounts.services.roles import allow_roles, ask_for_second_factor, delete_role, keep_role
from app.accounts.views.staff import bp
from app.accounts.wording import feature_name
from app.kernel.actors import Capability
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.web.application import db
from app.web.auth import confirmed, current_actor, requires
from app.web.nav import features
from app.web.records import get_or_404

__all__ = ["bp"]
bp.add_app_template_filter(feature_name)


def _state(roles: Sequence[Role]) -> str:
    """A short sum of what all roles allow, by which it shows that somebody changed them meanwhile."""
    state = [(role.id, sorted(role.capabilities)) for role in roles]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:16]


def _kept_beyond(role: Role | None) -> set[str]:
    """What a role allows that the reader may neither give nor take: it stays as it is."""
    return {name for name in (role.capabilities if role else ()) if is_beyond(current_actor(), [name])}


@bp.route("/roles/", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def roles() -> ResponseReturnValue:
    """What each role allows, as one table with ticks."""
    kept = queries.all_roles(db)
    form = RolesForm()
    if form.validate_on_submit():
        try:
            _allow(kept, form)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".roles"), 303)
    form.state.data = _state(kept)
    groups = [feature for feature in features().all if feature.capabilities]
    ticked = set(request.form.getlist("allow")) if form.is_submitted() else _allowed(kept)
    return render_template(
        "accounts/roles/index.html", form=form, roles=kept, groups=groups, ticked=ticked
    ), form.status


def _allowed(roles: Sequence[Role]) -> set[str]:
    """What the roles allow now, as the boxes of the page are named."""
    return {f"{role.id}:{name}" for role in roles for name in role.capabilities}


def _allow(roles: Sequence[Role], form: RolesForm) -> None:
    """Change the roles as ticked.

    Raises:
        Refused: a rule said no, or the roles are no longer those that the reader saw.

    """
    if form.state.data != _state(roles):
        raise Refused(_l("Somebody changed the roles meanwhile. Look again, please; nothing was saved."))
    ticks = [value.partition(":") for value in request.form.getlist("allow")]
    known = {capability.name for capability in features().capabilities}
    wanted = {
        role.id: {name for key, _colon, name in ticks if key == str(role.id) and name in known} | _kept_beyond(role)
        for role in roles
    }
    allow_roles(db, wanted, actor=current_actor())


@bp.route("/roles/new", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def new_role() -> ResponseReturnValue:
    """Make a role."""
    return _role(None)


@bp.route("/roles/<int:role_id>", methods=["GET", "POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def role(role_id: int) -> ResponseReturnValue:
    """Change what a role is called and allows."""
    return _role(get_or_404(Role, role_id))


@bp.route("/roles/<int:role_id>/delete", methods=["POST"])
@requires(access.MANAGE_STAFF)
@confirmed
def remove_role(role_id: int) -> ResponseReturnValue:
    """Take away a role that nobody has."""
    delete_role(db, get_or_404(Role, role_id), actor=current_actor())
    flash(_("The role is gone."), "success")
    return redirect(url_for(".roles"), 303)


def _offered() -> list[Capability]:
    return [each for each in features().capabilities if current_actor().may(each)]


def _role(kept: Role | None) -> ResponseReturnValue:
    form = RoleForm(obj=kept) if kept else RoleForm()
    form.offer(_offered())
    if form.validate_on_submit():
        wanted = {*(form.capabilities.data or []), *_kept_beyond(kept)}
        try:
            role = keep_role(db, kept, form.name.data or "", sorted(wanted), actor=current_actor())
            ask_for_second_factor(db, role, asks=form.needs_second_factor.data, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".roles"), 303)
    holders = queries.holders_of(db, kept) if kept else 0
    page = render_template("accounts/roles/edit.html", form=form, role=kept, holders=holders, beyond=_kept_beyond(kept))
    return page, form.status
