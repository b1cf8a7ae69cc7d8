"""The second step of signing in: a code, a passkey, or a recovery code. Nobody is signed in here yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Protocol

import structlog
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.forms.factors import CodeForm, PasskeyForm, RecoveryCodeForm
from app.accounts.models import CeremonyPurpose, StaffUser
from app.accounts.queries.factors import factors_of, recovery_salt
from app.accounts.rules.one_time_codes import hash_recovery_code
from app.accounts.services.authenticators import spend_code
from app.accounts.services.passkeys import Ceremony, begin_ceremony, use_passkey
from app.accounts.services.recovery import spend_recovery_code
from app.accounts.services.second_factors import FactorKind, pass_second_step
from app.accounts.services.signing_in import note_failure, seconds_to_wait
from app.accounts.views.entering import as_present_actor, enter
from app.accounts.views.known_devices import attempt_of_request
from app.accounts.views.touching import copies_reported, this_site
from app.accounts.views.waiting import Waiting, waiting_key, whoever_waits
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.web.application import db, own_transactions, this_application
from app.web.auth import public
from app.web.forms import Form
from app.web.limits import limiter

log = structlog.get_logger()
bp = Blueprint("second_step", __name__, url_prefix="/sign-in/second-step")
TRIES = "6 per 10 minutes; 30 per day"
"""By account. One of three codes is right at any moment: thirty guesses a day find one in thirty years."""


class WaitingView(Protocol):
    """A view of the second step: it is told who waits."""

    __name__: str

    def __call__(self, waiting: Waiting) -> ResponseReturnValue:
        """Answer."""


def for_whoever_waits(view: WaitingView) -> Any:
    """Hand over who is on the way in; whoever is not, or no longer, begins again."""

    @wraps(view)
    def inner() -> ResponseReturnValue:
        waiting = whoever_waits()
        if waiting is None:
            flash(_("Please sign in again: the second step has to follow within ten minutes."), "info")
            return redirect(url_for("accounts.sign_in"), 303)
        return view(waiting)

    return inner


@bp.route("/", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit(TRIES, methods=["POST"], key_func=waiting_key)
@for_whoever_waits
def code(waiting: Waiting) -> ResponseReturnValue:
    """Ask for a code of the authenticator app, or for a passkey."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            _prove_by_code(waiting.user, form.code.data or "")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return enter(waiting.user, waiting.how, waiting.onward)
    return _page("code", form, waiting), form.status


@bp.route("/recovery-code", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit(TRIES, methods=["POST"], key_func=waiting_key)
@for_whoever_waits
def recovery(waiting: Waiting) -> ResponseReturnValue:
    """Ask for one of the codes on paper."""
    form = RecoveryCodeForm()
    if form.validate_on_submit():
        try:
            left = _prove_by_recovery_code(waiting.user, form.code.data or "")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            answer = enter(waiting.user, waiting.how, waiting.onward)
            flash(_left_in_words(left), "warning" if left < 3 else "info")
            return answer
    return _page("recovery", form, waiting), form.status


@bp.route("/passkey/options", methods=["POST"])
@public
@limiter.limit("30 per 10 minutes", key_func=waiting_key)
def options() -> ResponseReturnValue:
    """What the browser is asked for: one of the passkeys of whoever waits."""
    waiting, site = whoever_waits(), this_site()
    if waiting is None or site is None:
        return jsonify(error="again"), 409
    return jsonify(begin_ceremony(db, Ceremony(site, CeremonyPurpose.SECOND_STEP, waiting.user))[0])


@bp.route("/passkey", methods=["POST"])
@public
@own_transactions
@limiter.limit(TRIES, key_func=waiting_key)
@for_whoever_waits
def passkey(waiting: Waiting) -> ResponseReturnValue:
    """The browser's answer."""
    try:
        _prove_by_passkey(waiting.user, PasskeyForm())
    except Refused as refusal:
        log.warning("proof_failed", view=request.endpoint)
        return _page("code", CodeForm(formdata=None), waiting, str(refusal)), 422
    return enter(waiting.user, waiting.how, waiting.onward)


@contextmanager
def _failures_counted(user: StaffUser) -> Iterator[None]:
    """Around a try: one that fails is written down, and after some the next has to wait, in every process alike."""
    attempt = attempt_of_request(f"second step of {user.id}", user)
    seconds = seconds_to_wait(db, attempt)
    if seconds:
        minutes = max(1, round(seconds / 60))
        raise Refused(_l("Too many attempts have failed. Wait %(minutes)s min, please.", minutes=minutes))
    try:
        yield
    except Refused:
        with this_application().database.writing() as writing:
            act_as(writing, as_present_actor(user))
            note_failure(writing, attempt, user.id, actor=as_present_actor(user))
        raise


def _prove_by_code(user: StaffUser, typed: str) -> None:
    with _failures_counted(user), this_application().database.writing() as writing:
        spend_code(writing, user, typed)
        _note(writing, user, FactorKind.CODE)


def _prove_by_recovery_code(user: StaffUser, typed: str) -> int:
    """Hashing takes a while, for which nobody who writes has to wait."""
    salt = recovery_salt(db, user)
    code_hash = hash_recovery_code(typed, salt or b"nobody has codes")
    with _failures_counted(user), this_application().database.writing() as writing:
        _note(writing, user, FactorKind.RECOVERY_CODE)
        return spend_recovery_code(writing, user, code_hash, actor=as_present_actor(user))


def _prove_by_passkey(user: StaffUser, form: PasskeyForm) -> None:
    site = this_site()
    if not form.validate() or site is None:
        raise Refused(_("The passkey did not answer. Please try again."))
    with copies_reported(), this_application().database.writing() as writing:
        act_as(writing, as_present_actor(user))
        use_passkey(writing, Ceremony(site, CeremonyPurpose.SECOND_STEP, user), form.answer.data or "")
        _note(writing, user, FactorKind.PASSKEY)


def _note(writing: Session, user: StaffUser, kind: FactorKind) -> None:
    actor = as_present_actor(user)
    act_as(writing, actor)
    pass_second_step(writing, writing.get_one(StaffUser, user.id), kind, actor=actor)


def _left_in_words(left: int) -> str:
    return ngettext(
        "You have %(num)s recovery code left. Make new ones soon.",
        "You have %(num)s recovery codes left.", left,
    )  # fmt: skip


def _page(name: str, form: Form, waiting: Waiting, trouble: str = "") -> str:
    return render_template(
        f"accounts/second_step/{name}.html", form=form, waiting=waiting, factors=factors_of(db, waiting.user),
        can_touch=this_site() is not None, trouble=trouble,
    )  # fmt: skip
