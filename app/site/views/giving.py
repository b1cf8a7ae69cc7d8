"""The giving page: shown, sent, embedded in other sites, and previewed by staff."""

from dataclasses import replace

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.giving.models import FormStatus, GivingForm
from app.giving.queries.forms import form_to_preview, form_with_slug, open_forms
from app.kernel.clock import date_of, now
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import use_language
from app.payments.gateway import GatewayUnavailable
from app.site.guards import from_anywhere, light_only, limit_gifts
from app.site.kept import kept_page
from app.site.opening import Opened, can_take, open_page, page_language, takes_test_money
from app.site.paying import keep_gift, way_to_pay
from app.site.prefilling import names_no_currency_of
from app.site.reading import details_of
from app.site.stamps import Verdict, read_stamp
from app.site.views import bp
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, public
from app.web.reading import reading_organisation
from app.web.security import allow_framing

WORDS = {
    Verdict.TOO_SOON: _l("That was very quick. Look it over and press the button once more, please."),
    Verdict.TOO_LATE: _l("This page was open for a long time. Look it over and press the button once more, please."),
    Verdict.FORGED: _l("Something was missing in what your browser sent. Press the button once more, please."),
}


def closed(form: GivingForm | None) -> ResponseReturnValue:
    """A kind page where nothing can be given: 404 for what is not published, 409 for a gift that comes too late."""
    others = open_forms(db, now())
    if form is None or form.status is FormStatus.DRAFT:
        return render_template("site/closed.html", form=None, others=others), 404
    use_language(page_language(form.languages))
    has_ended = form.closes_at is not None and form.closes_at <= now()
    closed_at = date_of(form.closes_at, reading_organisation().time_zone) if form.closes_at and has_ended else None
    status = 409 if request.method == "POST" else 200
    return render_template("site/closed.html", form=form, closed_at=closed_at, others=others), status


@bp.route("/give/<slug>", methods=["GET", "POST"])
@public
@own_transactions
@from_anywhere
@limit_gifts
@light_only
def give(slug: str) -> ResponseReturnValue:
    """Give through a form. Sent and in order, it leads to the page on which the donor pays."""
    if kept := kept_page(slug):
        return kept
    form = form_with_slug(db, slug)
    if form is None or not can_take(form):
        return closed(form)
    opened = open_page(form)
    if request.method == "POST":
        verdict, stamp = read_stamp(
            request.form.get("stamp", ""), this_application().settings.SECRET_KEY, form_id=form.id, at=now()
        )
        opened = replace(opened, stamp=stamp)
        token = receive(opened, verdict)
        if token:
            return lead_to_payment(token)
    return opened.render()


def receive(opened: Opened, verdict: Verdict) -> str | None:
    """Keep the gift that was sent and give its checkout's token; None when the page has to be shown again."""
    fields = opened.fields
    is_in_order = fields.validate()
    if names_no_currency_of(opened.form, request.args):
        verdict = Verdict.TOO_LATE  # the amounts that were chosen were of another currency than those shown now
    if verdict is not Verdict.GOOD or fields.typed("website"):
        fields.form_errors = [WORDS.get(verdict, WORDS[Verdict.TOO_SOON])]
    elif is_in_order:
        details = details_of(fields, opened.stamp, opened.source, is_test=takes_test_money())
        try:
            return keep_gift(this_application().work, opened.form, details, actor=current_actor())
        except Refused as refusal:
            fields.refuse(refusal)
    return None


def lead_to_payment(token: str) -> ResponseReturnValue:
    """On to the gateway's page; a kind page with a button to try again where the gateway does not answer."""
    public_url = this_application().settings.PUBLIC_URL
    try:
        onward = way_to_pay(this_application().work, token, public_url, actor=current_actor())
    except GatewayUnavailable:
        return render_template("site/later.html", token=token), 503
    except Refused as refusal:
        return render_template("site/refused.html", refusal=refusal, token=token), 422
    return redirect(onward, 303)


@bp.route("/give/<slug>/embed")
@public
def embed(slug: str) -> ResponseReturnValue:
    """The page for a frame on another site; only the form's own origins may show it."""
    response = kept_page(slug, embedded=True)
    if response is None:
        form = form_with_slug(db, slug)
        allow_framing(form.embed_origins if form else [])
        if form is None or not can_take(form):
            return closed(form)
        response = open_page(form).render(embedded=True)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@bp.route("/give/preview/<token>")
@public
def preview(token: str) -> ResponseReturnValue:
    """The page as donors will see it, for whoever has the link; nothing can be given from it."""
    form = form_to_preview(db, token)
    if form is None:
        raise NotFound
    response = open_page(form).render(is_preview=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.route("/give/")
@public
def index() -> ResponseReturnValue:
    """The forms through which one can give now."""
    return redirect(url_for("site.home"), 303)
