"""What accounts plug into the rest."""

from datetime import timedelta

from app.accounts.access import CAPABILITIES, MANAGE_STAFF
from app.accounts.cli import users
from app.accounts.models import AccountLink, FailedSignIn, StaffSession
from app.accounts.queries.staff import failures_before, links_over, sessions_over
from app.accounts.trail_words import WORDS as TRAIL_WORDS
from app.accounts.views import (
    confirming,
    mailed_links,
    own_sessions,
    provider,
    roles,
    second_step,
    security,
    signing_in,
    touching,
)
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.retention import Forgetting
from app.web.feature import Feature, NavEntry

KEPT = timedelta(days=180)
"""How long sign-ins that are over can be looked up, as after a break-in that is noticed late."""

FEATURE = Feature(
    name="accounts",
    trail=TRAIL_WORDS,
    blueprints=(
        signing_in.bp,
        second_step.bp,
        touching.bp,
        provider.bp,
        confirming.bp,
        mailed_links.bp,
        own_sessions.bp,
        security.bp,
        roles.bp,  # the pages on staff, and those on roles beside them
    ),
    capabilities=CAPABILITIES,
    navigation=(NavEntry("settings", _l("Staff and roles"), "staff.index", "users", MANAGE_STAFF, order=80),),
    commands=(users,),
    forgets=(
        Forgetting("staff_sessions", _l("Sign-ins of staff that are over"), KEPT, StaffSession, sessions_over),
        Forgetting("failed_sign_ins", _l("Attempts to sign in that failed"), KEPT, FailedSignIn, failures_before),
        Forgetting("account_links", _l("Links to a new password that are over"), KEPT, AccountLink, links_over),
    ),
)
