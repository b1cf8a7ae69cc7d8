"""What may be done with staff users, roles and sign-ins: one module a subject, the usual ones reachable from here."""

from app.accounts.services.passwords import change_password
from app.accounts.services.roles import keep_role
from app.accounts.services.sessions import Arrival, begin_session, end_session, end_sessions
from app.accounts.services.signing_in import check_password
from app.accounts.services.staff import StaffDetails, create_staff, edit_staff

__all__ = [
    "Arrival",
    "StaffDetails",
    "begin_session",
    "change_password",
    "check_password",
    "create_staff",
    "edit_staff",
    "end_session",
    "end_sessions",
    "keep_role",
]
