"""What is stored of staff: who they are, what their roles allow, and how they came in."""

from app.accounts.models.factors import Authenticator, CeremonyPurpose, Passkey, PasskeyChallenge, RecoveryCode
from app.accounts.models.failure import FailedSignIn
from app.accounts.models.identity import OutsideIdentity
from app.accounts.models.link import AccountLink, LinkPurpose
from app.accounts.models.people import Role, StaffStatus, StaffUser, staff_role
from app.accounts.models.session import EndReason, SignInMethod, StaffSession

__all__ = [
    "AccountLink",
    "Authenticator",
    "CeremonyPurpose",
    "EndReason",
    "FailedSignIn",
    "LinkPurpose",
    "OutsideIdentity",
    "Passkey",
    "PasskeyChallenge",
    "RecoveryCode",
    "Role",
    "SignInMethod",
    "StaffSession",
    "StaffStatus",
    "StaffUser",
    "staff_role",
]
