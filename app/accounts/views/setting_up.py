"""Whoever has a role that asks for a second factor, and has none yet, reaches nothing but the pages to set one up."""

from collections.abc import Callable
from typing import TypeVar, cast

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.models import SignInMethod, StaffSession
from app.accounts.queries.factors import has_second_factor
from app.web.application import db, this_application
from app.web.auth import PUBLIC, rule_of

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def for_setting_up(view: View) -> View:
    """Mark a view that is open to whoever still has to set up a second factor."""
    view.is_for_setting_up = True  # type: ignore[attr-defined]
    return view


def counts_as_two(how: SignInMethod) -> bool:
    """Whether this way of signing in is proof enough by itself.

    A passkey that is the only step is something one has, unlocked by something one knows or is (NIST SP 800-63B-4,
    3.1.7); of the provider the settings tell.
    """
    is_trusted = how is SignInMethod.PROVIDER and this_application().settings.provider_counts_as_second_factor
    return how is SignInMethod.PASSKEY or is_trusted


def must_set_up(record: StaffSession) -> bool:
    """Whether the person of a sign-in has to set up a second factor before anything else."""
    user = record.staff_user
    return user.needs_second_factor and not counts_as_two(record.method) and not has_second_factor(db, user)


def lead_to_set_up() -> ResponseReturnValue | None:
    """Before each request: whoever must set up a second factor is led there from every page that is not everybody's."""
    view = current_app.view_functions.get(request.endpoint or "")
    rule = rule_of(view)
    is_open = rule is None or rule.kind == PUBLIC or getattr(view, "is_for_setting_up", False)
    if is_open or not current_user.is_authenticated or not current_user.is_held_back:
        return None
    if request.accept_mimetypes.best == "application/json":
        abort(403)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return cast("ResponseReturnValue", redirect(url_for("security.index", next=wanted), 303))
