"""What may be done with staff users, roles and sign-ins: one module a subject, everything reachable from here."""

from app.accounts.services.sessions import Arrival, begin_session, end_session, end_sessions
from app.accounts.services.staff import (
    StaffDetails,
    change_password,
    create_staff,
    edit_staff,
    keep_role,
    staff_with_password,
)

__all__ = [
    "Arrival",
    "StaffDetails",
    "begin_session",
    "change_password",
    "create_staff",
    "edit_staff",
    "end_session",
    "end_sessions",
    "keep_role",
    "staff_with_password",
]
