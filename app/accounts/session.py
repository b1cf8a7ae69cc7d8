"""The staff user of this request: what Flask-Login asks for."""

from app.accounts.models import StaffUser
from app.accounts.queries import staff_of_session
from app.web.application import db


def load_user(session_id: str) -> StaffUser | None:
    """The user that the session cookie names, if the session is still good."""
    return staff_of_session(db, session_id)
