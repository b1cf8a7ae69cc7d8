"""What the audit trail calls the things of this feature."""

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from app.accounts.models import Role, SignInMethod, StaffUser
from app.accounts.wording import METHODS, role_name
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, TrailWords, names_in

OWNER = {"staff_user_id": _l("Staff user"), "last_used_at": _l("Last used")}


def role_names(db: Session, keys: Collection[int]) -> Mapping[int, str]:
    """Roles' names by key."""
    return {key: role_name(name) for key, name in names_in(Role.id, Role.name)(db, keys).items()}


WORDS = TrailWords(
    records=(
        RecordWords("staff_user", _l("Staff user"), {
            "password_hash": _l("Password"), "is_active": _l("Active"), "session_key": _l("Sign-ins"),
            "last_signed_in_at": _l("Last signed in"), "roles": _l("Roles"),
            "gets_reminders": _l("Gets reminders"),
        }, ("staff.edit", "user_id"), names_in(StaffUser.id, StaffUser.name)),
        RecordWords("role", _l("Role"), {
            "capabilities": _l("May"), "needs_second_factor": _l("Needs a second factor"),
        }, None, role_names),
        RecordWords("authenticator", _l("Authenticator app"), {
            **OWNER, "secret": _l("Secret"), "confirmed_at": _l("Confirmed"), "last_step": _l("Last code"),
        }),
        RecordWords("passkey", _l("Passkey"), {
            **OWNER, "credential_id": _l("Its number"), "public_key": _l("Its key"), "sign_count": _l("Times used"),
            "is_backed_up": _l("Kept in several places"), "transports": _l("Reached by"),
        }),
        RecordWords("outside_identity", _l("Sign-in of the organisation"), {
            **OWNER, "issuer": _l("Provider"), "subject": _l("Name there"),
        }),
        RecordWords("failed_sign_in", _l("Failed sign-in")),
    ),
    deeds={
        "staff.created": _l("Account made"), "staff.edited": _l("Account edited"), "staff.invited": _l("Invited"),
        "staff.invited_again": _l("Invited again"), "staff.invitation_withdrawn": _l("Invitation withdrawn"),
        "staff.signed_in": _l("Came in"), "staff.signed_out": _l("Signed out"),
        "staff.sign_in_failed": _l("Sign-in failed"), "staff.confirmed": _l("Proved who they are"),
        "staff.second_step_passed": _l("Second step passed"), "staff.password_changed": _l("Password changed"),
        "staff.password_set": _l("Password set"), "staff.password_chosen": _l("Password chosen"),
        "staff.reset_asked": _l("New password asked for"),
        "staff.reset_sent": _l("Link for a new password sent"),
        "staff.authenticator_begun": _l("Authenticator app begun"),
        "staff.recovery_codes_made": _l("Recovery codes made"), "role.kept": _l("Role kept"),
        "role.deleted": _l("Role deleted"), "role.asks_for_second_factor": _l("Second factor asked of a role"),
    },
    states={SignInMethod: METHODS},
    fact_states={("staff.signed_in", "way"): SignInMethod},
    facts={"by": _l("By"), "way": _l("By means of"), "purpose": _l("Purpose"), "asks": _l("Asks for")},
)  # fmt: skip
