"""Who is asking, and whether they may. Every view carries its rule; one without a rule answers nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from app.kernel.actors import Actor, ActorKind, Capability
from app.kernel.audit import act_as
from app.web.application import SAFE_METHODS, request_session

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
PUBLIC = "public"
SIGNED_IN = "signed in"


class SignedIn(Protocol):
    """What a staff user must answer for the web layer, which does not know the model."""

    is_authenticated: bool
    language: str

    def as_actor(self) -> Actor:
        """The user as an actor with the capabilities of their roles."""


@dataclass(frozen=True)
class Rule:
    """Who may use a view: everybody, any staff user, holders of a capability, or whoever passes a feature's `gate`.

    A gate knows people who are no staff (donors on their own page): it says who acts (`act_in_request`) and answers
    None for whoever may pass, else where they are sent. Staff who are signed in are nobody to it.
    """

    kind: str
    capability: Capability | None = None
    gate: Callable[[], ResponseReturnValue | None] | None = None


def public(view: View) -> View:
    """Everybody may use this view."""
    view.access_rule = Rule(PUBLIC)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Any staff user may use this view."""
    view.access_rule = Rule(SIGNED_IN)  # type: ignore[attr-defined]
    return view


def requires(capability: Capability) -> Callable[[View], View]:
    """Only staff whose roles hold the capability may use this view."""

    def mark(view: View) -> View:
        view.access_rule = Rule(capability.name, capability)  # type: ignore[attr-defined]
        return view

    return mark


def behind(kind: str, gate: Callable[[], ResponseReturnValue | None]) -> Callable[[View], View]:
    """Only whoever passes the gate may use this view; `kind` says in a word who they are."""

    def mark(view: View) -> View:
        view.access_rule = Rule(kind, gate=gate)  # type: ignore[attr-defined]
        return view

    return mark


def confirmed(view: View) -> View:
    """Whoever uses this view must have proved who they are a short while ago (ASVS 5, 7.5.3).

    Stands below the rule of access. What follows for whoever has not is decided by whom the factory hands to
    `check_confirmation`; accounts ask for the password, and carry on with what was asked for.
    """
    view.needs_confirmation = True  # type: ignore[attr-defined]
    return view


def rule_of(view: Any) -> Rule | None:
    """The rule a view function carries, if it carries one."""
    found = getattr(view, "access_rule", None)
    return found if isinstance(found, Rule) else None


def current_actor() -> Actor:
    """The staff user who asks, or the public. Carries the address and the request's id for the audit."""
    if "actor" not in g:
        address, request_id = request.remote_addr, g.get("request_id")
        if current_user.is_authenticated:
            staff = cast("SignedIn", current_user).as_actor()
            g.actor = Actor(staff.kind, staff.name, staff.id, staff.capabilities, address, request_id)
        else:
            g.actor = Actor(ActorKind.PUBLIC, "Public", None, frozenset(), address, request_id)
    return cast("Actor", g.actor)


def act_in_request(actor: Actor) -> None:
    """Whoever passed a gate is the one who acts in this request, whoever of the staff the browser knows besides."""
    g.actor = actor


def can(capability: str) -> bool:
    """For templates: whether the person who reads may do this."""
    return current_actor().may(capability)


def check_access() -> ResponseReturnValue | None:
    """Before each request: apply the rule of the view. Static files have none and need none."""
    if request.endpoint in {None, "static"}:
        return None
    rule = rule_of(current_app.view_functions.get(request.endpoint))
    if rule is None:
        abort(403)
    refused = _pass(rule)
    if refused is not None:
        return refused
    if request.method not in SAFE_METHODS:
        act_as(request_session(), current_actor())
    return None


def _pass(rule: Rule) -> ResponseReturnValue | None:
    """None for whoever the rule lets pass, else where they are sent."""
    if rule.gate is not None:
        return rule.gate()
    if rule.kind != PUBLIC:
        if not current_user.is_authenticated:
            return _ask_to_sign_in()
        if rule.capability is not None and not current_actor().may(rule.capability):
            abort(403)
    return None


def check_confirmation(ask: Callable[[], ResponseReturnValue | None]) -> ResponseReturnValue | None:
    """Before each request, once access and CSRF token are checked: `ask` for a proof where the view wants one.

    `ask` answers None when the last proof is fresh enough.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    return ask() if getattr(view, "needs_confirmation", False) else None


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.accept_mimetypes.best == "application/json":
        abort(401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=wanted), 303)


def make_login_manager(load_user: Callable[[str], Any]) -> LoginManager:
    """Flask-Login with the loader that accounts hands over."""
    manager = LoginManager()
    manager.session_protection = None  # a sign-in is a record of its own, which moves between networks as people do
    manager.user_loader(load_user)
    return manager
