"""The pages on exchange rates: the newest, all of a currency, one by hand, a correction, a file."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.currencies import importing, queries, services
from app.currencies.access import KEEP_EXCHANGE_RATES
from app.currencies.ecb_files import read_file
from app.currencies.forms import CorrectionForm, ImportForm, RateForm
from app.currencies.models import EURO, ExchangeRate, RateImport, RateSource
from app.currencies.rules import OLDEST
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS
from app.kernel.pages import Sort, paginate
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("currencies", __name__, url_prefix="/settings/currencies")
SOURCES = {RateSource.ECB: _l("European Central Bank"), RateSource.HAND: _l("By hand")}


@bp.route("/")
@requires(KEEP_EXCHANGE_RATES)
def index() -> ResponseReturnValue:
    """The newest rate of each currency."""
    return render_template(
        "currencies/index.html", rates=queries.newest_rates(db), sources=SOURCES, since=today() - OLDEST,
        days=OLDEST // timedelta(days=1),
    )  # fmt: skip


@bp.route("/<code>")
@requires(KEEP_EXCHANGE_RATES)
def show(code: str) -> ResponseReturnValue:
    """Every rate of one currency, corrected ones too, the newest first."""
    if code not in EXPONENTS or code == EURO:
        raise NotFound
    order = [Sort(column, descending=True) for column in (ExchangeRate.day, ExchangeRate.version, ExchangeRate.id)]
    page = paginate(db, queries.rates_of(code), order, cursor=request.args.get("after"))
    held = queries.held_versions(db, code, {rate.day for rate in page.rows})
    return render_template("currencies/show.html", code=code, page=pager(page), held=held, sources=SOURCES)


@bp.route("/new", methods=["GET", "POST"])
@requires(KEEP_EXCHANGE_RATES)
def new() -> ResponseReturnValue:
    """Add the rate of a day."""
    form = RateForm(data={"currency": request.args.get("currency", "")})
    if form.validate_on_submit():
        try:
            rate = services.add_rate(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".show", code=rate.currency), 303)
    return render_template("currencies/new.html", form=form), form.status


@bp.route("/rates/<int:rate_id>/correct", methods=["GET", "POST"])
@requires(KEEP_EXCHANGE_RATES)
def correct(rate_id: int) -> ResponseReturnValue:
    """Put the right rate in the place of a wrong one."""
    rate, form = get_or_404(ExchangeRate, rate_id), CorrectionForm()
    if form.validate_on_submit():
        try:
            services.correct_rate(db, rate, form.units.data or "", form.reason.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Corrected. The rate that stood there before is kept."), "success")
            return redirect(url_for(".show", code=rate.currency), 303)
    return render_template("currencies/correct.html", form=form, rate=rate, sources=SOURCES), form.status


@bp.route("/import", methods=["GET", "POST"])
@requires(KEEP_EXCHANGE_RATES)
def bring_in() -> ResponseReturnValue:
    """Take in a file of the Central Bank."""
    form = ImportForm()
    if form.validate_on_submit():
        try:
            file = read_file(form.content, today())
            made = importing.begin_import(db, file, form.filename, token=form.key.data, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect(url_for(".imported", import_id=made.id), 303)
    return render_template("currencies/import.html", form=form, imports=queries.last_imports(db)), form.status


@bp.route("/imports/<int:import_id>")
@requires(KEEP_EXCHANGE_RATES)
def imported(import_id: int) -> ResponseReturnValue:
    """What came of a file; the page asks again by itself while it is being taken in."""
    return render_template("currencies/imported.html", made=get_or_404(RateImport, import_id))
