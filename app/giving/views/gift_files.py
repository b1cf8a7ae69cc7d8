"""Gifts taken out as a file, as the filters of their list leave them. Who took out how many is written down first."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from app.funds.queries import all_campaigns, all_funds
from app.giving.access import EXPORT_GIFTS, READ_GIFTS
from app.giving.forms.gifts import GiftFilterForm
from app.giving.gift_files import GiftFile
from app.giving.queries.gift_lines import wanted_for_file
from app.giving.queries.gifts import totals_of
from app.kernel import audit
from app.kernel.organisation import the_organisation
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, requires
from app.web.downloads import download

bp = Blueprint("gift_files", __name__)


@bp.route("/gifts/export", methods=["POST"])
@requires(EXPORT_GIFTS)
@own_transactions
def export() -> ResponseReturnValue:
    """The gifts that the filters in the address leave."""
    if not current_actor().may(READ_GIFTS):
        abort(403)
    form = GiftFilterForm.of(request.args, all_funds(db), all_campaigns(db))
    if not form.validate():
        return render_template("giving/gifts/index.html", form=form, page=None, totals=None), 422
    return _file(form, "xlsx" if request.form.get("file") == "xlsx" else "csv")


def _file(form: GiftFilterForm, kind: str) -> Response:
    """The file, read and sent at the same time."""
    wanted, organisation = form.wanted(), the_organisation(db)
    file = GiftFile.of_reader(wanted_for_file(db, wanted), organisation.currency)
    count = totals_of(db, wanted, organisation.currency).gifts
    database, actor = this_application().database, current_actor()
    with database.writing() as writing:
        audit.act_as(writing, actor)
        told = {"gifts": count, "narrowed_by": sorted(form.typed), "file_kind": kind}
        audit.note(writing, actor, "gifts.exported", organisation, **told)
    return download(file.workbook(database) if kind == "xlsx" else file.lines(database), "gifts", kind)
