"""Giving forms as staff make them: list, one form with its figures, link and code, editor, publishing and closing."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import segno
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.funds.queries import all_campaigns, open_funds
from app.giving import access
from app.giving.forms.form_editor import ASKED, COVERS, FREQUENCIES, FormEditor, Offer
from app.giving.links import DonorLinks
from app.giving.models import FormStatus, GivingForm, Terms
from app.giving.queries.forms import all_appeals, all_forms, figures_of
from app.giving.queries.wordings import every_current_wording
from app.giving.services.forms import close_form, edit_form, make_form, publish_form
from app.kernel.clock import date_of, now
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import LANGUAGES, format_money
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.pages import Sort, paginate
from app.web.application import db, this_application
from app.web.auth import current_actor, requires
from app.web.filters import markdown
from app.web.paging import pager
from app.web.reading import reading_organisation
from app.web.records import get_or_404

bp = Blueprint("forms", __name__, url_prefix="/forms")
STATES = {FormStatus.DRAFT: _l("Draft"), FormStatus.PUBLISHED: _l("Published"), FormStatus.CLOSED: _l("Closed")}


def address_of(form: GivingForm) -> str:
    """Where donors give."""
    return this_application().ports.get(DonorLinks).form(form.slug)


def last_day(form: GivingForm) -> date | None:
    """The last day on which it takes gifts; None without end."""
    zone = reading_organisation().time_zone
    return date_of(form.closes_at - timedelta(seconds=1), zone) if form.closes_at else None


def names(codes: Sequence[str], words: Mapping[str, str]) -> str:
    """Codes in words, one after the other."""
    return ", ".join(str(words.get(code, code)) for code in codes)


def amounts(terms: Terms, presets: Sequence[int]) -> str:
    """Presets as people write them."""
    return " · ".join(format_money(Money(minor, terms.currency), whole=True) for minor in presets)


def with_tests() -> bool:
    """Whether gifts that moved no real money count: where all of them are so."""
    return this_application().settings.is_test_mode


WORDS: dict[str, Any] = {
    "states": STATES, "last_day": last_day, "names": names, "amounts": amounts, "frequencies": FREQUENCIES,
    "asked": ASKED, "covers": COVERS, "language_names": LANGUAGES,
}  # fmt: skip
"""What the page of a form says its settings with."""


@bp.route("/")
@requires(access.READ_FORMS)
def index() -> ResponseReturnValue:
    """All forms, the newest first."""
    asked = request.args.get("status", "")
    status = FormStatus(asked) if asked in {each.value for each in FormStatus} else None
    page = paginate(db, all_forms(status), [Sort(GivingForm.id, descending=True)], cursor=request.args.get("after"))
    figures = figures_of(db, page.rows, with_tests=with_tests())
    return render_template(
        "giving/forms/index.html", page=pager(page), figures=figures, states=STATES, chosen=status, now=now(),
        last_day=last_day,
    )  # fmt: skip


@bp.route("/<int:form_id>")
@requires(access.READ_FORMS)
def show(form_id: int) -> ResponseReturnValue:
    """One form: what it brought in, its link, code and frame, and how it is set."""
    form = get_or_404(GivingForm, form_id)
    figures = figures_of(db, [form], with_tests=with_tests())[form.id]
    return render_template(
        "giving/forms/show.html", form=form, figures=figures, address=address_of(form), now=now(), **WORDS
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(access.EDIT_FORMS)
def new() -> ResponseReturnValue:
    """Make a form. It is a draft until it is published."""
    editor = FormEditor.of(None, offer_for(None))
    if editor.validate_on_submit():
        try:
            form = make_form(db, editor.details(), actor=current_actor())
        except Refused as refusal:
            editor.refuse(refusal)
        else:
            flash(_("The form is made. Look at its preview, then publish it."), "success")
            return redirect(url_for(".show", form_id=form.id), 303)
    return render_template("giving/forms/edit.html", form=None, editor=editor), editor.status


@bp.route("/<int:form_id>/edit", methods=["GET", "POST"])
@requires(access.EDIT_FORMS)
def edit(form_id: int) -> ResponseReturnValue:
    """Change a form, unless somebody else was quicker."""
    form = get_or_404(GivingForm, form_id)
    editor = FormEditor.of(form, offer_for(form))
    if editor.validate_on_submit():
        version = request.form.get("version", 0, type=int)
        try:
            edit_form(db, form, editor.details(), version=version, actor=current_actor())
        except Refused as refusal:
            editor.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".show", form_id=form.id), 303)
    return render_template("giving/forms/edit.html", form=form, editor=editor), editor.status


def offer_for(form: GivingForm | None) -> Offer:
    """What can be chosen: what is open, and what the form has already."""
    own = [each.fund for each in form.funds] if form else []
    kept = form.campaign_id if form else None
    organisation = reading_organisation()
    return Offer(
        funds=list(dict.fromkeys([*own, *open_funds(db)])),
        campaigns=[each for each in all_campaigns(db) if each.is_open or each.id == kept],
        appeals=all_appeals(db),
        wordings=every_current_wording(db),
        zone=organisation.time_zone,
        currency=organisation.currency,
    )


@bp.route("/<int:form_id>/publish", methods=["POST"])
@requires(access.PUBLISH_FORMS)
def publish(form_id: int) -> ResponseReturnValue:
    """Let donors reach the form."""
    form = get_or_404(GivingForm, form_id)
    publish_form(db, form, actor=current_actor())
    flash(_("Donors can give through this form now."), "success")
    return redirect(url_for(".show", form_id=form.id), 303)


@bp.route("/<int:form_id>/close", methods=["POST"])
@requires(access.PUBLISH_FORMS)
def close(form_id: int) -> ResponseReturnValue:
    """Stop taking gifts through the form."""
    form = get_or_404(GivingForm, form_id)
    close_form(db, form, actor=current_actor())
    flash(_("The form takes no more gifts. Its page says so kindly."), "success")
    return redirect(url_for(".show", form_id=form.id), 303)


@bp.route("/<int:form_id>/code.<kind>")
@requires(access.READ_FORMS)
def code(form_id: int, kind: str) -> ResponseReturnValue:
    """The link as a QR code, as SVG for the page or as PNG for print."""
    form = get_or_404(GivingForm, form_id)
    if kind not in {"svg", "png"}:
        raise NotFound
    drawn = io.BytesIO()
    picture = segno.make(address_of(form), error="m", micro=False)
    picture.save(drawn, kind=kind, scale=4 if kind == "svg" else 16, border=4, light="white")
    response = Response(drawn.getvalue(), content_type={"svg": "image/svg+xml", "png": "image/png"}[kind])
    if kind == "png":
        response.headers["Content-Disposition"] = f'attachment; filename="{form.slug}.png"'
    return response


@bp.route("/words", methods=["POST"])
@requires(access.EDIT_FORMS)
def words() -> ResponseReturnValue:
    """The Markdown that is being typed, as donors will read it."""
    typed = next((value for name, value in request.form.items() if name != "csrf_token"), "")
    return str(markdown(typed[:8000]))
