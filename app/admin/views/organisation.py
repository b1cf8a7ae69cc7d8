"""The page on the organisation itself, and its logo for every page and mail."""

import hashlib

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.admin import access
from app.admin.brand import brand_css
from app.admin.forms import OrganisationForm
from app.admin.services import edit_organisation
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.organisation import the_organisation
from app.web.application import db
from app.web.auth import confirmed, current_actor, public, requires

bp = Blueprint("organisation", __name__)


@bp.route("/settings/organisation", methods=["GET", "POST"])
@requires(access.EDIT_ORGANISATION)
@confirmed
def edit() -> ResponseReturnValue:
    """Who we are."""
    organisation = the_organisation(db)
    form = OrganisationForm.of(organisation)
    if form.validate_on_submit():
        pictures = {"logo": form.logo_change(), "signature": form.signature_change()}
        try:
            edit_organisation(db, organisation, form.details(), pictures, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved. Receipts issued before keep what they said."), "success")
            return redirect(url_for(".edit"), 303)
    return render_template("admin/organisation/edit.html", form=form), form.status


@bp.route("/organisation/logo.png")
@public
def logo() -> ResponseReturnValue:
    """The logo, for pages and mails."""
    content = the_organisation(db).logo_png
    if content is None:
        raise NotFound
    response = Response(content, content_type="image/png")
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response.make_conditional(request)


@bp.route("/organisation/brand.css")
@public
def brand() -> ResponseReturnValue:
    """The organisation's colour, for public pages."""
    response = Response(brand_css(the_organisation(db).colour), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
