"""Where donors arrive after the gateway's page: what became of their gift, and how to take it up again."""

from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.giving.links import DonorLinks
from app.giving.models import GivingForm
from app.giving.queries.forms import open_forms, submission_of_checkout
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.kernel.i18n import LANGUAGES, use_language
from app.kernel.jobs import Work
from app.payments.models import Interval
from app.site.guards import from_anywhere
from app.site.outcomes import Outcome, State, outcome_of
from app.site.paying import ask_gateway
from app.site.prefilling import address_values
from app.site.views import bp
from app.site.views.giving import lead_to_payment
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, public
from app.web.filters import menu
from app.web.limits import limiter

LOOK_AGAIN_AFTER = 5
"""Seconds after which the page looks again, while the gateway's word is awaited."""


def find_out(work: Work, token: str, *, actor: Actor) -> Outcome:
    """Ask the gateway what became of a checkout, and say so; what we knew before where it does not answer.

    Raises:
        NotFound: nobody gave through a checkout with this token.

    """
    with work.database.reading() as looking:
        submission = submission_of_checkout(looking, token)
        if submission is None or submission.checkout is None:
            raise NotFound
        checkout_id = submission.checkout.id
    was_asked = ask_gateway(work, checkout_id, actor=actor)
    with work.database.reading() as looking:
        submission = submission_of_checkout(looking, token)
        if submission is None or submission.checkout is None:
            raise NotFound
        return outcome_of(looking, submission, submission.checkout, was_asked=was_asked)


@bp.route("/give/thanks/<token>")
@public
@limiter.limit("60 per minute")
def thanks(token: str) -> ResponseReturnValue:
    """What became of a gift, told truthfully: thanks, on its way, not completed, or failed."""
    return show_outcome(find_out(this_application().work, token, actor=current_actor()))


@bp.route("/give/back/<token>")
@public
@limiter.limit("60 per minute")
def back(token: str) -> ResponseReturnValue:
    """The donor left the gateway's page: nothing was paid, unless it was paid in another window."""
    return show_outcome(find_out(this_application().work, token, actor=current_actor()))


def show_outcome(outcome: Outcome) -> Response:
    """The page of an outcome, in the language of the gift unless asked otherwise.

    It looks again by itself while the word of the gateway is awaited.
    """
    if request.args.get("lang") not in LANGUAGES:
        use_language(outcome.language)
    response = make_response(render_template("site/thanks.html", outcome=outcome, links=_links(outcome)))
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    if outcome.state is State.UNKNOWN:
        response.headers["Refresh"] = str(LOOK_AGAIN_AFTER)
    return response


def _links(outcome: Outcome) -> dict[str, str]:
    """Where the page leads: the form, the same gift begun anew, a monthly gift instead, the receipt."""
    form, words = outcome.form, {"lang": outcome.language}
    anew = address_values(form, outcome.gift, outcome.interval, outcome.fund_id)
    links = {
        "form": _form_url(form, words),
        "anew": _form_url(form, {**words, **anew}),
        "share": this_application().settings.PUBLIC_URL + _form_url(form, {}),
    }
    if outcome.monthly is not None:
        monthly = address_values(form, outcome.monthly, Interval.MONTH, outcome.fund_id)
        links["monthly"] = _form_url(form, {**words, **monthly})
    if outcome.receipt_token is not None:
        links["receipt"] = this_application().ports.get(DonorLinks).receipt(outcome.receipt_token)
    return links


def _form_url(form: GivingForm, values: dict[str, Any]) -> str:
    return url_for("site.give", slug=form.slug, **values)


@bp.route("/give/again/<token>", methods=["POST"])
@public
@own_transactions
@from_anywhere
@limiter.limit("10 per minute; 40 per hour")
def again(token: str) -> ResponseReturnValue:
    """Take up a gift that was not completed: the same checkout, so that it cannot be paid twice."""
    return lead_to_payment(token)


@bp.route("/")
@public
def home() -> ResponseReturnValue:
    """For staff the first page they may open; for everybody else the forms through which one can give."""
    if current_user.is_authenticated:
        own = [entry.url for section in menu() for entry in section.entries]
        return redirect(own[0] if own else url_for("accounts.own"), 303)
    return render_template("site/home.html", forms=[form for form in open_forms(db, now()) if form.open_funds])
